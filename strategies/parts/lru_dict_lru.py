"""What the layouts share whose index and recency order are lru-dict's C table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from strategies.interface import MENTIONS_MAX, Drain, Pending, Typed, Update, payload_for
from strategies.parts.attribute_lru import AttributeLRU
from strategies.parts.pending import PendingQueue, batch_queue

_GONE = -1
"""As the mentions of an entry: it was replaced or evicted."""


class LruDictLRU(AttributeLRU):
    """An exact LRU over the ``lru.LRU`` that a subclass names: the collector does not walk it.

    Every look-up of that table counts as a use, so a pending record cannot ask it whether its
    entry is still the current one: an entry that goes out is marked instead. For the same reason
    there is no ``drain=rolling``. Evictions are made before the insertion, by ``popitem``, rather
    than by the table, so that they can be reported. The table is a dict of its own nodes inside
    and re-hashes like one. Source: github.com/amitdev/lru-dict.
    """

    table: ClassVar[Any]
    """``lru.LRU``: only a layout's own file imports a package."""

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._snapshot: dict[int, Any] = {}  # for `payload` alone, which must not count as a use

    def new_index(self) -> Any:
        return self.table(self._capacity)

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:  # noqa: ARG002
        return batch_queue(pending, _write)

    def evict(self) -> None:
        key, entry = self._entries.popitem(True)
        self.victim[0] = key
        self._victim_bits[1], self.victim[2] = entry.message_id, entry.mentions
        entry.mentions = _GONE

    def items(self) -> Iterator[tuple[int, int, int]]:
        for key, entry in reversed(self._entries.items()):
            yield key, entry.message_id, entry.mentions

    def payload(self, key: int) -> bytes:
        entry = self._snapshot.get(key)
        if entry is None or entry.mentions == _GONE:
            self._snapshot = dict(self._entries.items())
            entry = self._snapshot[key]
        return self.payload_of(entry)

    def close(self) -> None:
        self._snapshot.clear()
        super().close()

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        return entry.message_id, entry.mentions

    def ack(self, key: int, message_id: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        if self._in_place:
            entry.message_id, entry.mentions = message_id, 0
            if self._payload_bytes:
                entry.payload = payload_for(message_id, self._payload_bytes)
        else:
            entry.mentions = _GONE
            entry = self._entries[key] = self.new_entry(message_id, 0)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        mentions = entry.mentions + 1 if entry.mentions < MENTIONS_MAX else MENTIONS_MAX
        if self._in_place:
            entry.mentions = mentions
        else:
            entry.mentions = _GONE
            entry = self._entries[key] = self.new_entry(entry.message_id, mentions)
        self._remember(key, entry)
        return True


def _write(records: Iterable[tuple[int, Any]], keys: Typed, ids: Typed, mentions: Typed) -> int:
    count = 0
    for key, entry in records:
        if entry.mentions != _GONE:
            keys[count] = key
            ids[count], mentions[count] = entry.message_id, entry.mentions
            count += 1
    return count
