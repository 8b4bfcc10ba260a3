"""Stalls out of the interpreter's own memory: collector, re-hash, refcount cascade.

Their size is found on the machine that they will run on: a small one is timed, and scaled. They
come out about as long as asked for, not exactly. Time is the processor's here: what else runs on
the core meanwhile must not make them shorter.
"""

from __future__ import annotations

import gc
import sys
from itertools import chain
from time import thread_time_ns

from strategies.errors import UsageError
from strategies.parts.stalls.base import Stall

MEMORY_MAX_BYTES = 4 * 2**30
"""What one kind may prepare."""

_LIST_BYTES = 72
"""An empty list with the collector's header, and the place that refers to it."""
_OBJECT_BYTES = 32
"""A plain object, the place that refers to it, and the one that did while it was made."""
_FIRST_LISTS = 50_000
_FIRST_OBJECTS = 2_000_000

_FIRST_PLACES = 2**10
_KEY_BYTES, _TABLE_BYTES = 27, 40
"""For each place of the table before the re-hash: the keys, and the table after it."""
_SCATTER = 0x9E3779B97F4A7C15
"""Keys in sequence would fill the table in sequence, and stay in the processor's cache."""
_HASH_BITS = 2**61 - 1
_NEW_KEY = -1
_TRIES, _NEAR = 2, 0.7
_BETWEEN_BYTES, _HOLES = 2**20, 32
"""The first ones fill what holes there are, so that the others do come to lie in between. They are
not touched: on fresh memory they take addresses only."""

_STRIDE = 997
_SIZINGS = 3
_FLUSH_BYTES = 64 * 2**20
"""Larger than the processor's cache: what is stalled on has not been touched for a while."""


def _must_fit(kind: str, needed_bytes: int) -> None:
    if needed_bytes > MEMORY_MAX_BYTES:
        raise UsageError(
            f"known-pause: kind={kind} would prepare {needed_bytes / 2**30:.1f} GB for stalls of "
            f"that length: ask for a shorter pause or fewer rounds"
        )


class Collect(Stall):
    """Calls gc.collect() over a heap of its own, which serves every time."""

    def __init__(self, pause_ns: int) -> None:
        self._heap: list[list[object]] = []
        lists = _FIRST_LISTS
        while (taken_ns := self._time_with(lists)) < pause_ns // 2:
            lists *= 2
        self.lists = lists * pause_ns // taken_ns
        """Lists that every collection walks."""
        self._resize(self.lists)

    def _time_with(self, lists: int) -> int:
        """Return how long a collection over that many lists takes: the shortest of three."""
        self._resize(lists)
        return min(self._timed() for _ in range(3))

    def _resize(self, lists: int) -> None:
        _must_fit("gc", lists * _LIST_BYTES)
        del self._heap[lists:]
        self._heap.extend([] for _ in range(lists - len(self._heap)))

    def _timed(self) -> int:
        begin = thread_time_ns()
        self.cause(begin)
        return thread_time_ns() - begin

    def cause(self, begin_ns: int) -> None:  # noqa: ARG002 - it takes as long as it takes
        gc.collect()

    def close(self) -> None:
        self._heap = []


