"""The requests that a pause delayed: those that were due and not finished while it lasted.

The process stands during a pause. A request that fell due before the pause was over and that was
not finished when it began cannot have been served meanwhile, so that it was delayed, whatever its
cause is said to be. Only slow requests are stored, so that only they can be named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.runner.route import worker_of
from lab.store import StoredTrial

Int64s = NDArray[np.int64]
EVERY = np.iinfo(np.int64).max
"""All of the slow requests are stored, however late they were due."""


@dataclass(frozen=True, eq=False)
class Delayed:
    """What a pause did to the stored slow requests.

    Attributes
    ----------
    rows : array of int, shape (k,)
        Their places in the list of slow requests, the slowest first.
    complete : bool
        Whether every slow request that it delayed is stored; otherwise there were at least these.
    """

    rows: Int64s
    complete: bool

    @property
    def count(self) -> int:
        """How many of the stored slow requests it delayed."""
        return len(self.rows)


class SlowRequests:
    """The stored slow requests of a trial, to be asked which of them a pause delayed.

    Parameters
    ----------
    due_ns, response_ns : array of int, shape (n,)
        When each was due, from the start of the measured phase, and how long it took from then:
        ``intended_start_ns`` and ``response_ns`` of ``slow.csv``, in any order.
    workers : array of int, shape (n,), optional
        Which worker served each; without it all are worker 0's.
    known_until_ns : int
        All slow requests that were due before are stored; of later ones there is a sample.
    """

    def __init__(
        self,
        due_ns: ArrayLike,
        response_ns: ArrayLike,
        workers: ArrayLike | None = None,
        *,
        known_until_ns: int = EVERY,
    ) -> None:
        due = np.asarray(due_ns, dtype=np.int64)
        self._response_ns = np.asarray(response_ns, dtype=np.int64)
        self._known_until_ns = known_until_ns
        owner = np.zeros(len(due), np.int64) if workers is None else np.asarray(workers)
        order = np.argsort(due, kind="stable")
        self._of_worker = {
            int(worker): _Queue.of(order[owner[order] == worker], due, self._response_ns)
            for worker in np.unique(owner)
        }

    def delayed_by(self, start_ns: int, duration_ns: int, worker: int = 0) -> Delayed:
        """Return the requests that were due before a pause ended and finished after it began."""
        end_ns = start_ns + duration_ns
        queue = self._of_worker.get(worker)
        rows = np.empty(0, np.int64) if queue is None else queue.under_way(start_ns, end_ns)
        slowest_first = np.argsort(-self._response_ns[rows], kind="stable")
        return Delayed(rows[slowest_first], end_ns <= self._known_until_ns)


@dataclass(frozen=True, eq=False)
class _Queue:
    """One worker's slow requests by the time at which they were due."""

    rows: Int64s
    due_ns: Int64s
    finished_ns: Int64s
    reach_ns: Int64s  # the latest end so far: ascending, so that it can be searched

    @classmethod
    def of(cls, rows: Int64s, due_ns: Int64s, response_ns: Int64s) -> _Queue:
        finished = due_ns[rows] + response_ns[rows]
        return cls(rows, due_ns[rows], finished, np.maximum.accumulate(finished))

    def under_way(self, start_ns: int, end_ns: int) -> Int64s:
        first = int(np.searchsorted(self.reach_ns, start_ns, side="right"))
        beyond = int(np.searchsorted(self.due_ns, end_ns, side="left"))
        return self.rows[first:beyond][self.finished_ns[first:beyond] > start_ns]


def slow_requests(trial: StoredTrial) -> SlowRequests | None:
    """Read a trial's slow requests, each with the worker that its key belongs to.

    Returns
    -------
    SlowRequests or None
        In the order of ``slow.csv``; None where the run does not hold that file.
    """
    table = trial.table("slow")
    if "response_ns" not in table:
        return None
    due_ns = table["intended_start_ns"].to_numpy(np.int64)
    workers = int(trial.result.get("workers", 1))
    keys = table["key"].to_numpy(np.int64)
    known_until_ns = EVERY
    if len(table) < int(trial.result.get("slow_requests", len(table))):
        # written in the order in which they were due: behind the last whole one there are gaps
        whole = table["sampled"].to_numpy() == 0 if "sampled" in table else np.ones(len(table), "?")
        known_until_ns = int(due_ns[whole].max(initial=0))
    return SlowRequests(
        due_ns,
        table["response_ns"].to_numpy(np.int64),
        worker_of(keys, workers) if workers > 1 else None,
        known_until_ns=known_until_ns,
    )
