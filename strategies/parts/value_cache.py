"""What the caches share that evict whatever they like without a word: pending states by value."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator
from typing import Any

from strategies.interface import MENTIONS_MAX, Pending, Typed, Update, payload_for

State = tuple[int, int]
_REMEMBERED = 64
"""So many insertions per entry of capacity are remembered, for `ValueCache.items`."""
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


class ValueCache:
    """A cache of tuples (message id, mentions[, payload]) whose evictions are unreported.

    Subclasses say how to `fetch` and `put`. A pending state is held by value, one per key, until
    it is handed out: the service asks `uncommitted` before the store, so that a state that was
    evicted before its commit is not lost. Neither package can list its keys in public, so the
    last ones inserted are kept in a ring of plain integers, off the heap: 8 bytes of memory for
    each insertion, up to 512 for an entry of capacity.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",  # noqa: ARG002 - a tuple is replaced
        pending: Pending = "record",  # noqa: ARG002 - one state a key: `uncommitted` asks by key
    ) -> None:
        self.victim = array("q", [0, 0, 0])
        self._capacity = capacity
        self._payload_bytes = payload_bytes
        self._pending: dict[int, State] = {}
        self._batch: dict[int, State] = {}
        ring = mmap.mmap(-1, 8 * _REMEMBERED * capacity, flags=_PRIVATE)
        self._inserted = memoryview(ring).cast("q")
        self._insertions = 0

    def fetch(self, key: int) -> tuple[Any, ...] | None:
        """Return what is cached under the key, as its user would."""
        raise NotImplementedError

    def put(self, key: int, entry: tuple[Any, ...]) -> None:
        """Put an entry under a key that may be there."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let the cache evict now what it is late with."""

    def _put_state(self, key: int, message_id: int, mentions: int) -> None:
        size = self._payload_bytes
        if size:
            self.put(key, (message_id, mentions, payload_for(message_id, size)))
        else:
            self.put(key, (message_id, mentions))

    def read(self, key: int) -> State | None:
        entry = self.fetch(key)
        if entry is None:
            return None
        return entry[0], entry[1]

    def ack(self, key: int, message_id: int) -> bool:
        if self.fetch(key) is None:
            return False
        self._put_state(key, message_id, 0)
        self._pending[key] = (message_id, 0)
        return True

    def mention(self, key: int) -> bool:
        entry = self.fetch(key)
        if entry is None:
            return False
        mentions = entry[1] + 1 if entry[1] < MENTIONS_MAX else MENTIONS_MAX
        self._put_state(key, entry[0], mentions)
        self._pending[key] = (entry[0], mentions)
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        self._put_state(key, message_id, mentions)
        self._inserted[self._insertions % len(self._inserted)] = key
        self._insertions += 1
        if changed:
            self._pending[key] = (message_id, mentions)
        return False

    def uncommitted(self, key: int) -> State | None:
        """Return the key's state if it was not handed out yet: newer than the store's."""
        return self._pending.get(key) or self._batch.get(key)

    def seal_pending(self) -> None:
        if self._batch:
            self._batch.update(self._pending)
        else:
            self._batch = self._pending
        self._pending = {}

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        pending, batch = self._pending, self._batch
        count = 0
        for _ in range(min(limit, len(batch))):
            key, state = batch.popitem()
            if key not in pending:  # else a newer state of it waits for its own turn
                keys[count] = key
                ids[count], mentions[count] = state
                count += 1
        return count

    def __len__(self) -> int:
        raise NotImplementedError

    def items(self) -> Iterator[tuple[int, int, int]]:
        """Yield what is there of the keys inserted last, in no order of use."""
        self.settle()
        known = self._inserted[: min(self._insertions, len(self._inserted))]
        for key in dict.fromkeys(known):
            entry = self.fetch(key)
            if entry is not None:
                yield key, entry[0], entry[1]

    def payload(self, key: int) -> bytes:
        entry = self.fetch(key)
        if entry is None:
            raise KeyError(key)
        return entry[2] if self._payload_bytes else b""

    def index_epoch(self) -> int:
        return 0

    def close(self) -> None:
        self._pending, self._batch = {}, {}
        self._insertions = 0
