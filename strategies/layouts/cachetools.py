"""cachetools.LRUCache: the cache of most Python services, in pure Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cachetools

from strategies.interface import Drain, Pending, layout
from strategies.parts.package_lru import SelfEvicting
from strategies.parts.pending import PendingQueue, pending_queue
from strategies.parts.tuple_lru import Entry


class ReportingCache(cachetools.LRUCache[int, Entry]):
    """An LRUCache that says what it evicts; overriding popitem is the documented way."""

    def __init__(self, maxsize: int, report: Callable[[int, Entry], None]) -> None:
        super().__init__(maxsize)
        self._report = report

    def popitem(self) -> tuple[int, Entry]:
        """Take the least recently used item out."""
        key, entry = super().popitem()
        self._report(key, entry)
        return key, entry


@layout(
    "cachetools",
    use="the cache is small, or it is there already",
    avoid="operations are frequent: it is pure Python",
    sees="its dict, and every node of its OrderedDict; an entry until its first collection, which "
    "lets go of a tuple of numbers",
    packages=("cachetools",),
    bytes_per_entry=420,
)
class Cachetools(SelfEvicting):
    """cachetools.LRUCache of tuples: a dict, and an OrderedDict for the order; exact LRU.

    Every operation is several calls of Python code. Both dicts re-hash, at the same insertion,
    which is counted once.

    Source: github.com/tkem/cachetools.
    Left out: `getsizeof`, the `cached` decorator, and the lock that several threads would need.
    """

    def new_index(self) -> Any:
        return ReportingCache(self._capacity, self.evicted)

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:
        # the look-up of the class above counts as no use of the key
        current = partial(cachetools.Cache.__getitem__, self._entries)

        def held(key: int) -> Entry | None:
            return current(key) if key in self._entries else None

        return pending_queue(pending, drain, held, self.unpack)

    def items(self) -> Iterator[tuple[int, int, int]]:
        # iteration is in the order of insertion: only taking them out shows the order of use
        cache = self._entries
        taken = [cachetools.LRUCache.popitem(cache) for _ in range(len(cache))]
        for key, entry in taken:
            cache[key] = entry
        for key, entry in taken:
            yield key, *self.unpack(entry)

    def payload(self, key: int) -> bytes:
        return self.payload_of(cachetools.Cache.__getitem__(self._entries, key))
