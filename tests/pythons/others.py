"""The other interpreters that the tests run workers in: those in the folders of GCLAB_PYTHONS."""

from __future__ import annotations

import os

import pytest

from lab.pythons import Interpreter
from lab.pythons.places import VARIABLE, candidates
from lab.pythons.probing import probe

_THERE = candidates({VARIABLE: os.environ.get(VARIABLE, ""), "HOME": "/nonexistent"})
OTHERS: tuple[Interpreter, ...] = tuple(
    probe(str(path)) for path in _THERE if os.environ.get(VARIABLE)
)
_NONE = pytest.param(
    None, marks=pytest.mark.skip(reason=f"{VARIABLE} names no folder of other interpreters")
)


def each_of(*interpreters: Interpreter) -> pytest.MarkDecorator:
    """Run a test in each of some interpreters; without any it is skipped, and says so."""
    return pytest.mark.parametrize(
        "python", interpreters or [_NONE], ids=lambda python: python.full if python else "none"
    )


EVERY_OTHER = each_of(*OTHERS)
EVERY_CPYTHON = each_of(*(each for each in OTHERS if each.implementation == "CPython"))
EVERY_PYPY = each_of(*(each for each in OTHERS if each.implementation == "PyPy"))
