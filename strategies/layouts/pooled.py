"""An OrderedDict of slotted objects from a free list: updates that allocate no object."""

from __future__ import annotations

from typing import Any

from strategies.interface import MENTIONS_MAX, Drain, Pending, Typed, Update, layout, payload_for
from strategies.parts.attribute_lru import AttributeLRU
from strategies.parts.pending import Current, PendingQueue


class Entry:
    """One Read State; ``waits`` while a pending record refers to it."""

    __slots__ = ("mentions", "message_id", "payload", "waits")

    message_id: int
    mentions: int

    def __init__(self) -> None:
        self.payload = b""
        self.waits = False


class PooledQueue:
    """One record per update, as a place in two lists instead of a tuple of its own."""

    def __init__(self, current: Current, free: list[Entry]) -> None:
        self._current, self._free = current, free
        self._keys: list[int] = []
        self._entries: list[Entry] = []
        self._batch: tuple[list[int], list[Entry]] = ([], [])
        self._next = 0

    def add(self, key: int, entry: Entry) -> None:
        entry.waits = True
        self._keys.append(key)
        self._entries.append(entry)

    def seal(self) -> None:
        batch_keys, batch = self._batch
        batch_keys += self._keys
        batch += self._entries
        self._keys.clear()
        self._entries.clear()

    def take(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        batch_keys, batch = self._batch
        end = min(self._next + limit, len(batch))
        count = 0
        for position in range(self._next, end):
            key, entry = batch_keys[position], batch[position]
            entry.waits = False
            if self._current(key) is entry:
                keys[count] = key
                ids[count], mentions[count] = entry.message_id, entry.mentions
                count += 1
            else:
                self._free.append(entry)
        self._next = end
        if end == len(batch):
            batch_keys.clear()
            batch.clear()
            self._next = 0
        return count


@layout(
    "pooled",
    use="objects with fields under steady updates: nothing new is allocated",
    avoid="entries escape from the cache: a reused one changes under its reader",
    sees="every entry, the free ones too, and every node of the OrderedDict; but updates allocate "
    "nothing that it counts",
    bytes_per_entry=300,
)
class Pooled(AttributeLRU):
    """OrderedDict of slotted objects that are taken from a free list and given back to it.

    An entry is recorded at most once, for the update that made it. One that is replaced or evicted
    goes back at once if no record refers to it, else when its record's turn has come: a record
    never refers to an entry in its second life. The list grows to the largest backlog of superseded
    entries and never shrinks. Records are places in lists, so ``pending=coalesce`` has nothing to
    take away and does the same.

    Source: pools of objects as in Go's sync.Pool and Netty's Recycler.
    Left out: ``update=in-place``, which needs no pool; a limit to the pool.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        self._free: list[Entry] = []
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:  # noqa: ARG002
        return PooledQueue(self._entries.get, self._free)

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        entry = self._free.pop() if self._free else Entry()
        entry.message_id = message_id
        entry.mentions = mentions
        if self._payload_bytes:
            entry.payload = payload_for(message_id, self._payload_bytes)
        return entry

    def evict(self) -> None:
        key, entry = self._entries.popitem(last=False)
        self.victim[0] = key
        self._victim_bits[1], self.victim[2] = entry.message_id, entry.mentions
        if not entry.waits:
            self._free.append(entry)

    def _replace(self, key: int, old: Entry, message_id: int, mentions: int) -> None:
        entry = self._entries[key] = self.new_entry(message_id, mentions)
        self._entries.move_to_end(key)
        if not old.waits:
            self._free.append(old)
        self._remember(key, entry)

    def ack(self, key: int, message_id: int) -> bool:
        entry: Any = self._entries.get(key)
        if entry is None:
            return False
        self._replace(key, entry, message_id, 0)
        return True

    def mention(self, key: int) -> bool:
        entry: Any = self._entries.get(key)
        if entry is None:
            return False
        mentions = entry.mentions + 1 if entry.mentions < MENTIONS_MAX else MENTIONS_MAX
        self._replace(key, entry, entry.message_id, mentions)
        return True

    def close(self) -> None:
        self._free.clear()
        super().close()
