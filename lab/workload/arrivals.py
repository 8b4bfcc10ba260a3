"""When requests arrive: offsets from the start of the measured phase, in nanoseconds.

The schedule exists before the clock starts and does not depend on how fast anything is served.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]

ARRIVALS = ("poisson", "constant")


class Arrivals(Protocol):
    """An arrival process."""

    def before(self, end_ns: int) -> Offsets:
        """Return the arrivals from where the last call ended up to, not including, ``end_ns``."""
        ...


class Poisson:
    """Independent exponential gaps."""

    def __init__(self, rng: np.random.Generator, rate: float) -> None:
        self._rng, self._gap_ns = rng, 1e9 / rate
        self._waiting = np.empty(0)
        self._last_ns = 0.0

    def before(self, end_ns: int) -> Offsets:
        """Return the arrivals up to ``end_ns``."""
        parts = [self._waiting]
        while self._last_ns < end_ns:
            expected = (end_ns - self._last_ns) / self._gap_ns
            gaps = self._rng.exponential(self._gap_ns, int(expected + 4 * expected**0.5) + 16)
            gaps[0] += self._last_ns  # before the sum: its rounding then depends on no boundary
            part = np.cumsum(gaps)
            self._last_ns = float(part[-1])
            parts.append(part)
        times = np.concatenate(parts)
        cut = int(np.searchsorted(times, end_ns, side="left"))
        self._waiting = times[cut:]
        return times[:cut].astype(np.int64)


class Constant:
    """One arrival every 1/rate seconds, the first at 0, rounded down."""

    def __init__(self, rate: float) -> None:
        self._rate, self._next = rate, 0

    def before(self, end_ns: int) -> Offsets:
        """Return the arrivals up to ``end_ns``."""
        end = int(end_ns * self._rate / 1e9) + 2  # the comparison below cuts exactly
        # multiplied first: n times a rounded gap falls on the wrong side of a boundary
        offsets = (np.arange(self._next, end) * 1e9 / self._rate).astype(np.int64)
        offsets = offsets[offsets < end_ns]
        self._next += len(offsets)
        return offsets


def make_arrivals(kind: str, rng: np.random.Generator, rate: float) -> Arrivals:
    """Build ``poisson`` or ``constant`` arrivals at ``rate`` per second."""
    return Poisson(rng, rate) if kind == "poisson" else Constant(rate)
