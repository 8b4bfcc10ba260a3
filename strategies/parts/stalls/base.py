"""What every kind of stall has, and the kinds that need no preparation."""

from __future__ import annotations

import time
from time import monotonic_ns

_SPIN_NS = 10_000_000
"""A sleep ends late, on a virtual machine by milliseconds: so much of its end is spun."""
UNLIMITED = 2**63 - 1


class Stall:
    """One kind of stall. Whatever it needs is prepared by its constructor, before the clock."""

    misses = False
    """The operation in which it is caused must answer a miss; the stall is in what follows."""
    rehashes = 0
    """Re-hashes of an index that it caused so far."""

    @property
    def left(self) -> int:
        """How many more of it there are."""
        return UNLIMITED

    def cause(self, begin_ns: int) -> None:
        """Stall now, in an operation that began at ``begin_ns`` on CLOCK_MONOTONIC."""

    def evict(self) -> bool:
        """Stall in the insertion after a miss; True: something was evicted."""
        return False

    def close(self) -> None:
        """Release what was prepared; may be called twice."""


class Sleep(Stall):
    """Sleeps, and spins the last 10 ms: blocked of its own accord, nobody else caused it."""

    def __init__(self, pause_ns: int) -> None:
        self._pause_ns = pause_ns

    def cause(self, begin_ns: int) -> None:
        end = begin_ns + self._pause_ns
        time.sleep(max(self._pause_ns - _SPIN_NS, 0) / 1e9)
        while monotonic_ns() < end:
            pass


class Busy(Stall):
    """Keeps the processor busy, as a commit does that is too large."""

    def __init__(self, pause_ns: int) -> None:
        self._pause_ns = pause_ns

    def cause(self, begin_ns: int) -> None:
        end = begin_ns + self._pause_ns
        while monotonic_ns() < end:
            pass


class Load(Stall):
    """Misses, and keeps nothing: the stall is the store's, which has to be a slow one."""

    misses = True
