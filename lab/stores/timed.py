"""Times the calls into a database: two clock reads, beside which its own time is large.

The store in memory is not wrapped: its calls take less than the clock reads would.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic_ns

from lab.stores.interface import StateStore
from strategies.interface import Typed


class TimedStore:
    """Another store, and the time that was spent in it by the serving thread so far."""

    def __init__(self, inner: StateStore) -> None:
        self._inner = inner
        self.load_ns = 0
        self.save_ns = 0

    @property
    def cpu_ns(self) -> int:
        """CPU time of the store's own thread, where it has one."""
        used: int = getattr(self._inner, "cpu_ns", 0)
        return used

    def load(self, key: int) -> tuple[int, int]:
        begin = monotonic_ns()
        state = self._inner.load(key)
        self.load_ns += monotonic_ns() - begin
        return state

    def save(self, key: int, message_id: int, mentions: int) -> None:
        begin = monotonic_ns()
        self._inner.save(key, message_id, mentions)
        self.save_ns += monotonic_ns() - begin

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        begin = monotonic_ns()
        self._inner.save_many(count, keys, ids, mentions)
        self.save_ns += monotonic_ns() - begin

    def items(self) -> Iterator[tuple[int, int, int]]:
        return self._inner.items()

    def close(self) -> None:
        self._inner.close()


class Untimed:
    """The clock of a store that is not timed."""

    load_ns = 0
    save_ns = 0
