"""Spikes: stalls that come again, how often, and how long each one is felt.

What CPython's rules say of their period: `lab.analysis.period`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.analysis.deadlines import above
from lab.histogram import Hlog

NORMAL_FACTOR = 2.0
"""Response times are normal again at this many times the p99 of the intervals without a spike."""

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class Spike:
    """One stall and what it did to the requests.

    Attributes
    ----------
    start_s, duration_s : float
        When it began, after the start of the measured phase, and how long the process stood.
    recovery_s : float or None
        From its start to the first whole interval whose p99 is normal again, so at most one
        interval too long; None where the trial ended before that.
    spoiled : int
        Requests above the normal limit from the stall's interval to recovery, or to the next
        stall if that comes first: no request counts twice.
    """

    start_s: float
    duration_s: float
    recovery_s: float | None
    spoiled: int


@dataclass(frozen=True)
class Spikes:
    """The stalls of a trial.

    Attributes
    ----------
    period_s : float or None
        The median gap between starts; None with fewer than two.
    shortest_s, longest_s : float or None
        The spread of the gaps: their minimum and maximum.
    limit_ns : float or None
        The p99 up to which an interval is normal; None without a stall, and where no interval
        lies outside one.
    each : tuple of Spike
        In the order of their starts.
    """

    period_s: float | None
    shortest_s: float | None
    longest_s: float | None
    limit_ns: float | None
    each: tuple[Spike, ...]

    @property
    def count(self) -> int:
        """How many stalls."""
        return len(self.each)

    @property
    def recovery_s(self) -> float | None:
        """The median recovery; None if there is no stall, or one is not recovered from."""
        known = [spike.recovery_s for spike in self.each if spike.recovery_s is not None]
        return statistics.median(known) if known and len(known) == self.count else None

    @property
    def spoiled(self) -> float | None:
        """The median number of requests spoiled per stall; None if there is no stall."""
        return statistics.median(spike.spoiled for spike in self.each) if self.each else None


def spikes(
    starts_ns: ArrayLike, durations_ns: ArrayLike, log: Hlog, *, noise_floor_ns: float = 0.0
) -> Spikes:
    """Describe stalls by what they did to response times.

    An interval is normal if its p99 is at most twice the median p99 of the intervals without a
    spike, or at most the noise floor. Without a spike are those that begin no sooner than a stall
    has been over for as long as it took: the queue behind it is served by then at half load.
    Here p99 is taken of however few requests there are: it decides, and is not shown.

    Parameters
    ----------
    starts_ns, durations_ns : array of int, shape (n,)
        Stalls in any order, from the start of the measured phase: full collections of ``gc.csv``
        (`lab.analysis.whole_heap`), or any other list.
    log : Hlog
        The trial's response times per interval of intended start.
    noise_floor_ns : float
        What this machine does to response times without any strategy.
    """
    starts, durations = _sorted(starts_ns, durations_ns)
    # one at a time: a histogram takes 270 kB, and an hour has 36,000 intervals
    p99s = (row.histogram().percentile(99.0) for row in log.rows if len(starts))
    # whole nanoseconds: in seconds, intervals and stalls that touch would seem to miss each other
    begin_ns = _whole_ns([row.start_s for row in log.rows])
    intervals = _Intervals(
        log,
        begin_ns=begin_ns,
        end_ns=begin_ns + _whole_ns([row.length_s for row in log.rows]),
        p99_ns=np.fromiter(p99s, np.float64),
    )
    limit_ns = _limit(starts, durations, intervals, noise_floor_ns) if len(starts) else None
    gaps = np.diff(starts) / 1e9
    return Spikes(
        period_s=float(np.median(gaps)) if len(gaps) else None,
        shortest_s=float(gaps.min()) if len(gaps) else None,
        longest_s=float(gaps.max()) if len(gaps) else None,
        limit_ns=limit_ns,
        each=_each(starts, durations, intervals, limit_ns),
    )


def _sorted(starts_ns: ArrayLike, durations_ns: ArrayLike) -> tuple[Int64s, Int64s]:
    starts = np.asarray(starts_ns, dtype=np.int64)
    durations = np.asarray(durations_ns, dtype=np.int64)
    order = np.argsort(starts, kind="stable")
    return starts[order], durations[order]


def _whole_ns(seconds: Sequence[float]) -> Int64s:
    return np.rint(np.array(seconds) * 1e9).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Intervals:
    """The rows of a log, and what is asked of all of them; arrays of one length."""

    log: Hlog
    begin_ns: Int64s
    end_ns: Int64s
    p99_ns: Floats


def _limit(
    starts: Int64s, durations: Int64s, intervals: _Intervals, noise_floor_ns: float
) -> float | None:
    clear = np.ones(len(intervals.p99_ns), np.bool_)
    for start, duration in zip(starts, durations, strict=True):
        clear &= (intervals.end_ns <= start) | (intervals.begin_ns >= start + 2 * duration)
    if not clear.any():
        return None
    return max(NORMAL_FACTOR * float(np.median(intervals.p99_ns[clear])), noise_floor_ns)


def _each(
    starts: Int64s, durations: Int64s, intervals: _Intervals, limit_ns: float | None
) -> tuple[Spike, ...]:
    stalls = list(zip(starts.tolist(), durations.tolist(), strict=True))
    if limit_ns is None:
        return tuple(Spike(start / 1e9, length / 1e9, None, 0) for start, length in stalls)
    found = []
    firsts = np.searchsorted(intervals.end_ns, starts, side="right")
    for number, (start, duration) in enumerate(stalls):
        recovered, spoiled = None, 0
        # from there on requests are the next stall's; two of one interval leave them to the later
        following = firsts[number + 1] if number + 1 < len(starts) else len(intervals.p99_ns)
        for index in range(int(firsts[number]), len(intervals.p99_ns)):
            if intervals.begin_ns[index] >= start and intervals.p99_ns[index] <= limit_ns:
                recovered = (int(intervals.begin_ns[index]) - start) / 1e9
                break
            if index < following:
                spoiled += above(intervals.log.rows[index].histogram(), limit_ns)
        found.append(Spike(start / 1e9, duration / 1e9, recovered, spoiled))
    return tuple(found)
