"""What the layouts of one Python object per entry share: an index in LRU order and a queue."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from strategies.buffers import bits
from strategies.interface import Drain, Pending, Typed, Update
from strategies.parts.pending import PendingQueue, pending_queue
from strategies.parts.rehash import RehashCount


class ObjectLRU:
    """An exact LRU of entry objects; a subclass says what an entry is and how it is updated.

    Subclasses define `read`, `ack` and `mention` whole, since these are what is timed, and the
    small methods `new_entry`, `unpack` and `payload_of`. The index is an OrderedDict unless they
    make another one in `new_index`, of which they then `evict` themselves.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
        drain: Drain = "batch",
    ) -> None:
        self.victim = array("q", [0, 0, 0])
        self._victim_bits = bits(self.victim)
        self._capacity = capacity
        self._payload_bytes = payload_bytes
        self._in_place = update == "in-place"
        self._entries = self.new_index()
        self._rehash = RehashCount()
        self._queue = self.new_queue(pending, drain)
        self._remember = self._queue.add

    def new_index(self) -> Any:
        """Make the mapping from key to entry, least recent first."""
        return OrderedDict()

    def new_queue(self, pending: Pending, drain: Drain) -> PendingQueue:
        """Make the write-behind queue."""
        return pending_queue(pending, drain, self._entries.get, self.unpack)

    def new_entry(self, message_id: int, mentions: int) -> Any:
        """Make an entry, with its payload where there is one."""
        raise NotImplementedError

    def unpack(self, entry: Any) -> tuple[int, int]:
        """Return an entry's (message id, mentions)."""
        raise NotImplementedError

    def payload_of(self, entry: Any) -> bytes:
        """Return an entry's payload."""
        raise NotImplementedError

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        entries = self._entries
        evicted = len(entries) >= self._capacity
        if evicted:
            self.evict()
        self._rehash.insertion(len(entries))
        entry = entries[key] = self.new_entry(message_id, mentions)
        if changed:
            self._remember(key, entry)
        return evicted

    def evict(self) -> None:
        """Take the least recent entry out and report it in `victim`."""
        key, entry = self._entries.popitem(last=False)
        self.victim[0] = key
        self._victim_bits[1], self.victim[2] = self.unpack(entry)

    def seal_pending(self) -> None:
        self._queue.seal()

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        return self._queue.take(limit, keys, ids, mentions)

    def __len__(self) -> int:
        return len(self._entries)

    def items(self) -> Iterator[tuple[int, int, int]]:
        for key, entry in self._entries.items():
            yield key, *self.unpack(entry)

    def payload(self, key: int) -> bytes:
        return self.payload_of(self._entries[key])

    def index_epoch(self) -> int:
        return self._rehash.epoch

    def close(self) -> None:
        self._entries.clear()
        self._queue = self.new_queue("record", "batch")
        self._remember = self._queue.add
