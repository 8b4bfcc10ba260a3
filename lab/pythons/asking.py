"""Asks an interpreter which strategies it can run: it knows its packages and its collector."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lab
import strategies
from lab.pythons.environment import environment_of
from strategies.errors import UsageError

SECONDS = 120.0
"""The longest that the question may take: a layout's package may be large to import."""


@dataclass(frozen=True)
class Answer:
    """Why an interpreter cannot run a strategy.

    Attributes
    ----------
    reason : str
        In one line.
    install : str
        What ``pip install`` would be told, where a package is missing; else "".
    """

    reason: str
    install: str = ""


def bootstrap(python: str, module: str) -> list[str]:
    """Return the command that runs a module of `lab.trial` in an interpreter."""
    script = Path(lab.__file__).parent / "trial" / "bootstrap.py"
    return [python, str(script), str(Path(strategies.__file__).parent), module]


@cache
def ask(python: str, asked: tuple[str, ...]) -> dict[str, Answer]:
    """Return why each strategy that the interpreter cannot run is none for it.

    Raises
    ------
    UsageError
        It does not answer.
    """
    try:
        done = subprocess.run(
            bootstrap(python, "lab.trial.parsing"),
            input=json.dumps(asked) + "\n",
            capture_output=True,
            env=environment_of(python),
            text=True,
            timeout=SECONDS,
            check=False,
        )
        answers = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise UsageError(f"{python} does not say what it can run: {error}") from None
    return {name: Answer(**why) for name, why in answers.items()}
