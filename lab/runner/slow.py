"""Keeps the slow requests: the first ones whole, then a fair sample, and exact counts always."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.causes.kinds import CAUSES, KINDS

FIRST = 50_000
SAMPLE = 10_000
COLUMNS = (
    "request",
    "intended_start_ns",
    "queued_ns",
    "service_ns",
    "response_ns",
    "operation",
    "outcome",
    "key",
    "cause",
    "kind",
    "queued",
)
_CAUSE, _KIND = COLUMNS.index("cause"), COLUMNS.index("kind")
Rows = NDArray[np.int64]


class SlowRequests:
    """Writes ``slow.csv``: the first 50,000 as they come, then a seeded reservoir of the rest.

    The reservoir is Vitter's algorithm R (1985): at the end each later request is in it with the
    same probability, and its memory does not grow. ``sampled`` is 1 on its rows.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self._file = path.open("x", encoding="ascii")
        self._file.write(",".join(COLUMNS) + ",sampled\n")
        self._rng = np.random.default_rng([seed, 0x510])
        self._reservoir: Rows = np.zeros((SAMPLE, len(COLUMNS)), np.int64)
        self._reservoir += 0  # its pages exist from the start: memory does not grow with the run
        self.count = 0

    def add(self, rows: Rows) -> None:
        """Take slow requests in order; shape (n, 11), columns as in the file, causes as numbers."""
        room = max(0, FIRST - self.count)
        first, later = rows[:room], rows[room:]
        self._write(first, sampled=0)
        if len(later):
            self._sample(later, max(self.count, FIRST) - FIRST)
        self.count += len(rows)

    def _sample(self, rows: Rows, before: int) -> None:
        numbers = before + np.arange(len(rows))
        places = np.where(
            numbers < SAMPLE, numbers, self._rng.integers(0, numbers + 1, len(numbers))
        )
        kept = places < SAMPLE
        self._reservoir[places[kept]] = rows[kept]  # a later one takes an earlier one's place

    def close(self) -> None:
        """Write the sample, in the order of the requests."""
        sampled = self._reservoir[: min(max(self.count - FIRST, 0), SAMPLE)]
        sampled = sampled[np.argsort(sampled[:, 0])]
        self._write(sampled, sampled=1)
        self._file.close()

    def _write(self, rows: Rows, *, sampled: int) -> None:
        for row in rows.tolist():
            row[_CAUSE], row[_KIND] = CAUSES[row[_CAUSE]], KINDS[row[_KIND]]
            self._file.write(",".join(map(str, row)) + f",{sampled}\n")
