"""Splits the time that one operation took of the worker into kinds.

An operation's own time goes from the moment at which it could begin, the later of its due time and
the end of the one before it, to its end. What is known exactly is taken off first: what of the time
off the processor cannot lie outside it, collections, time in the database, then the time off the
processor that may lie in it. What remains off the processor was blocked, and
what remains on it is laid to what the counters saw: a re-hash of the index, page faults at their
cost, calibrated or as the time in the kernel shows it, an eviction. What is left is unexplained,
and says so. Time off the processor with no voluntary context switch was taken by the system or by
the hypervisor, whose theft no run queue shows.

The counters moved over a window that begins with the witness's last look and may be much longer
than the operation. So its own stamps decide what of that is its own: time in the database is what
the other operations of the window cannot have spent there, and nothing at all for one that needed
no load or save; page faults are shared out by the time that operations took.

A collector that runs beside the operations takes their time in other ways: it lets them wait, or
makes them help. So what would be blocked or unexplained while one of its cycles was under way is
laid to it, and so is what would be a drop: there an eviction frees nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.causes.kinds import Kind
from lab.trial.block import CONCURRENT, EVICTED, GC_FLAGS, MISS, Operation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_DEAREST_FAULT_NS = 10_000
"""A page that the hypervisor must find costs several times what was calibrated: then the time in
the kernel tells, up to this much a page. What is beyond is other work of the kernel."""
SINCE, UNTIL = 1, 2
"""Words of an evidence record: when the witness had looked before, and when it had looked then."""
_COLLECTIONS = (Kind.GC2, Kind.GC1, Kind.GC0)


@dataclass(frozen=True, eq=False)
class Served:
    """Operations of one worker in their order, all columns of shape (n,).

    Attributes
    ----------
    due, began, started, finished, ended
        CLOCK_MONOTONIC in ns; an operation's own time goes from ``began`` to ``ended``. What the
        witness takes after ``finished`` is part of the stall that it looks into.
    operations, outcomes
        As in the block.
    sent_ns
        When the lab handed the first of them over.
    """

    due: Ints
    began: Ints
    started: Ints
    finished: Ints
    ended: Ints
    operations: NDArray[np.uint8]
    outcomes: NDArray[np.uint8]
    sent_ns: int


@dataclass(frozen=True)
class Instrument:
    """What the reading of the evidence depends on.

    Attributes
    ----------
    slow_ns
        Operations of at least this length were witnessed: all of their time is accounted for.
    fault_ns
        What the first touch of a page costs in that process.
    spinning
        Whether the worker spins until an operation is due: then time off the processor is known.
    frees_at_once
        Whether an eviction frees what it drops: otherwise a slow one is not laid to that.
    """

    slow_ns: int
    fault_ns: int
    spinning: bool
    frees_at_once: bool = True


@dataclass(frozen=True, eq=False)
class Stalls:
    """Where time of a known kind was spent.

    Attributes
    ----------
    rows
        Shape (k,), ascending: positions of operations.
    parts_ns
        Shape (k, 12): time of each kind; a row's sum is at most the operation's own time.
    """

    rows: Ints
    parts_ns: Floats


class Witnessed(NamedTuple):
    """Which operations there is evidence on: positions, shape (w,), and records, shape (w, 12)."""

    rows: Ints
    records: Ints


def match(finished: Ints, evidence: Ints) -> Witnessed:
    """Find the operations that evidence speaks of, by their end; that of others is left out."""
    place = np.searchsorted(finished, evidence[:, 0])
    known = place < len(finished)
    known[known] = finished[place[known]] == evidence[known, 0]
    return Witnessed(place[known], evidence[known])


def find_stalls(
    served: Served, events: Ints, witnessed: Witnessed, instrument: Instrument
) -> Stalls:
    """Account for the time of the operations that were slow, hit by a collection, or commits.

    Parameters
    ----------
    events
        Shape (m, 6): GC records of the block file that end before the last operation does.
    witnessed
        What is known inside of some of them, see `match`.
    """
    own = served.ended - served.began
    concurrent = (events[:, GC_FLAGS] & CONCURRENT) != 0
    cycles, events = events[concurrent], events[~concurrent]
    hit = np.searchsorted(served.ended, events[:, 0], side="right")
    events, hit = events[hit < len(own)], hit[hit < len(own)]
    overlap = np.minimum(events[:, 1], served.ended[hit]) - np.maximum(
        events[:, 0], served.began[hit]
    )
    met = overlap > 0
    events, hit, overlap = events[met], hit[met], overlap[met]
    late = served.sent_ns - int(served.began[0])
    slow = np.flatnonzero(own > instrument.slow_ns)
    commits = np.flatnonzero(served.operations == Operation.COMMIT)
    first = np.zeros(1 if late > 0 else 0, np.int64)
    rows = np.unique(np.concatenate([hit, witnessed.rows, slow, commits, first]))
    parts = np.zeros((len(rows), len(Kind)))
    np.add.at(parts, (np.searchsorted(rows, hit), _generation(events)), overlap)
    beside = _beside(served.began[rows], served.ended[rows], cycles)
    if late > 0:
        parts[0, Kind.LATE] = min(late, int(own[0]))
    read_by_row = dict(_read(served, witnessed, instrument))
    nothing = _Evidence([0] * 11, _Others(0, 0, 0, 0), 0, instrument)
    for place, row in enumerate(rows.tolist()):
        seen = read_by_row.get(row, nothing)
        _account(parts[place], beside[place], served, row, seen, instrument)
    return Stalls(rows, parts)


def _generation(events: Ints) -> Ints:
    """Return the kind of each collection: `Kind.GC0` and the next two are numbered alike."""
    return np.clip(events[:, 2], Kind.GC0, Kind.GC2)


def _beside(began: Ints, ended: Ints, cycles: Ints) -> Floats:
    """Return for how much of each operation's time a cycle was under way; shape (k, 3), in ns."""
    found = np.zeros((len(began), len(_COLLECTIONS)))
    kinds = _generation(cycles)
    for kind in np.unique(kinds):
        mine = cycles[kinds == kind]
        mine = mine[np.argsort(mine[:, 0])]
        ends = np.maximum.accumulate(mine[:, 1])
        starts = np.maximum(mine[:, 0], np.concatenate([mine[:1, 0], ends[:-1]]))
        # how much of the time up to a moment lies in cycles, a line of steps and slopes
        base, moments = starts[0], np.c_[starts, ends].ravel()
        covered = np.cumsum(np.c_[np.zeros(len(mine)), ends - starts].ravel())
        until, since = (np.interp(at - base, moments - base, covered) for at in (ended, began))
        found[:, kind] = until - since
    return found


