"""Finds the interpreters of this machine, and the one that somebody means."""

from __future__ import annotations

import difflib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab.pythons.model import CPYTHON, Interpreter
from lab.pythons.places import VARIABLE, candidates
from lab.pythons.probing import probe
from strategies.errors import UsageError

AT_ONCE = 4
"""Interpreters that are started beside one another."""
_VERSION = re.compile(r"(\d+(?:\.\d+){0,2})(t?)")


@dataclass(frozen=True)
class Found:
    """The interpreters of this machine.

    Attributes
    ----------
    usable : tuple of Interpreter
        This one first, the others in the order of the folders.
    unusable : tuple of (str, str)
        What is called like one and is none, or is too old: its path and the reason.
    """

    usable: tuple[Interpreter, ...]
    unusable: tuple[tuple[str, str], ...]

    def name_of(self, interpreter: Interpreter) -> str:
        """Return the shortest name by which `resolve` finds it."""
        for name in (interpreter.short, interpreter.full):
            if self.named(name) == interpreter:
                return name
        return interpreter.path

    def named(self, text: str) -> Interpreter | None:
        """Return the first interpreter of a version, or the first with a command of that name.

        A version means CPython with its lock; ``3.14t`` is the free-threaded one.
        """
        version = _VERSION.fullmatch(text)
        for one in self.usable:
            if text in (one.short, one.full, *one.commands):
                return one
            if version and one.implementation == CPYTHON:
                numbers = ".".join(map(str, one.numbers))
                if f"{numbers}.".startswith(f"{version[1]}.") and bool(version[2]) == (
                    one.free_threaded
                ):
                    return one
        return None


@cache
def found() -> Found:
    """Look for interpreters and ask each what it is; once in a process.

    The same file under several names counts once, with all of its names, by its real path.
    """
    files: dict[str, list[Path]] = {}
    for path in (Path(sys.executable), *candidates()):
        files.setdefault(os.path.realpath(path), []).append(path)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(_tried, files.values()))
    return Found(
        usable=tuple(answer for answer in answers if isinstance(answer, Interpreter)),
        unusable=tuple(answer for answer in answers if isinstance(answer, tuple)),
    )


def _tried(paths: list[Path]) -> Interpreter | tuple[str, str]:
    path = str(paths[0])
    try:
        return probe(path, tuple(dict.fromkeys(each.name for each in paths)))
    except UsageError as error:
        return path, str(error).removeprefix(f"{path}: ")


def resolve(text: str) -> Interpreter:
    """Return the interpreter at a path, or the one that is found by name or version.

    Raises
    ------
    UsageError
        There is none, naming the nearest or those that there are; or what is there is no Python
        that a worker can run in.
    """
    if os.sep in text:
        return _at(Path(text).expanduser())
    there = found()
    interpreter = there.named(text)
    if interpreter is not None:
        return interpreter
    names = [there.name_of(one) for one in there.usable]
    # the nearest version is another one; the nearest name may have been meant
    commands = [command for one in there.usable for command in one.commands]
    near = difflib.get_close_matches(text, commands, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UsageError(
        f"no Python {text!r}: {hint}there are {', '.join(names)}; give a path, or name its folder "
        f"in {VARIABLE}"
    )


@cache
def _at(path: Path) -> Interpreter:
    if not path.exists():
        raise UsageError(f"no Python at {path}: no such file; 'gclab list pythons' shows them")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: give the interpreter in it, as {path}/bin/python")
    return probe(os.path.abspath(path))