class Rehash(Stall):
    """Inserts one key into a dict whose table is used up: CPython then makes a larger one.

    ``dict.copy`` keeps a table as it is, with no place left in it. One copy for each time; since
    tables double, the smallest one that takes 0.7 of the pause is taken. Memory that the C library
    hands out again is mapped already, which makes a re-hash three times faster. So that all are
    alike, no table as large as a new one is freed, and something lies between the old ones, two of
    which side by side would have room for a new one.

    Source: Objects/dictobject.c (clone_combined_dict_keys, insertion_resize), CPython 3.11 to 3.15.
    """

    def __init__(self, pause_ns: int, rounds: int) -> None:
        if sys.implementation.name != "cpython":
            raise UsageError("known-pause: kind=rehash needs CPython, whose dicts it knows")
        places = _FIRST_PLACES
        while self._time_with(places, rounds) < _NEAR * pause_ns:
            places *= 2
        full = _used_up(places)
        self._tables: list[dict[int, None]] = []
        self._between = [bytes(_BETWEEN_BYTES) for _ in range(_HOLES)]
        for _ in range(rounds):
            self._tables.append(full.copy())
            self._between.append(bytes(_BETWEEN_BYTES))
        self._tried.append(full)

    def _time_with(self, places: int, rounds: int) -> int:
        """Return how long a re-hash of a table of that size takes: the longest of some."""
        _must_fit("rehash", places * (_KEY_BYTES + _TABLE_BYTES * (rounds + _TRIES)))
        full = _used_up(places)
        self._tried = [full.copy() for _ in range(_TRIES)]
        before_bytes = sys.getsizeof(self._tried[0])
        _flush_cache()
        taken_ns = [_time_insertion(table) for table in self._tried]
        if sys.getsizeof(self._tried[0]) <= before_bytes:
            raise UsageError("known-pause: kind=rehash: this interpreter's dict.copy leaves room")
        return max(taken_ns)

    @property
    def left(self) -> int:
        return max(len(self._tables) - self.rehashes, 0)

    def cause(self, begin_ns: int) -> None:  # noqa: ARG002
        table = self._tables[self.rehashes]
        self.rehashes += 1
        table[_NEW_KEY] = None

    def table_bytes(self) -> list[int]:
        """Return the size of each dict, in the order in which they are re-hashed."""
        return [sys.getsizeof(table) for table in self._tables]

    def close(self) -> None:
        self._tables, self._tried, self._between = [], [], []


def _used_up(places: int) -> dict[int, None]:
    """Return a dict whose table has that many places, two thirds of them usable and none left."""
    return dict.fromkeys([i * _SCATTER & _HASH_BITS for i in range(places * 2 // 3)])


def _time_insertion(table: dict[int, None]) -> int:
    begin = thread_time_ns()
    table[_NEW_KEY] = None
    return thread_time_ns() - begin


class Drop(Stall):
    """Misses, and drops a graph of objects when the missed state is inserted.

    The graph is one tuple of plain objects, which the collector lets go of the first time that it
    sees it: nothing here is walked or counted by it. The objects of all rounds lie interleaved and
    each graph refers to its own in strides, as on a heap that has aged: a drop waits for memory,
    which makes it long with few objects.
    """

    misses = True

    def __init__(self, pause_ns: int, rounds: int) -> None:
        most = max(_FIRST_OBJECTS // rounds, 1)
        self.objects = most
        """Objects that one drop frees."""
        for _ in range(_SIZINGS):
            tried = min(self.objects, most)
            self.objects = max(tried * pause_ns // self._time_with(tried, rounds), 1)
            if self.objects >= tried == most:
                break  # larger than the processor's cache, and from there on proportional
        self._prepare(self.objects, rounds)

    def _time_with(self, objects: int, rounds: int) -> int:
        """Return how long a drop of that many takes: the mean of all rounds."""
        self._prepare(objects, rounds)
        begin = thread_time_ns()
        while self._graphs:
            self.evict()
        return (thread_time_ns() - begin) // rounds

    def _prepare(self, objects: int, rounds: int) -> None:
        _must_fit("drop", objects * rounds * _OBJECT_BYTES)
        self._graphs = _interleaved(objects, rounds)
        _flush_cache()

    @property
    def left(self) -> int:
        return len(self._graphs)

    def evict(self) -> bool:
        self._graphs.pop()  # the last reference
        return True

    def close(self) -> None:
        self._graphs = []


def _interleaved(objects: int, rounds: int) -> list[tuple[object, ...]]:
    """Return a graph for each round, its objects in between those of the others."""
    heap = [object() for _ in range(objects * rounds)]
    return [_in_strides(heap[number::rounds]) for number in range(rounds)]


def _in_strides(objects: list[object]) -> tuple[object, ...]:
    return tuple(chain.from_iterable(objects[start::_STRIDE] for start in range(_STRIDE)))


def _flush_cache() -> None:
    bytearray(b"+") * _FLUSH_BYTES  # written, where zeros would be one page many times over
