"""SQLite in memory as the cache: a table with an index on the last use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from strategies.interface import MASK64, Pending, Update, layout, payload_for
from strategies.parts.outside_lru import OutsideLRU

_TABLE = """
CREATE TABLE state (
    key INTEGER PRIMARY KEY, message_id INTEGER, mentions INTEGER, used INTEGER, payload BLOB
)"""
_READ = "UPDATE state SET used = ? WHERE key = ? RETURNING message_id, mentions"
_ACK = "UPDATE state SET used = ?, message_id = ?, mentions = 0, payload = ? WHERE key = ?"
_MENTION = "UPDATE state SET used = ?, mentions = min(mentions + 1, 4294967295) WHERE key = ?"
_MENTION_REPLACING = """
UPDATE state
SET used = ?, mentions = min(mentions + 1, 4294967295), payload = payload_for(message_id)
WHERE key = ?"""
_EVICT = """
DELETE FROM state WHERE used = (SELECT min(used) FROM state) RETURNING key, message_id, mentions"""
_INSERT = "INSERT INTO state VALUES (?, ?, ?, ?, ?)"
_STATE = "SELECT message_id, mentions FROM state WHERE key = ?"


@layout(
    "sqlite",
    use="the cache needs queries, or outlives the process",
    avoid="a response must take microseconds",
    sees="nothing of the entries: two B-trees in SQLite's own memory",
    rehash="none",
    bytes_per_entry=140,
)
class SqliteCache(OutsideLRU):
    """An in-memory SQLite table, in order of use by an index; exact LRU.

    Every operation is a statement, a read too, since it moves its key in the index: several
    microseconds, without a lock or a disk. Ids are stored as the signed bit pattern. Nothing is
    re-hashed; pages split as the trees grow.

    Source: sqlite.org/inmemorydb.html.
    Left out: a file (then it is a store), and a counter that is written back now and then rather
    than at each read, which would be approximate.
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
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute(_TABLE)
        self._database.execute("CREATE UNIQUE INDEX by_use ON state (used)")
        self._execute = self._database.execute
        self._mention = _MENTION_REPLACING if payload_bytes else _MENTION
        if payload_bytes:
            self._database.create_function("payload_for", 1, _payload_maker(payload_bytes))

    def _payload_for(self, message_id: int) -> bytes | None:
        return payload_for(message_id, self._payload_bytes) if self._payload_bytes else None

    def read(self, key: int) -> tuple[int, int] | None:
        rows = self._execute(_READ, (self.next_use(), key)).fetchall()
        return (rows[0][0] & MASK64, rows[0][1]) if rows else None

    def ack(self, key: int, message_id: int) -> bool:
        row = (self.next_use(), signed(message_id), self._payload_for(message_id), key)
        if not self._execute(_ACK, row).rowcount:
            return False
        self._pending[key] = None
        return True

    def mention(self, key: int) -> bool:
        if not self._execute(self._mention, (self.next_use(), key)).rowcount:
            return False
        self._pending[key] = None
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicts = self._size >= self._capacity
        if evicts:
            ((out, out_id, out_mentions),) = self._execute(_EVICT).fetchall()
            self.evicted(out, out_id & MASK64, out_mentions)
        else:
            self._size += 1
        payload = self._payload_for(message_id)
        self._execute(_INSERT, (key, signed(message_id), mentions, self.next_use(), payload))
        if changed:
            self._pending[key] = None
        return evicts

    def states(self, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
        for key in keys:
            message_id, mentions = self._execute(_STATE, (key,)).fetchone()
            yield message_id & MASK64, mentions

    def items(self) -> Iterator[tuple[int, int, int]]:
        rows = self._execute("SELECT key, message_id, mentions FROM state ORDER BY used")
        for key, message_id, mentions in rows:
            yield key, message_id & MASK64, mentions

    def payload(self, key: int) -> bytes:
        row = self._execute("SELECT payload FROM state WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return row[0] or b""

    def close(self) -> None:
        super().close()
        self._database.close()


def _payload_maker(payload_bytes: int) -> Callable[[int], bytes]:
    return lambda message_id: payload_for(message_id & MASK64, payload_bytes)


def signed(message_id: int) -> int:
    """Return the signed 64-bit integer of the same bits: SQLite has no other."""
    return message_id - (1 << 64) if message_id >> 63 else message_id
