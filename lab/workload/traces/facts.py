"""What a trace holds, found in one pass that checks the whole file before a run uses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.keys import SIGNED_MAX, bit_pattern, hash_key, number_of
from lab.workload.traces.trace import Trace

_STEP_ACCESSES = 1_000_000


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What a scan counted.

    Attributes
    ----------
    distinct_keys
        Distinct 64-bit keys: what a cache sees, and what its capacity compares with.
    hashed_keys
        Distinct keys as written that are no 64-bit number and were hashed.
    collisions
        Distinct keys as written, less `distinct_keys`: each is a key that a cache cannot tell
        from another. Hash against hash, hash against number, and a negative number against an
        unsigned one with the same bits.
    duration_s
        Seconds from the first access to the last; None without times.
    skipped
        Accesses in the file that are no request, such as deletions; not among `accesses`.
    has_operations
        Whether the trace says which access is what; the workload's mix is then not used.
    mean_size_bytes
        Mean size of the accesses' values; None if the trace does not say. It is for information:
        the entries of a trial have one payload size, which the workload states.
    """

    accesses: int
    distinct_keys: int
    hashed_keys: int
    collisions: int
    has_times: bool
    duration_s: float | None
    skipped: int
    has_operations: bool
    mean_size_bytes: float | None


def _unique(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct numbers, sorted.

    np.unique hashes from numpy 2.3 on: 1.5 s for 2,000,000 distinct numbers, where sorting
    takes 0.03 s.
    """
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


class _Distinct:
    """The distinct ones of many numbers, in memory bounded by how many of them are distinct.

    Merged when as many wait as are held already, or a million: a step's cost is then in
    proportion to what it brings, also for a trace with hundreds of millions of keys.
    """

    def __init__(self) -> None:
        self._held: NDArray[np.int64] = np.empty(0, np.int64)
        self._waiting: list[NDArray[np.int64]] = []
        self._waiting_count = 0

    def add(self, numbers: NDArray[np.int64]) -> None:
        self._waiting.append(numbers)
        self._waiting_count += len(numbers)
        if self._waiting_count >= max(_STEP_ACCESSES, len(self._held)):
            self.merged()

    def merged(self) -> NDArray[np.int64]:
        if self._waiting:
            self._held = _unique(np.concatenate([self._held, *self._waiting]))
            self._waiting = []
            self._waiting_count = 0
        return self._held


class _KeyCensus:
    """Tells the keys as written apart from the 64-bit keys that they become."""

    def __init__(self) -> None:
        self._signed = _Distinct()
        self._unsigned: dict[int, int] = {}
        self._hashed: dict[str, int] = {}

    def add_numbers(self, keys: NDArray[np.int64]) -> None:
        self._signed.add(keys)

    def add_texts(self, texts: Sequence[str]) -> None:
        signed = []
        for text in set(texts).difference(self._hashed):
            number = number_of(text)
            if number is None:
                self._hashed[text] = hash_key(text)
            elif number > SIGNED_MAX:
                self._unsigned[number] = bit_pattern(number)
            else:
                signed.append(number)
        self._signed.add(np.array(signed, dtype=np.int64))

    def counts(self) -> tuple[int, int, int]:
        """Return the distinct 64-bit keys, the hashed keys and the collisions."""
        signed = self._signed.merged()
        keys = np.concatenate([signed, _array(self._unsigned), _array(self._hashed)])
        distinct = len(_unique(keys))
        return distinct, len(self._hashed), len(keys) - distinct


def _array(keys: dict[int, int] | dict[str, int]) -> NDArray[np.int64]:
    values: Iterable[int] = keys.values()
    return np.fromiter(values, np.int64, count=len(keys))


def scan(trace: Trace) -> TraceFacts:
    """Read the whole trace once, check it, and count.

    The memory needed grows with the number of distinct keys, not with the length.

    Raises
    ------
    UsageError
        The file is missing, empty, truncated, damaged, of another format, or its times go
        backwards: one line that says what, where and what to do.
    """
    census = _KeyCensus()
    accesses = skipped = 0
    has_operations = False
    last_ns: int | None = None
    size_bytes: int | None = None
    for chunk in trace.chunks():
        skipped += chunk.skipped
        has_operations |= chunk.operations is not None
        if not len(chunk.keys):
            continue
        accesses += len(chunk.keys)
        if chunk.texts is None:
            census.add_numbers(chunk.keys)
        else:
            census.add_texts(chunk.texts)
        if chunk.times_ns is not None:
            last_ns = int(chunk.times_ns[-1])
        if chunk.sizes_bytes is not None:
            size_bytes = (size_bytes or 0) + int(chunk.sizes_bytes.sum())
    distinct_keys, hashed_keys, collisions = census.counts()
    return TraceFacts(
        accesses=accesses,
        distinct_keys=distinct_keys,
        hashed_keys=hashed_keys,
        collisions=collisions,
        has_times=last_ns is not None,
        duration_s=None if last_ns is None else last_ns / 1e9,
        skipped=skipped,
        has_operations=has_operations,
        mean_size_bytes=None if size_bytes is None else size_bytes / accesses,
    )
