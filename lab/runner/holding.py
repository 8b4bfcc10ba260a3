"""Measured blocks on their way to the recorder, each with the records of the worker's rings.

A pause is over before the operation that it stopped, so that its record is there when the block
comes back. A collection that runs beside the operations is recorded when it is over, and it belongs
to blocks that came back before: behind such a collector blocks are held for a while, and go on with
all that is known by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lab.runner.drain import NO_EVENTS, Stamped
from lab.runner.ring import COLLECTION_OVER, OPERATION_OVER, Ring
from lab.trial.block import BlockFile

Int64s = NDArray[np.int64]

HOLD_NS = 5_000_000_000
"""A cycle that takes longer is not laid to the operations of its beginning."""
HELD_MAX = 2_000_000
"""Operations that are held at most, 68 MB: a closed loop may serve millions a second."""


class Holding:
    """Takes blocks in as they come back and gives them out in the same order."""

    def __init__(self, files: list[BlockFile]) -> None:
        self._collections = [Ring.of_events(file) for file in files]
        self._evidence = [Ring.of_evidence(file) for file in files]
        self._known = [NO_EVENTS for _ in files]
        self._given_ns = [0] * len(files)
        self._held: deque[list[Stamped]] = deque()
        self._operations = self._latest_ns = 0
        self._concurrent = False

    @property
    def lost_evidence(self) -> int:
        """Evidence records that were overwritten before they were read."""
        return sum(ring.lost for ring in self._evidence)

    def begin(self, *, concurrent: bool) -> None:
        """Start with the measured phase: what was slow or collected before is no part of it.

        Parameters
        ----------
        concurrent
            Whether the collector runs beside the operations.
        """
        for ring in (*self._collections, *self._evidence):
            ring.skip()
        self._concurrent = concurrent

    def add(self, parts: list[Stamped]) -> None:
        """Take the blocks of one stretch of schedule, one per worker, without any records."""
        whole = [self._with_evidence(part) for part in parts]
        if self._concurrent:
            whole = [_own(part) for part in whole]  # the ring of blocks is filled anew
        self._held.append(whole)
        self._operations += sum(len(part.due) for part in whole)
        self._latest_ns = max(self._latest_ns, *(int(part.finished[-1]) for part in whole))

    def ready(self, *, everything: bool = False) -> Iterator[list[Stamped]]:
        """Yield, each once, the blocks that have been held for long enough, or all."""
        while self._held and (everything or self._may_go(self._held[0])):
            parts = self._held.popleft()
            self._operations -= sum(len(part.due) for part in parts)
            yield [replace(part, events=self._events(part)) for part in parts]

    def _may_go(self, parts: list[Stamped]) -> bool:
        if not self._concurrent or self._operations > HELD_MAX:
            return True
        return all(self._latest_ns - int(part.finished[-1]) >= HOLD_NS for part in parts)

    def _with_evidence(self, part: Stamped) -> Stamped:
        ring = self._evidence[part.worker]
        return replace(part, evidence=ring.until(OPERATION_OVER, int(part.finished[-1])))

    def _events(self, part: Stamped) -> Int64s:
        """Return what the collector did while a block was served, or since the one before."""
        ring, worker, last_ns = self._collections[part.worker], part.worker, int(part.finished[-1])
        if not self._concurrent:
            return ring.until(COLLECTION_OVER, last_ns)
        known = np.concatenate([self._known[worker], ring.read()])
        # one that reaches into this block may reach into the next one too
        self._known[worker] = known[known[:, COLLECTION_OVER] > self._given_ns[worker]]
        self._given_ns[worker] = last_ns
        return self._known[worker][self._known[worker][:, 0] <= last_ns]


def _own(part: Stamped) -> Stamped:
    """Return a block whose columns nobody else writes to."""
    return replace(
        part,
        started=part.started.copy(),
        finished=part.finished.copy(),
        outcomes=part.outcomes.copy(),
    )
