"""A database that is farther away: every load takes a stated extra time."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic_ns, sleep

from lab.stores.interface import StateStore

_SPIN_NS = 200_000


class FarStore:
    """Adds ``penalty_ns`` to every load of another store; writes are as they were.

    Only from `charge` on: a cache is filled by misses alone, and none of them is measured.
    """

    def __init__(self, inner: StateStore, penalty_ns: int) -> None:
        self._inner, self._penalty_ns = inner, penalty_ns
        self._charged_ns = 0
        self.save, self.save_many = inner.save, inner.save_many

    def charge(self) -> None:
        """Add the penalty from now on."""
        self._charged_ns = self._penalty_ns

    def load(self, key: int) -> tuple[int, int]:
        state = self._inner.load(key)
        end = monotonic_ns() + self._charged_ns
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
