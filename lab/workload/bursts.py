"""Arrivals that come in bursts: a Poisson process whose rate changes at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns"))


def running_sum(start: float, parts: Floats) -> Floats:
    """Sum up from ``start``, one after the other: no rounding depends on where chunks are cut."""
    return np.cumsum(np.concatenate(([start], parts)))[1:]


@dataclass(frozen=True)
class Burst:
    """What ``bursty`` may say.

    Attributes
    ----------
    factor
        Rate within a burst, in multiples of the mean rate; above 1.
    on, off
        Mean length of a burst and of what lies between two, in nanoseconds.
    """

    factor: float = 5.0
    on: int = 20_000_000
    off: int = 180_000_000

    @property
    def rest(self) -> float:
        """Rate between bursts, in multiples of the mean rate: it makes the mean come out."""
        return max(0.0, (self.on + self.off - self.factor * self.on) / self.off)

    def __str__(self) -> str:
        """Write every option out, as it would be given."""
        return f"bursty:factor={self.factor:.15g},on={_exact(self.on)},off={_exact(self.off)}"


class Bursty:
    """Poisson arrivals at two rates that take turns, each for an exponential time.

    The Markov-modulated Poisson process of two states (Fischer and Meier-Hellstern, "The
    Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993), begun in
    its long-run state. Where the bursts carry all there is (factor = (on + off) / on) it is the
    interrupted Poisson process (Kuczura, Bell System Technical Journal 52, 1973).

    The mean rate is exactly the stated one; how many requests a finite run has varies more than
    with `Poisson` (at 20 ms in 200 ms and factor 5 by 8 % over 10 s, one standard deviation). For
    one seed and repeat all strategies get the same arrivals.

    Arrivals of rate 1 are drawn first and put onto the clock through the inverse of the
    cumulative rate (Cinlar, "Introduction to Stochastic Processes", 1975, 4.7).

    Parameters
    ----------
    rng
        Draws the gaps; the lengths of the states come from a child of it.
    rate
        Mean arrivals per second.
    burst
        How much faster, and for how long.
    """

    def __init__(self, rng: np.random.Generator, rate: float, burst: Burst) -> None:
        self._gaps, self._lengths = rng, rng.spawn(1)[0]
        per_ns = rate / 1e9
        self._speeds = (burst.rest * per_ns, burst.factor * per_ns)
        self._means = (burst.off, burst.on)
        share_on = burst.on / (burst.on + burst.off)
        self._state = int(self._lengths.random() < share_on)
        # edges of the states known so far, the same in expected arrivals, and the speed between
        self._at = np.zeros(1)
        self._expected = np.zeros(1)
        self._speed = np.empty(0)
        self._waiting = np.empty(0)
        self._last = 0.0

    def before(self, end_ns: int) -> NDArray[np.int64]:
        """Return the arrivals up to ``end_ns``."""
        while self._at[-1] <= end_ns:
            self._next_states(end_ns)
        # one more than is needed: the comparison with end_ns below cuts exactly
        wanted = float(np.interp(end_ns, self._at, self._expected)) + 1.0
        while self._last < wanted:
            more = wanted - self._last
            part = running_sum(
                self._last, self._gaps.exponential(1.0, int(more + 4 * more**0.5) + 16)
            )
            self._last = float(part[-1])
            self._waiting = np.concatenate([self._waiting, part])
        known = int(np.searchsorted(self._waiting, self._expected[-1], side="left"))
        # "right": a state without arrivals adds nothing and is never chosen
        state = np.searchsorted(self._expected, self._waiting[:known], side="right") - 1
        times = (
            self._at[state] + (self._waiting[:known] - self._expected[state]) / self._speed[state]
        )
        times = np.minimum(times, self._at[state + 1])  # rounding must not pass the next state
        cut = int(np.searchsorted(times, end_ns, side="left"))
        self._waiting = self._waiting[cut:]
        self._forget(end_ns)
        return times[:cut].astype(np.int64)

    def _next_states(self, end_ns: int) -> None:
        """Draw the states up to about ``end_ns``, and some more."""
        pairs = 32 + int((end_ns - self._at[-1]) / sum(self._means))
        states = (self._state + np.arange(2 * pairs)) % 2  # whole pairs: the next begins alike
        lengths = self._lengths.exponential(1.0, 2 * pairs) * np.take(self._means, states)
        speeds = np.take(self._speeds, states)
        at = running_sum(float(self._at[-1]), lengths)
        expected = running_sum(float(self._expected[-1]), lengths * speeds)
        self._at = np.concatenate([self._at, at])
        self._expected = np.concatenate([self._expected, expected])
        self._speed = np.concatenate([self._speed, speeds])

    def _forget(self, end_ns: int) -> None:
        """Drop the states that ended before; no arrival waits in them."""
        over = max(0, int(np.searchsorted(self._at, end_ns, side="left")) - 1)
        self._at, self._expected = self._at[over:], self._expected[over:]
        self._speed = self._speed[over:]


def _exact(nanoseconds: int) -> str:
    """Write a duration in the largest unit that holds it in whole numbers."""
    size, unit = next((size, unit) for size, unit in _UNITS if nanoseconds % size == 0)
    return f"{nanoseconds // size}{unit}"
