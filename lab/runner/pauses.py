"""Takes the GC events out of the block file's ring, in time."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from lab.collectors import full_collections
from lab.runner.ring import Ring
from lab.trial.block import CONCURRENT, EXPLICIT, GC_FLAGS, BlockFile
from strategies.collector import GENERATIONAL

COLUMNS = (
    "start_ns",
    "duration_ns",
    "generation",
    "collected",
    "uncollectable",
    "explicit",
    "concurrent",
    "worker",
)


class GcEvents:
    """Reads the rings after every block, and keeps what belongs to the measured phase.

    Written to ``gc.csv`` as it comes; counts, longest and total are kept per generation, so that
    memory does not grow. A cycle of a collector that runs beside the operations is no pause: it is
    counted by itself, and its own pauses are records of their own. Explicit collections (the
    harness's one among them) are counted over the whole trial and are no pauses of the measured
    phase unless they fall into it.
    """

    def __init__(self, *files: BlockFile) -> None:
        self._rings = [Ring.of_events(file) for file in files]
        self._csv: TextIO | None = None
        self._t0_ns = 0
        self._collector = GENERATIONAL
        self._explicit_pauses = self._explicit_cycles = 0
        self.count = {"0": 0, "1": 0, "2": 0}
        self.max_ns = self.total_ns = 0
        self.young = self.full = self.collected_young = 0
        """Pauses that are not full, full ones, and what the first freed."""
        self.cycles = self.concurrent_ns = 0
        """Collections that ran beside the operations, and how long they took together."""

    def measure(self, t0_ns: int, path: Path, collector: str = GENERATIONAL) -> None:
        """Keep events from ``t0_ns`` on; ``collector``: whose they are, see `lab.collectors`."""
        self._t0_ns, self._collector = t0_ns, collector
        self._csv = path.open("x", encoding="ascii")
        self._csv.write(",".join(COLUMNS) + "\n")

    @property
    def lost(self) -> int:
        """Events that were overwritten before they were read."""
        return sum(ring.lost for ring in self._rings)

    @property
    def explicit(self) -> int:
        """Collections that somebody asked for; a cycle and its pauses are one."""
        return self._explicit_cycles or self._explicit_pauses

    def drain(self) -> None:
        """Take what was written since the last call."""
        for worker, ring in enumerate(self._rings):
            events = ring.read()
            if len(events):
                self._take(events, worker)

    def _take(self, events: NDArray[np.int64], worker: int) -> None:
        explicit, concurrent = _flag(events, EXPLICIT), _flag(events, CONCURRENT)
        self._explicit_cycles += int((explicit & concurrent).sum())
        self._explicit_pauses += int((explicit & ~concurrent).sum())
        if self._csv is None:
            return
        events = events[events[:, 0] >= self._t0_ns]
        if not len(events):
            return
        explicit, concurrent = _flag(events, EXPLICIT), _flag(events, CONCURRENT)
        durations = events[:, 1] - events[:, 0]
        workers = np.full(len(events), worker)
        starts = events[:, 0] - self._t0_ns
        rows = np.c_[starts, durations, events[:, 2:GC_FLAGS], explicit, concurrent, workers]
        np.savetxt(self._csv, rows, "%d", ",")
        self.cycles += int(concurrent.sum())
        self.concurrent_ns += int(durations[concurrent].sum())
        self._count(events[~concurrent], durations[~concurrent])

    def _count(self, pauses: NDArray[np.int64], durations: NDArray[np.int64]) -> None:
        for generation, count in zip(*np.unique(pauses[:, 2], return_counts=True), strict=True):
            name = str(generation)
            self.count[name] = self.count.get(name, 0) + int(count)
        full = full_collections(pauses[:, 2], self._collector)
        self.young += int((~full).sum())
        self.full += int(full.sum())
        self.collected_young += int(pauses[~full, 3].sum())
        self.max_ns = max(self.max_ns, int(durations.max(initial=0)))
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
            "cycles": self.cycles,
            "concurrent_ns": self.concurrent_ns,
            "explicit": self.explicit,
            "lost_events": self.lost,
        }


def _flag(events: NDArray[np.int64], flag: int) -> NDArray[np.bool_]:
    is_set: NDArray[np.bool_] = (events[:, GC_FLAGS] & flag) != 0
    return is_set
