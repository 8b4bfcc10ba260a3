"""A database that is farther away: every load takes a stated extra time."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic_ns, sleep

from lab.stores.interface import StateStore

_SPIN_NS = 200_000


class FarStore:
    """Adds ``penalty_ns`` to every load of another store; writes are as they were."""

    def __init__(self, inner: StateStore, penalty_ns: int) -> None:
        self._inner, self._penalty_ns = inner, penalty_ns
        self.save, self.save_many = inner.save, inner.save_many

    def load(self, key: int) -> tuple[int, int]:
        end = monotonic_ns() + self._penalty_ns
        state = self._inner.load(key)
        rest = end - monotonic_ns() - _SPIN_NS
        if rest > 0:
            sleep(rest * 1e-9)
        while monotonic_ns() < end:
            pass
        return state

    def items(self) -> Iterator[tuple[int, int, int]]:
        return self._inner.items()

    def close(self) -> None:
        self._inner.close()
