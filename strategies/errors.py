"""What a person can get wrong, said in one line.

Lives with the strategies because both sides of the process boundary raise it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(Exception):
    """A wrong input: one line that says what, where, and what to do next (exit code 2)."""


class MissingPackageError(UsageError):
    """A layout or policy needs a package that this interpreter does not have.

    ``needs`` says so without the command; ``install`` is what ``pip install`` is to be told.
    """

    def __init__(self, needs: str, install: str) -> None:
        super().__init__(f"{needs}: pip install {install}")
        self.needs, self.install = needs, install


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """Build the error for an unknown name, naming the nearest right one.

    >>> str(unknown("layout", "slot", ["slots", "dict"]))
    "unknown layout 'slot': did you mean 'slots'?"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
    return UsageError(f"unknown {what} {name!r}: {hint}")
