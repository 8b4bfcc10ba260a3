"""lru-dict as its users use it: plain tuples in a C table that evicts by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lru import LRU

from strategies.interface import Drain, Pending, Typed, Update, layout
from strategies.parts.package_lru import SelfEvicting
from strategies.parts.pending import PendingQueue, batch_queue
from strategies.parts.tuple_lru import Entry


@layout(
    "lru-dict",
    use="an LRU of immutable values without a walk by the collector",
    avoid="values can be part of reference cycles: they would leak",
    sees="nothing of the table; an entry by its own header until its first collection, which lets "
    "go of a tuple of numbers",
    packages=("lru",),
    bytes_per_entry=360,
)
class LruDict(SelfEvicting):
    """lru.LRU of tuples, evictions through its callback: exact LRU in C.

    Every look-up of the table counts as a use, so which entry a pending record's key holds now is
    kept beside it, for pending keys only. The table is a dict of its own nodes inside and
    re-hashes like one; cycles through it leak, since the collector cannot follow its references.

    Source: github.com/amitdev/lru-dict.
    Left out: hit statistics.
    """

    evicts_first = False

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        self._waiting: dict[int, Entry] = {}
        self._snapshot: dict[int, Entry] | None = None
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._remember = self._note

    def new_index(self) -> Any:
        return LRU(self._capacity, callback=self._put_out)

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:  # noqa: ARG002
        return batch_queue(pending, self._write)

    def _put_out(self, key: int, entry: Entry) -> None:
        self._waiting.pop(key, None)
        self.evicted(key, entry)

    def _note(self, key: int, entry: Entry) -> None:
        self._snapshot = None
        self._waiting[key] = entry
        self._queue.add(key, entry)

    def _write(
        self, records: Iterable[tuple[int, Entry]], keys: Typed, ids: Typed, mentions: Typed
    ) -> int:
        count, waiting = 0, self._waiting
        for key, entry in records:
            if waiting.get(key) is entry:
                del waiting[key]
                keys[count], ids[count], mentions[count] = key, entry[0], entry[1]
                count += 1
        return count

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        self._snapshot = None
        return super().insert(key, message_id, mentions, changed)

    def items(self) -> Iterator[tuple[int, int, int]]:
        for key, entry in reversed(self._entries.items()):
            yield key, *self.unpack(entry)

    def payload(self, key: int) -> bytes:
        if self._snapshot is None:  # one key at a time would be a look-up, which is a use
            self._snapshot = dict(self._entries.items())
        return self.payload_of(self._snapshot[key])

    def close(self) -> None:
        super().close()
        self._waiting.clear()
        self._snapshot = None
