"""When CPython collects its whole heap, by its own rules, so that a measured period can be judged.

The rules count objects; how many a second of load makes is worked out from the workload
(`from_workload`) where it is known what an update allocates, and otherwise taken from the
collections that were seen (`as_seen`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONG_LIVED_SHARE = 4
"""CPython collects all only when what is pending comes to a quarter of what it saw last time."""
TUPLES_KEPT = 2_000
"""Freed tuples of one length that CPython keeps (PyTuple_MAXFREELIST, Objects/tupleobject.c): those
taken from there are not counted as allocated."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """How a load drives the young generations.

    Attributes
    ----------
    collections_per_s : float
        Automatic collections of every generation: each one begins when generation 0 is full.
    survivors : float
        Objects per collection that the collections of generation 1 leave alive.
    """

    collections_per_s: float
    survivors: float


@dataclass(frozen=True)
class Updates:
    """The updates of a write-behind cache whose records wait in batches (``pending=record``).

    Attributes
    ----------
    per_s : float
        Updates a second.
    misses : float
        Loads per update: each adds an entry and evicts an old one.
    batch : int
        Updates of a batch: it is sealed after so many, handed out while the next so many are
        served, and then dropped whole.
    shares : array of float, shape (n,)
        Each key's share of the requests.
    entry_objects : int
        Objects of the collector's that an update allocates for the new entry; 0 in place.
    entry_tracked : bool
        Whether the collector tracks an entry.
    """

    per_s: float
    misses: float
    batch: int
    shares: Floats
    entry_objects: int
    entry_tracked: bool


def as_seen(
    collections: int, collected: int, threshold0: int, measured_s: float, *, lasting: float = 1.0
) -> Pace:
    """Return the pace of a trial from its own collections.

    Of what makes generation 0 full, all that the young collections did not free survives them, and
    more where new objects displace old ones, which this cannot see: a period that the quarter
    decides is the longest that the rules allow.

    Parameters
    ----------
    collections, collected : int
        Automatic collections of every generation, and the objects that the young ones freed.
    threshold0 : int
        Of generation 0.
    measured_s : float
        Above zero.
    lasting : float
        Objects that survive per net allocation.
    """
    freed = collected / collections if collections else 0.0
    return Pace(collections / measured_s, (threshold0 + 1) * lasting - freed)


def from_workload(updates: Updates, thresholds: Sequence[int]) -> Pace | None:
    """Work the pace out from what the updates allocate and free, without any measurement.

    An update allocates a record (a tuple of key and entry) and perhaps an entry. It frees the
    entry that it replaces unless a pending record holds that one, which is so if its key was
    updated within the last ``batch + i`` updates, i of them since the last seal. With d(n) the keys
    that n draws are expected to meet, a batch frees d(2 batch) - d(batch) of them. The first
    `TUPLES_KEPT` records of a batch come from the free list that the batch dropped last filled, and
    dropping it takes generation 0's count to zero, half of its threshold on average.

    What survives a collection of generation 1 is all that was made since the last, records and
    entries, unless its batch is gone by then: of what is made, the first goes ``batch`` and the
    last ``2 batch`` updates later.

    Returns
    -------
    Pace or None
        None where the updates never fill generation 0.

    References
    ----------
    CPython 3.11: ``_PyObject_GC_Link`` and ``PyObject_GC_Del`` in Modules/gcmodule.c (the count,
    which stops at zero), ``maybe_freelist_pop`` in Objects/tupleobject.c. Expected distinct draws:
    the sum over keys of 1 - (1 - share) ** n.
    """
    threshold0, threshold1, _ = thresholds
    batch = updates.batch
    once, twice = _distinct(updates.shares, batch), _distinct(updates.shares, 2 * batch)
    freed = updates.entry_objects * (twice - once)
    made = batch * (1 + updates.entry_objects)
    net = (made - freed - min(TUPLES_KEPT, batch) - (threshold0 + 1) / 2) / batch
    if net <= 0 or not threshold0:
        return None
    between = (threshold0 + 1) / net
    gone = _gone((threshold1 + 2) * between, batch)
    entries = bool(updates.entry_objects and updates.entry_tracked)
    lasting = (1 - gone) + entries * (1 - gone * (1 - once / batch))
    return Pace(
        collections_per_s=updates.per_s / between,
        survivors=between * (lasting + updates.misses * updates.entry_tracked),
    )


def _distinct(shares: Floats, draws: int) -> float:
    """Return how many different keys so many independent draws are expected to meet."""
    return float(-np.expm1(draws * np.log1p(-np.minimum(shares, 1 - 1e-12))).sum())


def _gone(window: float, batch: int) -> float:
    """Return the share of a window's records whose batch is dropped before the window's end.

    Their ages at its end are uniform from 0 to ``window``, those at which they go from ``batch`` to
    ``2 batch``.
    """
    if window <= batch:
        return 0.0
    if window <= 2 * batch:
        return (window - batch) ** 2 / (2 * batch * window)
    return 1 - 1.5 * batch / window


def predicted_period_s(
    long_lived_total: int, pace: Pace | None, thresholds: Sequence[int]
) -> float | None:
    """Predict the time between full collections from the rules of CPython's generational GC.

    Generation 0 is collected when allocations less frees of tracked objects exceed threshold0;
    each time after threshold1 + 1 such collections generation 1 is collected instead, and what
    survives that is pending. All is collected when more than threshold2 collections of generation
    1 have gone by AND pending is at least a quarter of the objects that the last full one left
    (Modules/gcmodule.c, `gc_collect_generations`). With n collections a second

        cycle    = threshold1 + 2 collections, the last of them of generation 1
        pending  = cycle * survivors of a collection, per cycle
        cycles   = max(threshold2 + 1, ceil(long_lived_total / 4 / pending))
        period   = (cycles * cycle + 1) / n

    so that with 700, 10, 10 a full one never comes before the 133rd collection: after 93,233 net
    allocations, however small the heap.

    Parameters
    ----------
    long_lived_total : int
        Objects that the collector walks and that outlive a full collection: entries, times the
        tracked objects of each; frozen ones do not count.
    pace : Pace or None
        What the load does to the young generations.
    thresholds : sequence of int, shape (3,)
        ``gc.state.thresholds`` of ``trial.json``.

    Returns
    -------
    float or None
        Seconds; None where none will come: no automatic collections, a threshold0 of 0, or
        nothing that survives.
    """
    threshold0, threshold1, threshold2 = thresholds
    if pace is None or not pace.collections_per_s or not threshold0 or pace.survivors <= 0:
        return None
    cycle = threshold1 + 2
    quarter = math.ceil(long_lived_total / LONG_LIVED_SHARE / (cycle * pace.survivors))
    cycles = max(threshold2 + 1, quarter)
    return (cycles * cycle + 1) / pace.collections_per_s
