"""Spikes: stalls that come again, how often, and how long each one is felt.

The period of CPython's full collections can be worked out from its rules, so that a measured one
can be compared with what explains it.
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
LONG_LIVED_SHARE = 4
"""CPython collects all only when what is pending comes to a quarter of what it saw last time."""

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
        (`full_collections`), or any other list.
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


@dataclass(frozen=True)
class Rates:
    """What a trial's collections say of its allocations, per second of the measured phase.

    Attributes
    ----------
    collections_per_s : float
        Automatic collections of every generation: each one begins when generation 0 is full.
    collected_per_s : float
        Objects that they freed.
    """

    collections_per_s: float
    collected_per_s: float


def collection_rates(
    generations: ArrayLike, collected: ArrayLike, explicit: ArrayLike, measured_s: float
) -> Rates:
    """Return the rates of automatic collections and of what the young ones freed.

    Parameters
    ----------
    generations, collected, explicit : array of int, shape (n,)
        Columns of ``gc.csv``.
    measured_s : float
        As in ``trial.json``, above zero.
    """
    automatic = np.asarray(explicit) == 0
    young = automatic & (np.asarray(generations) < 2)
    freed = np.asarray(collected)[young].sum()
    return Rates(float(automatic.sum()) / measured_s, float(freed) / measured_s)


def predicted_period_s(
    long_lived_total: int,
    rates: Rates,
    thresholds: Sequence[int],
    *,
    survivors_per_net: float = 1.0,
) -> float | None:
    """Predict the time between full collections from the rules of CPython's generational GC.

    Generation 0 is collected when allocations less frees of tracked objects exceed threshold0;
    each time after threshold1 + 1 such collections generation 1 is collected instead, and what
    survives that is pending. All is collected when more than threshold2 collections of generation
    1 have gone by AND pending is at least a quarter of the objects that the last full one left
    (Modules/gcmodule.c, `gc_collect_generations`). With n collections of generation 0 a second

        cycle    = threshold1 + 2 collections, the last of them of generation 1
        pending  = cycle * (threshold0 + 1 - collected per collection), per cycle
        cycles   = max(threshold2 + 1, ceil(long_lived_total / 4 / pending))
        period   = (cycles * cycle + 1) / n

    so that with 700, 10, 10 a full one never comes before the 133rd collection: after 93,233 net
    allocations, however small the heap. From about 370,000 objects on the quarter decides.

    Parameters
    ----------
    long_lived_total : int
        Objects that the collector walks and that outlive a full collection: entries, times the
        tracked objects of each; frozen ones do not count.
    rates : Rates
        What was measured, collections' own time included.
    thresholds : sequence of int, shape (3,)
        ``gc.state.thresholds`` of ``trial.json``.
    survivors_per_net : float
        Objects that survive per net allocation. Above 1 where new ones displace old ones: an
        update that allocates an entry and a record and frees the entry that it replaces leaves 2.
        With 1 the period is the longest that the rules allow.

    Returns
    -------
    float or None
        Seconds; None where none will come: no automatic collections, a threshold0 of 0, or
        nothing that survives.
    """
    threshold0, threshold1, threshold2 = thresholds
    if not rates.collections_per_s or not threshold0:
        return None
    cycle = threshold1 + 2
    freed = rates.collected_per_s / rates.collections_per_s
    pending = cycle * ((threshold0 + 1) * survivors_per_net - freed)
    if pending <= 0:
        return None
    quarter = int(np.ceil(long_lived_total / LONG_LIVED_SHARE / pending))
    cycles = max(threshold2 + 1, quarter)
    return (cycles * cycle + 1) / rates.collections_per_s
