"""Holds a trial's answers against the reference model, and sums them up in a checksum."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from lab.runner.model import ReferenceModel
from lab.trial.block import Operation, Phase
from lab.workload.read_states import Columns

_ANSWER = np.dtype([("outcome", "u1"), ("seen", "<u8")])
_ITEM = np.dtype([("key", "<i8"), ("message_id", "<u8"), ("mentions", "<u8")])


class Checksum:
    """BLAKE2b of 8 bytes over every measured answer in order, then over the dumped cache.

    An answer is 9 bytes: the outcome, and the message id that a read saw (0 for the others). An
    item is 24: key, message id, mentions. Little-endian. It does not depend on how the stream was
    cut into blocks.
    """

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=8)

    def answers(
        self,
        operations: NDArray[np.uint8],
        outcomes: NDArray[np.uint8],
        arguments: NDArray[np.uint64],
    ) -> None:
        """Add the requests of one block."""
        packed = np.empty(len(operations), _ANSWER)
        packed["outcome"] = outcomes
        packed["seen"] = np.where(operations == Operation.READ, arguments, 0)
        self._hash.update(packed[operations != Operation.COMMIT].tobytes())

    def items(
        self, keys: NDArray[np.int64], ids: NDArray[np.uint64], mentions: NDArray[np.int64]
    ) -> None:
        """Add the cache's content, least recent first."""
        packed = np.empty(len(keys), _ITEM)
        packed["key"], packed["message_id"], packed["mentions"] = keys, ids, mentions
        self._hash.update(packed.tobytes())

    def digest(self) -> str:
        """Return 16 hex digits."""
        return self._hash.hexdigest()


def combined(checksums: list[Checksum]) -> str:
    """Return one checksum for a trial of several workers; of one worker, its own."""
    if len(checksums) == 1:
        return checksums[0].digest()
    whole = "".join(checksum.digest() for checksum in checksums)
    return blake2b(whole.encode(), digest_size=8).hexdigest()


class Verifier:
    """Compares answers with the model's until the first difference, which it keeps as a line."""

    def __init__(self, model: ReferenceModel | None) -> None:
        self._model = model
        self._operations = 0
        self.wrong: str | None = None

    def block(
        self,
        phase: Phase,
        sent: Columns,
        outcomes: NDArray[np.uint8],
        arguments: NDArray[np.uint64],
    ) -> None:
        """Check one block that came back."""
        if self._model is not None and self.wrong is None:
            expected, seen = self._model.replay(
                sent.operations, sent.keys, sent.arguments, outcomes
            )
            differs = np.flatnonzero((outcomes != expected) | (arguments != seen))
            if len(differs):
                at = int(differs[0])
                self.wrong = (
                    f"operation {self._operations + at:,} ({phase.name.lower()}: "
                    f"{Operation(int(sent.operations[at])).name.lower()} of key {sent.keys[at]}): "
                    f"outcome {outcomes[at]}, message id {arguments[at]}; the model says "
                    f"outcome {expected[at]}, message id {seen[at]}"
                )
        self._operations += len(sent)

    def cache(
        self, keys: NDArray[np.int64], ids: NDArray[np.uint64], mentions: NDArray[np.int64]
    ) -> None:
        """Check the dumped cache."""
        if self._model is not None and self.wrong is None:
            self.wrong = self._model.check_items(keys, ids, mentions)

    def payloads(self, differing: int) -> None:
        """Note how many dumped entries had a payload that is not their message id repeated."""
        if differing and self.wrong is None:
            self.wrong = f"{differing:,} entries hold a payload that is not the one written"

    def store(
        self, keys: NDArray[np.int64], ids: NDArray[np.uint64], mentions: NDArray[np.int64]
    ) -> None:
        """Check the dumped store."""
        if self._model is not None and self.wrong is None:
            self.wrong = self._model.check_store(keys, ids, mentions)
