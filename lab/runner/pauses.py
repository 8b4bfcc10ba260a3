"""Takes the GC events out of the block file's ring, in time."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from lab.trial.block import GC_RECORD_WORDS, BlockFile, Word

COLUMNS = ("start_ns", "duration_ns", "generation", "collected", "uncollectable", "explicit")


class GcEvents:
    """Reads the ring after every block, and keeps what belongs to the measured phase.

    Written to ``gc.csv`` as it comes; counts, longest and total are kept per generation, so that
    memory does not grow. Explicit collections (the harness's one among them) are counted over the
    whole trial and are no pauses of the measured phase unless they fall into it.
    """

    def __init__(self, file: BlockFile) -> None:
        self._file = file
        self._events = np.asarray(file.gc_events).reshape(-1, GC_RECORD_WORDS)
        self._read = 0
        self._csv: TextIO | None = None
        self._t0_ns = 0
        self.lost = self.explicit = 0
        self.count = {"0": 0, "1": 0, "2": 0}
        self.max_ns = self.total_ns = 0

    def measure(self, t0_ns: int, path: Path) -> None:
        """Keep events from ``t0_ns`` on."""
        self._t0_ns = t0_ns
        self._csv = path.open("x", encoding="ascii")
        self._csv.write(",".join(COLUMNS) + "\n")

    def drain(self) -> None:
        """Take what was written since the last call."""
        written = int(self._file.words[Word.GC_WRITTEN])
        capacity = len(self._events)
        overrun = max(0, written - self._read - capacity)
        self.lost += overrun
        numbers = np.arange(self._read + overrun, written)
        self._read = written
        if len(numbers):
            self._take(self._events[numbers % capacity])

    def _take(self, events: NDArray[np.int64]) -> None:
        self.explicit += int(events[:, 5].sum())
        if self._csv is None:
            return
        events = events[events[:, 0] >= self._t0_ns]
        if not len(events):
            return
        durations = events[:, 1] - events[:, 0]
        rows = np.c_[events[:, 0] - self._t0_ns, durations, events[:, 2:]]
        np.savetxt(self._csv, rows, "%d", ",")
        for generation, count in zip(*np.unique(events[:, 2], return_counts=True), strict=True):
            name = str(generation)
            self.count[name] = self.count.get(name, 0) + int(count)
        self.max_ns = max(self.max_ns, int(durations.max()))
        self.total_ns += int(durations.sum())

    def close(self) -> None:
        """Close the file."""
        if self._csv is not None:
            self._csv.close()
            self._csv = None

    def to_json(self) -> dict[str, object]:
        """Return the ``gc`` object of a trial's result."""
        return {
            "pauses": sum(self.count.values()),
            "by_generation": dict(self.count),
            "max_ns": self.max_ns,
            "total_ns": self.total_ns,
            "explicit": self.explicit,
            "lost_events": self.lost,
        }
