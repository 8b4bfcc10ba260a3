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
            part = self._last_ns + np.cumsum(gaps)
            self._last_ns = float(part[-1])
            parts.append(part)
        times = np.concatenate(parts)
        cut = int(np.searchsorted(times, end_ns, side="left"))
        self._waiting = times[cut:]
        return times[:cut].astype(np.int64)


class Constant:
    """One arrival every 1/rate seconds, the first at 0."""

    def __init__(self, rate: float) -> None:
        self._gap_ns, self._next = 1e9 / rate, 0

    def before(self, end_ns: int) -> Offsets:
        """Return the arrivals up to ``end_ns``."""
        end = int(np.ceil(end_ns / self._gap_ns))
        offsets = (np.arange(self._next, end) * self._gap_ns).astype(np.int64)
        self._next = max(self._next, end)
        return offsets


def make_arrivals(kind: str, rng: np.random.Generator, rate: float) -> Arrivals:
    """Build ``poisson`` or ``constant`` arrivals at ``rate`` per second."""
    return Poisson(rng, rate) if kind == "poisson" else Constant(rate)
