"""Write-behind queues of the object layouts: how updates wait in memory for their commit.

The shape of this queue decides whether CPython's collector runs at all. Allocations that are freed
in step never raise the young generation's count, since it is allocations minus frees and stops at
zero. Records that live until a whole batch is dropped do raise it, survive the young collections
and are promoted with the entries that they hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Protocol

from strategies.interface import Drain, Pending, Typed

Entry = Any
Current = Callable[[int], Entry | None]
Unpack = Callable[[Entry], tuple[int, int]]
Write = Callable[[Iterable[tuple[int, Entry]], Typed, Typed, Typed], int]
"""Writes the current ones of some records into the caller's columns and returns how many."""


class PendingQueue(Protocol):
    """What an object layout asks of its queue."""

    def add(self, key: int, entry: Entry) -> None:
        """Remember that the key's entry has changed."""

    def seal(self) -> None:
        """Make what is pending now the batch to commit."""

    def take(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        """Hand out the current ones of up to ``limit`` sealed records."""
        ...


def writer(current: Current, unpack: Unpack) -> Write:
    """Write a record if its entry is the one that the cache holds under its key."""

    def write(
        records: Iterable[tuple[int, Entry]], keys: Typed, ids: Typed, mentions: Typed
    ) -> int:
        count = 0
        for key, entry in records:
            if current(key) is entry:
                keys[count] = key
                ids[count], mentions[count] = unpack(entry)
                count += 1
        return count

    return write


class RecordQueue:
    """One record (key, entry) per update, in a list that is dropped whole: the default."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._records: list[tuple[int, Entry]] = []
        self._batch: list[tuple[int, Entry]] = []
        self._next = 0

    def add(self, key: int, entry: Entry) -> None:
        self._records.append((key, entry))

    def seal(self) -> None:
        if self._batch:
            self._batch += self._records
        else:
            self._batch = self._records
        self._records = []

    def take(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        end = min(self._next + limit, len(self._batch))
        count = self._write(self._batch[self._next : end], keys, ids, mentions)
        self._next = end
        if end == len(self._batch):
            self._batch, self._next = [], 0
        return count


class CoalescingQueue:
    """One pending entry per key, in a dict: a later update takes the place of an earlier one."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._entries: dict[int, Entry] = {}
        self._batch: dict[int, Entry] = {}
        self._rest = iter(self._batch.items())
        self._left = 0

    def add(self, key: int, entry: Entry) -> None:
        self._entries[key] = entry

    def seal(self) -> None:
        if self._left:
            self._batch = {**dict(self._rest), **self._entries}
        else:
            self._batch = self._entries
        self._rest, self._left = iter(self._batch.items()), len(self._batch)
        self._entries = {}

    def take(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        seen = min(limit, self._left)
        count = self._write(islice(self._rest, seen), keys, ids, mentions)
        self._left -= seen
        if not self._left:
            self._batch = {}
            self._rest = iter(self._batch.items())
        return count


class RollingQueue:
    """The same backlog as `RecordQueue`, drained one record at a time as it ages.

    After a seal, each new record sends the oldest sealed one out: the record and its entry are
    freed at once, its key waits by value. `take` commits the current states of those keys.
    """

    def __init__(self, current: Current, unpack: Unpack) -> None:
        self._current, self._unpack = current, unpack
        self._records: deque[tuple[int, Entry]] = deque()
        self._sealed = 0
        self._out: deque[int] = deque()

    def add(self, key: int, entry: Entry) -> None:
        self._records.append((key, entry))
        if self._sealed:
            self._roll()

    def _roll(self) -> None:
        key, entry = self._records.popleft()
        self._sealed -= 1
        if self._current(key) is entry:
            self._out.append(key)

    def seal(self) -> None:
        self._sealed = len(self._records)

    def take(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        count = 0
        for _ in range(limit):
            if not self._out:
                if not self._sealed:
                    break
                self._roll()
                if not self._out:
                    continue
            key = self._out.popleft()
            entry = self._current(key)
            if entry is not None:  # evicted since: its state was committed then
                keys[count] = key
                ids[count], mentions[count] = self._unpack(entry)
                count += 1
        return count


def batch_queue(pending: Pending, write: Write) -> PendingQueue:
    """Choose the queue of a layout that says itself which records are current."""
    return CoalescingQueue(write) if pending == "coalesce" else RecordQueue(write)


def pending_queue(pending: Pending, drain: Drain, current: Current, unpack: Unpack) -> PendingQueue:
    """Choose the queue; ``coalesce`` keeps one entry a key and has no rolling form."""
    if drain == "batch":
        return batch_queue(pending, writer(current, unpack))
    if pending == "coalesce":
        raise ValueError("drain=rolling goes with pending=record")
    return RollingQueue(current, unpack)
