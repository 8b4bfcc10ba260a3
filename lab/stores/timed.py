"""Times the calls into a database: two clock reads, beside which its own time is large.

The store in memory is not wrapped: its calls take less than the clock reads would.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic_ns
from typing import TYPE_CHECKING

from lab.stores.interface import StateStore
from strategies.interface import Typed

if TYPE_CHECKING:  # neither into every measured process
    from lab.stores.far import FarStore
    from lab.stores.threaded import ThreadedStore


class TimedStore:
    """Another store, and the time that was spent in it by the serving thread so far.

    ``far`` and ``writer`` are parts of it, where it has them.
    """

    def __init__(
        self,
        inner: StateStore,
        *,
        far: FarStore | None = None,
        writer: ThreadedStore | None = None,
    ) -> None:
        self._inner, self._far, self._writer = inner, far, writer
        self.load_ns = 0
        self.save_ns = 0

    @property
    def cpu_ns(self) -> int:
        """CPU time of the store's own thread so far, where it has one."""
        return self._writer.cpu_ns if self._writer is not None else 0

    def charge(self) -> None:
        """Add the miss penalty from now on, where there is one."""
        if self._far is not None:
            self._far.charge()

    def drain(self) -> None:
        """Wait until everything handed over so far is written."""
        if self._writer is not None:
            self._writer.drain()

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
    """What is asked of a `TimedStore` beside states, of a store that is not timed."""

    load_ns = save_ns = cpu_ns = 0

    def charge(self) -> None:
        """Add nothing: it has no penalty."""

    def drain(self) -> None:
        """Wait for nothing: what was saved is written."""
