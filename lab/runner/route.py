"""Splits a stream over several workers: a key belongs to one, and each commits its own updates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.trial.block import Operation
from lab.workload.read_states import Columns, CommitPlan, OperationWriter

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def worker_of(keys: NDArray[np.int64], workers: int) -> NDArray[np.int64]:
    """Return which worker each key belongs to: a hash, so that neighbours are spread."""
    mixed = (keys.view(np.uint64) * _MULTIPLIER) >> np.uint64(32)
    return (mixed % np.uint64(workers)).astype(np.int64)


class Router:
    """Routes the requests of a block by key; one worker gets it as it is."""

    def __init__(self, workers: int, commit: CommitPlan) -> None:
        self._workers = workers
        self._writers = [OperationWriter(commit) for _ in range(workers)]

    def split(self, columns: Columns) -> list[Columns]:
        """Return a worker's part each, commits at their places in its own stream of updates."""
        if self._workers == 1:
            return [columns]
        request = columns.operations != Operation.COMMIT
        due, keys = columns.due[request], columns.keys[request]
        operations = columns.operations[request]
        owner = worker_of(keys, self._workers)
        return [
            writer.write(due[mine], keys[mine], operations[mine])
            for writer, mine in (
                (writer, owner == number) for number, writer in enumerate(self._writers)
            )
        ]
