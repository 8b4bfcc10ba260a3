"""cachebox.LRUCache: an LRU cache written in Rust that the collector does walk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cachebox

from strategies.errors import MissingPackageError
from strategies.interface import Drain, Pending, layout
from strategies.parts.package_lru import PackageLRU
from strategies.parts.pending import PendingQueue, pending_queue

_OLDEST = (6, 2, 10)
"""Before it, a collection that came while the cache held its lock could hang the process."""

if tuple(map(int, re.findall(r"\d+", cachebox.__version__)[:3])) < _OLDEST:
    raise MissingPackageError(
        f"layout 'cachebox' needs cachebox 6.2.10 or later, not {cachebox.__version__}",
        "'cachebox>=6.2.10'",
    )


@layout(
    "cachebox",
    use="an exact LRU in compiled code with an API like dict",
    avoid="spikes matter: the collector still walks its entries",
    sees="every key and entry, by the table's own traversal; an entry by its own header until its "
    "first collection, which lets go of a tuple of numbers",
    rehash="unseen",
    packages=("cachebox",),
    bytes_per_entry=330,
)
class Cachebox(PackageLRU):
    """cachebox.LRUCache of tuples: exact LRU in Rust.

    It evicts by itself too, but does not say what: here ``popitem`` takes the least recent item
    out before a full cache is assigned to, so that its state can be committed. The
    table is a Rust one; when it re-hashes cannot be seen from outside.

    Source: github.com/awolverp/cachebox.
    Left out: expiry, `getsizeof` and the `cached` decorator.
    """

    def new_index(self) -> Any:
        return cachebox.LRUCache(self._capacity)

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:
        return pending_queue(pending, drain, self._entries.peek, self.unpack)

    def evict(self) -> None:
        self.evicted(*self._entries.popitem())

    def items(self) -> Iterator[tuple[int, int, int]]:
        for key, entry in self._entries.items():
            yield key, *self.unpack(entry)

    def payload(self, key: int) -> bytes:
        entry = self._entries.peek(key)
        if entry is None:
            raise KeyError(key)
        return self.payload_of(entry)

    def index_epoch(self) -> int:
        return 0
