"""The store `sqlite`: a real database file, write-ahead log, one transaction per commit.

The file lies in a temporary folder and goes with the store. ``synchronous=NORMAL`` is what SQLite
advises with a write-ahead log: a commit survives the process, and at a power cut the last ones may
be lost. Ids are stored as the signed bit pattern, since SQLite's integers are signed.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.stores.failing import FailuresOf
from strategies.interface import MASK64, Typed

_UPSERT = "INSERT OR REPLACE INTO state (key, message_id, mentions) VALUES (?, ?, ?)"
_FAILURES = FailuresOf("sqlite", sqlite3.Error)


def signed(message_id: int) -> int:
    """Return the signed 64-bit integer of the same bits."""
    return message_id - (1 << 64) if message_id >> 63 else message_id


class SqliteStore:
    """States in one table of a SQLite file; a connection for reading and one for writing.

    Two, so that a load need not wait for a transaction of the commit thread: with a write-ahead
    log readers and the writer do not block one another.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gclab-store-")
        self._database = self._connect()
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE state (key INTEGER PRIMARY KEY, message_id INTEGER, mentions INTEGER)"
            " WITHOUT ROWID"
        )
        self._reading = self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            Path(self._folder.name) / "states.db", isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def load(self, key: int) -> tuple[int, int]:
        with _FAILURES:
            row = self._reading.execute(
                "SELECT message_id, mentions FROM state WHERE key = ?", (key,)
            ).fetchone()
        return (0, 0) if row is None else (row[0] & MASK64, row[1])

    def save(self, key: int, message_id: int, mentions: int) -> None:
        with _FAILURES:
            self._database.execute(_UPSERT, (key, signed(message_id), mentions))

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        states = ((keys[row], signed(ids[row]), mentions[row]) for row in range(count))
        with _FAILURES:
            self._database.execute("BEGIN")
            self._database.executemany(_UPSERT, states)
            self._database.execute("COMMIT")

    def items(self) -> Iterator[tuple[int, int, int]]:
        with _FAILURES:
            for key, message_id, mentions in self._database.execute("SELECT * FROM state"):
                yield key, message_id & MASK64, mentions

    def close(self) -> None:
        self._reading.close()
        self._database.close()
        self._folder.cleanup()
