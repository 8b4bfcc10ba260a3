"""The cause of each operation of a block, and the sums that the shares are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.causes.backlog import Backlog
from lab.causes.kinds import CAUSE_OF, GROUPS, Cause, Kind
from lab.causes.stalls import UNTIL, Instrument, Served, find_stalls, match
from lab.trial.block import Operation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The causes of one block's operations, commits among them; columns of shape (n,).

    Attributes
    ----------
    cause
        `Cause`: that which made at least half of the response time; else unexplained.
    kind
        `Kind`: the largest part within that cause.
    queued
        Whether most of it was waiting behind another operation.
    waiting_ns
        Shape (8,): waiting time of all requests together, by cause.
    """

    cause: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    queued: NDArray[np.bool_]
    waiting_ns: Floats


class Diagnostician:
    """Diagnoses one worker's blocks in order.

    Parameters
    ----------
    closed_loop
        Then there is no intended start: an operation's time is its service time, nobody waits.
    """

    def __init__(self, instrument: Instrument, *, closed_loop: bool) -> None:
        self._instrument, self._closed = instrument, closed_loop
        self._backlog = Backlog()
        self._ended_ns = 0

    def diagnose(
        self,
        due: Ints,
        started: Ints,
        finished: Ints,
        operations: NDArray[np.uint8],
        outcomes: NDArray[np.uint8],
        sent_ns: int,
        events: Ints,
        evidence: Ints,
    ) -> Diagnosis:
        """Tell the causes of one block; columns as in the block, records as in its rings."""
        ended, witnessed = finished.copy(), match(finished, evidence)
        if self._closed:
            began, sent_ns = started, 0
        else:
            ended[witnessed.rows] = witnessed.records[:, UNTIL]
            before = np.concatenate([[self._ended_ns], ended[:-1]])
            began = np.minimum(np.maximum(due, before), started)
            self._ended_ns = int(ended[-1])
        served = Served(due, began, started, finished, ended, operations, outcomes, sent_ns)
        stalls = find_stalls(served, events, witnessed, self._instrument)
        total = finished - started if self._closed else finished - due
        count = len(due)
        cause = np.full(count, Cause.UNEXPLAINED, np.uint8)
        kind = np.full(count, Kind.UNEXPLAINED, np.uint8)
        queued = np.zeros(count, np.bool_)
        if self._closed:
            touched, inherited = stalls.rows, np.zeros((len(stalls.rows), len(Kind)))
        else:
            excess = self._backlog.behind(served, stalls)
            waits = excess.waited_ns > 0
            waits[stalls.rows] = True
            touched = np.flatnonzero(waits)
            inherited = excess.waited_ns[touched, None] * excess.shares[excess.segment[touched]]
        if not len(touched):
            return Diagnosis(cause, kind, queued, np.zeros(len(Cause)))
        amounts = inherited.copy()
        stalled = np.searchsorted(touched, stalls.rows)
        amounts[stalled] += stalls.parts_ns
        by_cause = amounts @ GROUPS
        largest = by_cause.argmax(axis=1)
        places = np.arange(len(touched))
        explained = 2 * by_cause[places, largest] >= total[touched]
        cause[touched] = np.where(explained, largest, Cause.UNEXPLAINED)
        within = np.where(cause[touched, None] == CAUSE_OF, amounts, -1.0)
        kind[touched] = within.argmax(axis=1)
        behind = (inherited @ GROUPS)[places, largest]
        queued[touched] = explained & (2 * behind > by_cause[places, largest])
        waiting = inherited
        own = np.maximum(ended - began, 1)[stalls.rows]
        before_start = (started - began)[stalls.rows] / own
        waiting[stalled] += stalls.parts_ns * before_start[:, None]
        is_request = operations[touched] != Operation.COMMIT
        return Diagnosis(cause, kind, queued, (waiting[is_request] @ GROUPS).sum(axis=0))
