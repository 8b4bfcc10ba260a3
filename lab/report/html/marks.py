"""The pauses that the page shows, each with the requests that it delayed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.analysis.victims import SlowRequests, slow_requests
from lab.causes.kinds import CAUSES as STORED_CAUSES
from lab.collectors import collector_of, whole_heap_generation
from lab.store import StoredTrial

PAUSES = 300
"""Pauses of a trial in the page: the longest."""
NAMED_PAUSES = 60
"""Of these, the longest of those that delayed something list some of the requests."""
NAMED_REQUESTS = 20


@dataclass(frozen=True, eq=False)
class Marks:
    """The pauses of a trial that the page shows, by their starts.

    Attributes
    ----------
    start_ns, length_ns, generation : array of int, shape (m,)
    full : array of bool, shape (m,)
        Whether it walked the whole heap, where the collector tells.
    delayed : list of (int, int, bool) or None
        Stored slow requests that it delayed, the longest response in ns, and whether these are
        all; None where slow requests were not stored.
    named : mapping of int to list
        Of some pauses, by their place here, some requests: due (us), response (ns), cause and
        operation.
    left_out : int
        Shorter pauses that are not shown.
    cycle_start_ns, cycle_ns : array of int, shape (c,)
        Collections that ran beside the requests.
    """

    start_ns: NDArray[np.int64]
    length_ns: NDArray[np.int64]
    generation: NDArray[np.int64]
    full: NDArray[np.bool_]
    delayed: list[tuple[int, int, bool]] | None
    named: dict[int, list[list[int]]]
    left_out: int
    cycle_start_ns: NDArray[np.int64]
    cycle_ns: NDArray[np.int64]


def trial_marks(trial: StoredTrial) -> Marks:
    """Return the pauses of a trial that the page shows, and what they delayed."""
    table, cycles = trial.pauses(), _cycles(trial)
    if not len(table):
        none = np.empty(0, np.int64)
        return Marks(none, none, none, none.astype(bool), [], {}, 0, *cycles)
    start, length = table["start_ns"].to_numpy(np.int64), table["duration_ns"].to_numpy(np.int64)
    generation = table["generation"].to_numpy(np.int64)
    worker = table["worker"].to_numpy(np.int64) if "worker" in table else np.zeros_like(start)
    longest = np.argsort(-length, kind="stable")[:PAUSES]
    kept = longest[np.argsort(start[longest], kind="stable")]
    slow = slow_requests(trial)
    delayed, named = _victims(trial, slow, start[kept], length[kept], worker[kept])
    return Marks(
        start_ns=start[kept],
        length_ns=length[kept],
        generation=generation[kept],
        full=generation[kept] == whole_heap_generation(collector_of(trial.result)),
        delayed=delayed,
        named=named,
        left_out=len(start) - len(kept),
        cycle_start_ns=cycles[0],
        cycle_ns=cycles[1],
    )


def _cycles(trial: StoredTrial) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return start and length of the longest collections beside the requests, by their starts."""
    table = trial.cycles()
    if not len(table):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    kept = table.nlargest(PAUSES, "duration_ns").sort_values("start_ns")
    return kept["start_ns"].to_numpy(np.int64), kept["duration_ns"].to_numpy(np.int64)


def _victims(
    trial: StoredTrial,
    slow: SlowRequests | None,
    start_ns: NDArray[np.int64],
    length_ns: NDArray[np.int64],
    worker: NDArray[np.int64],
) -> tuple[list[tuple[int, int, bool]] | None, dict[int, list[list[int]]]]:
    """Match the pauses with the requests, and take a few of the requests for the longest ones."""
    if slow is None:
        return None, {}
    table = trial.table("slow")
    response_ns = table["response_ns"].to_numpy(np.int64)
    told = np.column_stack(
        [
            table["intended_start_ns"].to_numpy(np.int64) // 1_000,
            response_ns,
            table["cause"].astype("category").cat.set_categories(STORED_CAUSES).cat.codes,
            table["operation"].to_numpy(np.int64),
        ]
    )
    each = [
        slow.delayed_by(*one)
        for one in zip(start_ns.tolist(), length_ns.tolist(), worker.tolist(), strict=True)
    ]
    delayed = [
        (one.count, int(response_ns[one.rows[0]]) if one.count else 0, one.complete) for one in each
    ]
    worth = [number for number in np.argsort(-length_ns, kind="stable") if each[number].count]
    named = {
        int(number): told[each[number].rows[_spread(each[number].count)]].tolist()
        for number in worth[:NAMED_PAUSES]
    }
    return delayed, named


def _spread(count: int) -> NDArray[np.int64]:
    """Return places among ``count`` sorted ones, evenly from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(count, NAMED_REQUESTS)).round().astype(np.int64))
