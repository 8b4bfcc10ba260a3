"""LMDB as the cache: two B+ trees in a memory-mapped file."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator, Sequence

import lmdb

from strategies.interface import MENTIONS_MAX, Pending, Update, layout, payload_for
from strategies.parts.outside_lru import OutsideLRU

_KEY = struct.Struct("<q")
_USE = struct.Struct(">Q")
"""Big-endian, so that the tree's order of bytes is the order of use."""
_ENTRY = struct.Struct("<QIQ")
"""Message id, mentions, last use; the payload follows."""
_ROOM_BYTES = 400
"""Of map for an entry: both trees, half-filled pages, and those of the previous transaction."""
_SPARE_BYTES = 64 * 2**20


@layout(
    "lmdb",
    use="the cache must outlive the process, or several processes share it",
    avoid="a response must take microseconds",
    sees="nothing of the entries: two B+ trees in a mapped file",
    rehash="none",
    packages=("lmdb",),
    bytes_per_entry=200,
)
class LmdbCache(OutsideLRU):
    """An LMDB environment of key -> entry and use -> key; exact LRU.

    LMDB copies a page before it changes it, and exact recency changes two trees at every
    operation, a read too: each is a write transaction of a dozen pages, some 10 us. Nothing is
    synced to disk. The file has lost its name before the first operation, so that nothing stays
    behind.

    Source: lmdb.readthedocs.io.
    Left out: reads without a transaction of their own, and recency in batches, which would be
    approximate.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        map_size = capacity * (_ROOM_BYTES + 4 * payload_bytes) + _SPARE_BYTES
        with tempfile.TemporaryDirectory(prefix="gclab-lmdb-") as folder:
            self._env = lmdb.open(
                folder,
                map_size=map_size,
                max_dbs=2,
                sync=False,
                metasync=False,
                writemap=True,
                lock=False,
            )
        self._entries = self._env.open_db(b"entries")
        self._order = self._env.open_db(b"order")

    def _packed(self, message_id: int, mentions: int, use: int) -> bytes:
        payload = payload_for(message_id, self._payload_bytes)
        return _ENTRY.pack(message_id, mentions, use) + payload

    def _used(
        self, key: int, message_id: int | None = None, *, mention: bool = False
    ) -> tuple[int, int] | None:
        """Touch a key, and change its state where that is asked for, in one transaction."""
        name, use = _KEY.pack(key), self.next_use()
        with self._env.begin(write=True) as transaction:
            held = transaction.get(name, db=self._entries)
            if held is None:
                return None
            held_id, mentions, last_use = _ENTRY.unpack_from(held)
            if message_id is not None:
                held_id, mentions = message_id, 0
            elif mention:
                mentions = min(mentions + 1, MENTIONS_MAX)
            transaction.put(name, self._packed(held_id, mentions, use), db=self._entries)
            transaction.delete(_USE.pack(last_use), db=self._order)
            transaction.put(_USE.pack(use), name, db=self._order, append=True)
        return held_id, mentions

    def read(self, key: int) -> tuple[int, int] | None:
        return self._used(key)

    def ack(self, key: int, message_id: int) -> bool:
        if self._used(key, message_id) is None:
            return False
        self._pending[key] = None
        return True

    def mention(self, key: int) -> bool:
        if self._used(key, mention=True) is None:
            return False
        self._pending[key] = None
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        name, use = _KEY.pack(key), self.next_use()
        evicts = self._size >= self._capacity
        with self._env.begin(write=True) as transaction:
            if evicts:
                oldest = transaction.cursor(db=self._order)
                oldest.first()
                out = oldest.value()
                oldest.delete()
                held = transaction.pop(out, db=self._entries) or b""
                self.evicted(*_KEY.unpack(out), *_ENTRY.unpack_from(held)[:2])
            transaction.put(name, self._packed(message_id, mentions, use), db=self._entries)
            transaction.put(_USE.pack(use), name, db=self._order, append=True)
        self._size += not evicts
        if changed:
            self._pending[key] = None
        return evicts

    def states(self, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
        with self._env.begin(db=self._entries) as transaction:
            for key in keys:
                held = transaction.get(_KEY.pack(key), b"")
                message_id, mentions, _ = _ENTRY.unpack_from(held)
                yield message_id, mentions

    def items(self) -> Iterator[tuple[int, int, int]]:
        with self._env.begin() as transaction:
            for _, name in transaction.cursor(db=self._order):
                held = transaction.get(name, b"", db=self._entries)
                yield _KEY.unpack(name)[0], *_ENTRY.unpack_from(held)[:2]

    def payload(self, key: int) -> bytes:
        with self._env.begin(db=self._entries) as transaction:
            held = transaction.get(_KEY.pack(key))
        if held is None:
            raise KeyError(key)
        return bytes(held[_ENTRY.size :])

    def close(self) -> None:
        super().close()
        self._env.close()