class _Left:
    """The time of an operation that nothing was found for yet."""

    def __init__(self, parts: Floats, own_ns: int) -> None:
        self._parts = parts
        self.ns = float(own_ns)

    def take(self, kind: Kind, amount_ns: float) -> None:
        taken = min(max(amount_ns, 0.0), self.ns)
        self._parts[kind] += taken
        self.ns -= taken


def _account(
    parts: Floats,
    beside: Floats,
    served: Served,
    row: int,
    evidence: _Evidence,
    instrument: Instrument,
) -> None:
    """Fill one operation's parts in, the pauses found before included.

    ``beside`` is how much of its time lay in cycles, by generation.
    """
    found = parts.copy()
    parts[:] = 0
    own_ns = int(served.ended[row] - served.began[row])
    left = _Left(parts, own_ns)
    left.take(Kind.LATE, found[Kind.LATE])
    left.take(Kind.DESCHEDULED, evidence.descheduled_ns - max(0, evidence.window_ns - own_ns))
    for generation in _COLLECTIONS:
        left.take(generation, found[generation])
    commits, outcome = served.operations[row] == Operation.COMMIT, served.outcomes[row]
    if outcome & MISS:
        left.take(Kind.LOAD, evidence.load_ns)
    if outcome & EVICTED or commits:
        left.take(Kind.COMMIT, evidence.save_ns)
    left.take(Kind.DESCHEDULED, evidence.descheduled_ns - parts[Kind.DESCHEDULED])
    # a cycle's own pauses were taken above
    cycles = _Cycles(beside, float(found[list(_COLLECTIONS)].sum()))
    blocked_ns: float = evidence.blocked_ns
    if not evidence.major_faults:
        blocked_ns -= cycles.take(left, blocked_ns)
    if commits:
        left.take(Kind.COMMIT, left.ns)
    if own_ns > instrument.slow_ns:
        left.take(Kind.FAULT if evidence.major_faults else Kind.BLOCKED, blocked_ns)
        if evidence.rehashed:
            left.take(Kind.REHASH, left.ns)
        faults_ns = evidence.faults_ns
        left.take(Kind.FAULT, left.ns if 2 * faults_ns >= left.ns else faults_ns)
        cycles.take(left, left.ns)
        if outcome & EVICTED and instrument.frees_at_once:
            left.take(Kind.DROP, left.ns)
        left.take(Kind.UNEXPLAINED, left.ns)


