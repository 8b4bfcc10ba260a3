"""The operations of the Read States service, as columns ready for a block.

Commits are operations of the stream: after every ``every`` updates what is pending is sealed, and
after every ``step`` updates up to ``step`` sealed states are handed to the store. They stand at the
same places for every strategy and language, and are no requests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.trial.block import Operation

SNOWFLAKE = 1 << 60
"""Message ids of today are about this large; it decides how many digits a Python int has."""


@dataclass(frozen=True)
class Columns:
    """The records of one block; ``due`` in ns since the phase began, or all 0 in a closed loop."""

    due: NDArray[np.int64]
    keys: NDArray[np.int64]
    arguments: NDArray[np.uint64]
    operations: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Mix:
    """Weights of the three requests."""

    read: float = 10
    ack: float = 50
    mention: float = 40

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
        """Return ``count`` operations."""
        bounds = np.cumsum([self.read, self.ack, self.mention])
        return np.searchsorted(bounds / bounds[-1], rng.random(count), side="right").astype(
            np.uint8
        )


@dataclass(frozen=True)
class CommitPlan:
    """When updates are committed."""

    every: int = 10_000
    step: int = 250

    def requests_per_block(self, block_size: int) -> int:
        """Return how many requests fit in a block beside the commits that they may bring."""
        return max(1, int((block_size - 4) / (1 + 1 / self.step + 1 / self.every)))


class OperationWriter:
    """Turns keys and operations into columns: message ids, and commits at their places.

    One writer sees the whole trial, so that the places of commits do not depend on phases.
    """

    def __init__(self, commit: CommitPlan) -> None:
        self._commit = commit
        self._requests = 0
        self._updates = 0

    def write(
        self,
        due: NDArray[np.int64],
        keys: NDArray[np.int64],
        operations: NDArray[np.uint8],
    ) -> Columns:
        """Return the block's columns for these requests, in order."""
        count = len(keys)
        ids = np.uint64(SNOWFLAKE + self._requests) + np.arange(count, dtype=np.uint64)
        arguments = np.where(operations == Operation.ACK, ids, np.uint64(0))
        self._requests += count
        is_update = operations != Operation.READ
        updates = self._updates + np.cumsum(is_update)
        self._updates = int(updates[-1]) if count else self._updates
        takes = np.flatnonzero(is_update & (updates % self._commit.step == 0)) + 1
        seals = np.flatnonzero(is_update & (updates % self._commit.every == 0)) + 1
        if not len(takes) and not len(seals):
            return Columns(due, keys, arguments, operations)
        places = np.concatenate([takes, seals])  # np.insert keeps this order: take, then seal
        values = np.repeat(
            np.array([self._commit.step, 0], dtype=np.uint64), [len(takes), len(seals)]
        )
        return Columns(
            np.insert(due, places, due[places - 1]),
            np.insert(keys, places, 0),
            np.insert(arguments, places, values),
            np.insert(operations, places, np.uint8(Operation.COMMIT)),
        )
