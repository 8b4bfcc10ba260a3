"""Typed views over raw memory: the fastest that the interpreter has, behind the same names.

CPython reads and writes a cast memoryview fastest. PyPy's compiler does not see through its own
memoryviews, which cost eight times as much there as arrays of its built-in cffi; and those with a
stride reach the first item only, whichever is asked for (seen with PyPy 8.0.1). Figures:
docs/decisions/0016-views-on-pypy.md.
"""

from __future__ import annotations

import importlib
import sys
from array import array
from collections.abc import Callable
from typing import Any

Typed = Any  # indexed, iterated and stored into; what it is depends on the interpreter
View = Callable[[int, int, str], Typed]
"""Takes where a column begins (bytes), how many items it has and their typecode."""

_PYPY = sys.implementation.name == "pypy"
_C_TYPES = {"B": "uint8_t", "i": "int32_t", "I": "uint32_t", "q": "int64_t", "Q": "uint64_t"}


def viewer(memory: Any) -> View:
    """Return what makes typed views over a mapping, or whatever else has bytes to write to."""
    return _by_cffi(memory) if _PYPY else _by_memoryview(memory)


def _by_memoryview(memory: Any) -> View:
    whole = memoryview(memory).cast("B")

    def view(begin: int, items: int, typecode: str) -> Typed:
        size = array(typecode).itemsize
        return whole[begin : begin + items * size].cast(typecode)  # type: ignore[call-overload]

    return view


def _by_cffi(memory: Any) -> View:
    ffi: Any = importlib.import_module("cffi").FFI()  # part of PyPy, a package elsewhere
    whole = ffi.from_buffer(memory)  # held by the function below: a cast keeps nothing alive

    def view(begin: int, items: int, typecode: str) -> Typed:
        return ffi.cast(f"{_C_TYPES[typecode]}(*)[{items}]", whole + begin)[0]

    return view


def rows(typecode: str, count: int) -> Typed:
    """Allocate that many zeroed items."""
    items = array(typecode, bytes(count * array(typecode).itemsize))
    return items if _PYPY else memoryview(items)


def bits(items: array[int]) -> Typed:
    """View signed 64-bit items as what they are without a sign."""
    return viewer(items)(0, len(items), "Q")


def field(records: memoryview, typecode: str, first: int, step: int) -> Typed:
    """View every ``step``-th item from the ``first`` on: one field of all records."""
    if _PYPY:
        return _Field(records, typecode, first, step)
    return records.cast(typecode)[first::step]  # type: ignore[call-overload]


class _Field:
    """A view with a stride, for PyPy: its compiler makes two instructions of it."""

    __slots__ = ("_first", "_items", "_step", "_view")

    def __init__(self, records: memoryview, typecode: str, first: int, step: int) -> None:
        self._view = _by_cffi(records)
        self._items = self._view(0, len(records) // array(typecode).itemsize, typecode)
        self._first, self._step = first, step

    def __getitem__(self, row: int) -> int:
        item: int = self._items[self._first + row * self._step]
        return item

    def __setitem__(self, row: int, item: int) -> None:
        self._items[self._first + row * self._step] = item


def release(view: Typed) -> None:
    """Give a view up, so that what it looks at can be closed."""
    if isinstance(view, memoryview):
        view.release()
