"""Blocks of operations that every worker is given, and what an exact LRU has to make of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from lab.trial.block import Operation, Phase
from lab.workload.read_states import Columns

BLOCK_SIZE = 256
CAPACITY = 64
SEAL_EVERY, STEP = 100, 25
SPACING_NS = 20_000
"""Between due times of the measured phase."""
LEAD_NS = 20_000_000
"""From sending the first measured blocks to the first due time in them."""
MEASURED = 24
_KEYS = 160
_ID_MAX = 2**64 - 1


@dataclass(frozen=True)
class Known:
    """A stream of operations.

    Attributes
    ----------
    dense : bool
        Whether the keys are 0 to ``keys`` - 1; otherwise they are any of 64 bits with a sign.
    payload_bytes : int
    wait : str
    checksum : str
        What the answers of an exact LRU come to.
    """

    dense: bool
    payload_bytes: int
    wait: str
    checksum: str
    keys: int = _KEYS

    def phases(self) -> Iterator[tuple[Phase, list[Columns]]]:
        """Yield the blocks of each phase, due times from 0; the same ones every time."""
        draw = Random(20)
        keys = list(range(_KEYS))
        if not self.dense:
            keys = [-(2**63), 2**63 - 1, *(draw.getrandbits(64) - 2**63 for _ in keys[2:])]
        stream = _Stream(draw, keys)
        first = keys[:CAPACITY]
        draw.shuffle(first)
        yield Phase.FILL, [_columns([(Operation.READ, key, 0) for key in first])]
        draw.shuffle(first)
        aged = [(Operation.ACK, key, draw.getrandbits(64)) for key in first]
        yield Phase.AGE, [_columns([*aged, (Operation.COMMIT, 0, 0), (Operation.COMMIT, 0, STEP)])]
        yield Phase.WARM_UP, [stream.block() for _ in range(2)]
        yield Phase.MEASURE, [stream.block(number) for number in range(MEASURED)]


DENSE = Known(dense=True, payload_bytes=0, wait="spin", checksum="e22a4dacd1056208")
SPARSE = Known(dense=False, payload_bytes=20, wait="sleep", checksum="941b1917c74745f0")
KNOWN = (DENSE, SPARSE)


class _Stream:
    """Requests on keys of which some are asked for more often, with commits between them."""

    def __init__(self, draw: Random, keys: list[int]) -> None:
        self._draw, self._keys = draw, keys
        self._updates = self._left = 0

    def block(self, number: int | None = None) -> Columns:
        """Draw the next block; with its number it has due times."""
        rows = [self._operation() for _ in range(BLOCK_SIZE)]
        first_ns = None if number is None else number * BLOCK_SIZE * SPACING_NS
        return _columns(rows, first_ns)

    def _operation(self) -> tuple[int, int, int]:
        draw = self._draw
        if self._updates == SEAL_EVERY:
            self._updates, self._left = 0, SEAL_EVERY
            return Operation.COMMIT, 0, 0
        if self._left and self._updates % 10 == 9:
            self._left -= STEP
            self._updates += 1  # or the next operation would be a commit again
            return Operation.COMMIT, 0, STEP
        key = self._keys[int(len(self._keys) * draw.random() ** 2)]
        kind = draw.choices((Operation.READ, Operation.ACK, Operation.MENTION), (20, 40, 40))[0]
        self._updates += kind != Operation.READ
        largest = draw.random() < 0.05
        argument = _ID_MAX if largest else draw.getrandbits(64)
        return kind, key, argument if kind == Operation.ACK else 0


def _columns(rows: list[tuple[int, int, int]], first_ns: int | None = None) -> Columns:
    operations, keys, arguments = zip(*rows, strict=True)
    due = np.zeros(len(rows), np.int64)
    if first_ns is not None:
        due = first_ns + SPACING_NS * np.arange(len(rows), dtype=np.int64)
    return Columns(
        due,
        np.array(keys, np.int64),
        np.array(arguments, np.uint64),
        np.array(operations, np.uint8),
    )


def reads_at(rate_ns: int, seconds: float) -> Iterator[Columns]:
    """Yield blocks of reads of one key, so many ns apart, for so long."""
    total = int(seconds * 1e9 / rate_ns)
    for begin in range(0, total, BLOCK_SIZE):
        count = min(BLOCK_SIZE, total - begin)
        due = rate_ns * np.arange(begin, begin + count, dtype=np.int64)
        yield Columns(
            due,
            np.ones(count, np.int64),
            np.zeros(count, np.uint64),
            np.full(count, Operation.READ, np.uint8),
        )
