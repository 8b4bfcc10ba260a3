"""What a request that had to wait was waiting for.

A stall leaves a backlog, and requests that arrive after its end still wait because of it. So the
question is not which stall a request's own waiting time overlaps, but how long it would have waited
without the stalls. That is the Lindley recursion over the same arrivals with the stalls' time taken
out (Lindley, 1952); what is left of the measured waiting time is excess, and belongs to the stalls
that made it, in the proportions in which they did. Excess shrinks as the worker catches up and is
handed on to whoever arrives meanwhile; a new stall adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.causes.kinds import Kind
from lab.causes.stalls import Served, Stalls

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Excess:
    """Waiting that the stalls before an operation caused.

    Attributes
    ----------
    waited_ns
        Shape (n,): how much longer each operation waited than it would have without stalls.
    shares
        Shape (k + 1, 12): kinds of that time, behind none, one, ... all k stalls.
    segment
        Shape (n,): which row of ``shares`` is an operation's.
    """

    waited_ns: Ints
    shares: Floats
    segment: Ints


class Backlog:
    """Carries the queue of one worker from block to block."""

    def __init__(self) -> None:
        self._last_due_ns = 0
        self._work_ns = 0
        self._share = np.zeros(len(Kind))

    def behind(self, served: Served, stalls: Stalls) -> Excess:
        """Return the excess of a block's operations; blocks come in order, none left out."""
        normal = served.ended - served.began
        normal[stalls.rows] -= stalls.parts_ns.sum(axis=1).astype(np.int64)
        gaps = np.diff(served.due, prepend=self._last_due_ns)
        steps = np.concatenate([[self._work_ns], normal[:-1]]) - gaps
        sums = np.cumsum(steps)
        without = sums - np.minimum(np.minimum.accumulate(sums), 0)
        excess = np.maximum(served.began - served.due - without, 0)
        shares = np.empty((len(stalls.rows) + 1, len(Kind)))
        shares[0] = share = self._share
        for place, waited in enumerate(excess[stalls.rows].tolist()):
            made = waited * share + stalls.parts_ns[place]
            whole = made.sum()
            if whole > 0:
                share = made / whole
            shares[place + 1] = share
        self._share = share
        self._work_ns = int(without[-1] + normal[-1])
        self._last_due_ns = int(served.due[-1])
        segment = np.searchsorted(stalls.rows, np.arange(len(normal)))
        return Excess(excess, shares, segment)
