"""Other interpreters: where they are found, what they are, and what they can run.

An interpreter is started by the path at which it was found and never by what it says of itself: a
wrapper's own ``sys.executable`` may name a file that does not start.
"""

from lab.pythons.asking import Answer, ask
from lab.pythons.environment import environment_of
from lab.pythons.finding import Found, found, resolve
from lab.pythons.model import ALL, OLDEST, Interpreter

__all__ = [
    "ALL",
    "OLDEST",
    "Answer",
    "Found",
    "Interpreter",
    "ask",
    "environment_of",
    "found",
    "resolve",
]