class _Cycles:
    """How much of an operation's time may yet be laid to collections that ran beside it."""

    def __init__(self, beside: Floats, paused_ns: float) -> None:
        self._beside = beside
        self._ns = max(0.0, float(beside.sum()) - paused_ns)

    def take(self, left: _Left, at_most_ns: float) -> float:
        """Lay so much to them, the oldest generation first; return how much it was."""
        before_ns = left.ns
        wanted_ns = min(at_most_ns, self._ns)
        for generation in _COLLECTIONS:
            amount_ns = min(wanted_ns - (before_ns - left.ns), float(self._beside[generation]))
            left.take(generation, amount_ns)
        taken_ns = before_ns - left.ns
        self._ns -= taken_ns
        return taken_ns


class _Others(NamedTuple):
    """What other operations took of the time since the witness looked, in ns.

    ``misses_ns`` of those that missed and evicted nothing, ``evictions_ns`` of those that evicted,
    ``commits_ns`` of commits; ``counted_ns`` of all since the counters of the kernel were read.
    """

    misses_ns: int
    evictions_ns: int
    commits_ns: int
    counted_ns: int


def _read(
    served: Served, witnessed: Witnessed, instrument: Instrument
) -> Iterator[tuple[int, _Evidence]]:
    """Yield each witnessed operation with its evidence."""
    service = served.finished - served.started
    counted_from = 0
    for row, record in zip(witnessed.rows.tolist(), witnessed.records.tolist(), strict=True):
        seen_from = int(np.searchsorted(served.started, record[SINCE]))
        window = slice(min(seen_from, row), row)
        took, outcomes = service[window], served.outcomes[window]
        evicted, committed = outcomes & EVICTED > 0, served.operations[window] == Operation.COMMIT
        others = _Others(
            misses_ns=int(took[(outcomes & MISS > 0) & ~evicted].sum()),
            evictions_ns=int(took[evicted].sum()),
            commits_ns=int(took[committed].sum()),
            counted_ns=int(service[counted_from:row].sum()),
        )
        yield row, _Evidence(record[1:], others, int(service[row]), instrument)
        counted_from = row + 1


class _Evidence:
    """One evidence record read, beside what other operations took of the same time."""

    def __init__(
        self, values: list[int], others: _Others, service_ns: int, instrument: Instrument
    ) -> None:
        since, until, run_delay, cpu, yielded, kernel, faults, major, epoch, load, save = values
        self.window_ns = until - since
        loads = load / (load + save) if load + save else 0.0  # of the time that an eviction takes
        self.load_ns = load - others.misses_ns - loads * others.evictions_ns
        self.save_ns = save - others.commits_ns - (1 - loads) * others.evictions_ns
        self.major_faults, self.rehashed = major, epoch > 0
        own = service_ns / (service_ns + others.counted_ns) if others.counted_ns else 1.0
        dearest_ns = min(kernel, faults * _DEAREST_FAULT_NS)
        self.faults_ns = own * max(faults * instrument.fault_ns, dearest_ns)
        # between due times a sleeping worker is off the processor too: then it cannot be told apart
        off_ns = (
            max(0, until - since - cpu - run_delay) if instrument.spinning or not yielded else 0
        )
        # without a switch of its own accord the process was preempted, or its whole machine was
        self.descheduled_ns = run_delay + (0 if yielded else off_ns)
        self.blocked_ns = max(0, off_ns - load - save) if yielded else 0
