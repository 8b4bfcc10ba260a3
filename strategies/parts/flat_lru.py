"""What the flat layouts share: slots in one flat buffer, recency links and a ring of waiting slots.

A slot is a record of 32 bytes (key, message id, mentions, two recency links, whether it waits), so
that an operation touches one cache line of it where a column for each would touch six. The buffer
is preallocated and reached through one strided memoryview for each field, which are read about
twice as fast from Python as numpy scalars. Pending commits are a ring of slot numbers: a slot waits
at most once, whatever happens to it meanwhile, and its state is read when its turn comes. A waiting
slot whose entry was evicted (and committed then) hands out its new entry, which is current and so
harmless.

How a key finds its slot is the subclass's: an open-addressing table in one more column
(`strategies.parts.flat_table`), or a dict.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from strategies.buffers import bits, field, release
from strategies.interface import MENTIONS_MAX, Pending, Typed, Update, payload_for

RECORD_BYTES = 32
"""key i64, message id u64, mentions u32, older i32, newer i32, waits u32."""


class Fields(NamedTuple):
    """The fields of all records, each a strided memoryview indexed by slot."""

    keys: Typed
    ids: Typed
    mentions: Typed
    older: Typed
    newer: Typed
    waits: Typed


def fields_of(records: Typed) -> Fields:
    """View a buffer of whole records, ``records`` being its bytes, field by field."""
    return Fields(
        field(records, "q", 0, 4),
        field(records, "Q", 1, 4),
        field(records, "I", 4, 8),
        field(records, "i", 5, 8),
        field(records, "i", 6, 8),
        field(records, "I", 7, 8),
    )


class FlatLRU:
    """An exact LRU over whatever `column` allocates.

    Slots are numbered from 1. Slot 0 is the head of the recency ring and stands for none. With
    ``update=replace`` an update writes the whole state over its slot, so that a mention writes the
    payload too, whose bytes stay the same; ``in-place`` writes what changes.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",  # noqa: ARG002 - it waits as a slot number either way
    ) -> None:
        self._capacity = capacity
        self._payload_bytes = payload_bytes
        self._mention_writes_payload = payload_bytes > 0 and update == "replace"
        self._size = 0
        self.victim = array("q", [0, 0, 0])
        self._victim_bits = bits(self.victim)
        slots = capacity + 1
        self._make_index(capacity)
        self._records = self.column("B", slots * RECORD_BYTES)
        fields = fields_of(self._records)
        self._keys, self._ids, self._mentions, self._older, self._newer, self._waits = fields
        self._payload = self.column("B", slots * payload_bytes)
        self._ring = self.column("i", capacity)
        self._head = self._tail = self._sealed = 0  # running counts; modulo capacity in the ring

    def column(self, typecode: str, length: int) -> Typed:
        """Allocate a zeroed column of that array typecode and return a memoryview of it."""
        raise NotImplementedError

    def _make_index(self, capacity: int) -> None:
        """Make the index for that many keys."""
        raise NotImplementedError

    def _find(self, key: int) -> int:
        """Return the key's slot; 0: it is not there."""
        raise NotImplementedError

    def _enter(self, key: int, slot: int) -> None:
        """Put a key that is not there into the index."""
        raise NotImplementedError

    def _unindex(self, key: int, slot: int) -> None:
        """Take a key out of the index."""
        raise NotImplementedError

    def _touch(self, slot: int) -> None:
        older, newer = self._older, self._newer
        after = newer[slot]
        if after:
            before = older[slot]
            newer[before] = after
            older[after] = before
            last = older[0]  # as `_append` does, without a call: every operation comes here
            newer[last] = slot
            older[slot] = last
            newer[slot] = 0
            older[0] = slot

    def _append(self, slot: int) -> None:
        older, newer = self._older, self._newer
        last = older[0]
        newer[last] = slot
        older[slot] = last
        newer[slot] = 0
        older[0] = slot

    def _wait(self, slot: int) -> None:
        """Put a slot that does not wait into the ring."""
        self._waits[slot] = 1
        self._ring[self._tail % self._capacity] = slot
        self._tail += 1

    def _write_payload(self, slot: int, message_id: int) -> None:
        size = self._payload_bytes
        self._payload[slot * size : (slot + 1) * size] = payload_for(message_id, size)

    def read(self, key: int) -> tuple[int, int] | None:
        slot = self._find(key)
        if not slot:
            return None
        self._touch(slot)
        return self._ids[slot], self._mentions[slot]

    def ack(self, key: int, message_id: int) -> bool:
        slot = self._find(key)
        if not slot:
            return False
        self._ids[slot] = message_id
        self._mentions[slot] = 0
        if self._payload_bytes:
            self._write_payload(slot, message_id)
        self._touch(slot)
        if not self._waits[slot]:
            self._wait(slot)
        return True

    def mention(self, key: int) -> bool:
        slot = self._find(key)
        if not slot:
            return False
        mentions = self._mentions
        seen = mentions[slot]
        if seen < MENTIONS_MAX:
            mentions[slot] = seen + 1
        if self._mention_writes_payload:
            self._write_payload(slot, self._ids[slot])
        self._touch(slot)
        if not self._waits[slot]:
            self._wait(slot)
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicted = self._size >= self._capacity
        if evicted:
            slot = self._evict()
        else:
            self._size += 1
            slot = self._size
        self._enter(key, slot)
        self._keys[slot] = key
        self._ids[slot] = message_id
        self._mentions[slot] = mentions
        if self._payload_bytes:
            self._write_payload(slot, message_id)
        self._append(slot)
        if changed and not self._waits[slot]:
            self._wait(slot)
        return evicted

    def _evict(self) -> int:
        """Unlink the least recent entry, report it in `victim` and return its slot."""
        slot: int = self._newer[0]
        key = self._keys[slot]
        self.victim[0] = key
        self._victim_bits[1] = self._ids[slot]
        self.victim[2] = self._mentions[slot]
        after = self._newer[slot]
        self._newer[0] = after
        self._older[after] = 0
        self._unindex(key, slot)
        return slot

    def seal_pending(self) -> None:
        self._sealed = self._tail

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        count = min(limit, self._sealed - self._head)
        for row in range(count):
            slot = self._ring[(self._head + row) % self._capacity]
            self._waits[slot] = 0
            keys[row] = self._keys[slot]
            ids[row] = self._ids[slot]
            mentions[row] = self._mentions[slot]
        self._head += count
        return count

    def __len__(self) -> int:
        return self._size

    def items(self) -> Iterator[tuple[int, int, int]]:
        slot = self._newer[0]
        while slot:
            yield self._keys[slot], self._ids[slot], self._mentions[slot]
            slot = self._newer[slot]

    def payload(self, key: int) -> bytes:
        slot, size = self._find(key), self._payload_bytes
        if not slot:
            raise KeyError(key)
        return bytes(self._payload[slot * size : (slot + 1) * size])

    def index_epoch(self) -> int:
        return 0

    def close(self) -> None:
        self._size = 0
        for name in ("keys", "ids", "mentions", "older", "newer", "waits", "records", "payload"):
            release(getattr(self, f"_{name}"))
        release(self._ring)
