"""When requests arrive: offsets from the start of the measured phase, in nanoseconds.

The schedule exists before the clock starts and does not depend on how fast anything is served.
Arrivals are written as a popularity is: ``poisson``, ``constant`` or
``bursty:factor=10,on=20ms,off=180ms``. A ramp plays one of them at one rate after another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lab.workload.bursts import Burst, Bursty, running_sum
from strategies.errors import UsageError, unknown
from strategies.interface import DurationNs
from strategies.options import bind, split

Offsets = NDArray[np.int64]

ARRIVALS = ("poisson", "constant", "bursty")
STEP_NS_MIN = 200_000_000
"""A step of a ramp is at least this long, so that a whole interval of the results lies in it."""
STATE_NS_MIN = 1_000
"""Bursts and what lies between last at least this long on average: shorter ones are no bursts."""
_STEP_ORDER = 5
"""Which child of the seed orders the steps; those before it draw keys, mix and arrivals."""


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
            part = running_sum(self._last_ns, gaps)
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


@dataclass(frozen=True)
class RampStep:
    """A stretch of the measured phase at one rate: [start_ns, end_ns), from the phase's start."""

    rate: float
    start_ns: int
    end_ns: int


def ramp_steps(
    rates: Sequence[float], duration_ns: int, *, seed: int, repeat: int
) -> tuple[RampStep, ...]:
    """Lay steps of equal length over the measured phase, in an order shuffled by the seed.

    Rates that only rise would be confounded with age: the heap that has been replaced for
    longest would always meet the highest rate. Each repeat has an order of its own, the same for
    every strategy. What a step leaves queued is served in the next one.

    Parameters
    ----------
    rates
        Per second, in any order.
    duration_ns
        Length of the measured phase.
    seed, repeat
        Those of the trial.

    Returns
    -------
    tuple of RampStep
        In the order of time, without gaps; lengths differ by a nanosecond at most.
    """
    children = np.random.SeedSequence([seed, repeat], spawn_key=(_STEP_ORDER,))
    order = np.random.default_rng(children).permutation(len(rates)).tolist()
    edges = [number * duration_ns // len(rates) for number in range(len(rates) + 1)]
    return tuple(
        RampStep(rates[which], start_ns, end_ns)
        for which, (start_ns, end_ns) in zip(order, pairwise(edges), strict=True)
    )


class Ramp:
    """One arrival process after another, each at the rate of its step."""

    def __init__(self, text: str, rng: np.random.Generator, steps: Sequence[RampStep]) -> None:
        # a generator each: how much one draws ahead of its end must not move the next
        self._left = deque(
            (step, make_arrivals(text, child, step.rate))
            for step, child in zip(steps, rng.spawn(len(steps)), strict=True)
        )

    def before(self, end_ns: int) -> Offsets:
        """Return the arrivals up to ``end_ns``; none behind the last step."""
        parts = [np.empty(0, np.int64)]
        while self._left and self._left[0][0].start_ns < end_ns:
            step, process = self._left[0]
            parts.append(step.start_ns + process.before(min(end_ns, step.end_ns) - step.start_ns))
            if end_ns < step.end_ns:
                break
            self._left.popleft()
        return np.concatenate(parts)


def check_arrivals(text: str) -> tuple[str, Burst | None]:
    """Read ``poisson``, ``constant`` or ``bursty:factor=5,on=20ms,off=180ms``.

    Returns
    -------
    tuple
        The kind, and how it bursts.

    Raises
    ------
    UsageError
        An unknown kind or option, or bursts that would exceed the mean rate by themselves.
    """
    kind, written = split(text)
    if kind not in ARRIVALS:
        raise unknown("arrivals", kind, ARRIVALS)
    what = f"arrivals {text!r}"
    if kind != "bursty":
        bind(what, written, {})
        return kind, None
    options = bind(what, written, {"factor": float, "on": DurationNs, "off": DurationNs})
    burst = Burst(**options)  # type: ignore[arg-type]
    if min(burst.on, burst.off) < STATE_NS_MIN:
        raise UsageError(f"{what}: on and off are mean lengths of 1us or more")
    most = (burst.on + burst.off) / burst.on
    if not 1 < burst.factor <= most:
        raise UsageError(
            f"{what}: factor {burst.factor:g} must be above 1 and at most (on + off) / on = "
            f"{most:g}, where the bursts carry the whole mean rate"
        )
    return kind, burst


def make_arrivals(text: str, rng: np.random.Generator, rate: float) -> Arrivals:
    """Build the arrivals that ``text`` describes, at a mean of ``rate`` per second."""
    kind, burst = check_arrivals(text)
    if burst is not None:
        return Bursty(rng, rate, burst)
    return Poisson(rng, rate) if kind == "poisson" else Constant(rate)
