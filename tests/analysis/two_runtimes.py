"""A stored run of two runtimes: one that stops for its collections, one that runs beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lab.histogram import IntervalLog
from lab.store import StoredRun, StoredTrial
from tests.analysis.made_run import MS, US, trial, write_run

S = 1_000 * MS
HEAD = "start_ns,duration_ns,generation,collected,uncollectable,explicit,concurrent,worker\n"
STOPS = HEAD + f"{1 * S},{200 * MS},2,30,0,0,0,0\n{4 * S},{100 * MS},2,0,0,0,0,0\n"
CYCLES_S = (2, 5, 8)
"""Each takes 300 ms and stops the process for 40 us at its beginning and 60 at its end."""


def cycles(explicit: int = 0) -> str:
    """Return ``gc.csv`` of a collector that runs beside the operations."""
    rows = []
    for at in CYCLES_S:
        start, last = at * S, at * S + 300 * MS - 60 * US
        rows += [f"{start},{40 * US},2", f"{last},{60 * US},2", f"{start},{300 * MS},2"]
    flags = (0, 0, 1) * len(CYCLES_S)
    return HEAD + "".join(
        f"{row},0,0,{explicit},{flag},0\n" for row, flag in zip(rows, flags, strict=True)
    )


def beside(label: str = "beside", **over: Any) -> dict[str, Any]:
    """Return the result of a trial whose collector ran beside the operations."""
    made = trial(
        label,
        runtime={"name": "Tongue", "version": "1.2.3", "collector": "concurrent"},
        pauses=6,
        full=6,
        gc_max=60 * US,
        gc_cpu={"assist_s": 0.05, "background_s": 0.6, "pause_s": 0.0003},
        valid=True,
        **over,
    )
    made["gc"] |= {"cycles": 3, "concurrent_ns": 900 * MS, "total_ns": 300 * US}
    return made


def without(label: str = "without") -> dict[str, Any]:
    """Return the result of a trial whose runtime has no collector."""
    return trial(
        label,
        runtime={"name": "Metal", "version": "9", "collector": "none"},
        pauses=0,
        full=0,
        gc_max=0,
        valid=True,
    )


def log(one: StoredTrial, slow_at_s: tuple[int, ...], slow_ns: int) -> None:
    """Write a log: 1,000 requests a second of 10 us, in some seconds slower ones."""
    written = IntervalLog(one.folder / "response.hlog", 1_700_000_000.0, 0)
    due = np.arange(0, 10 * S, MS, dtype=np.int64)
    took = np.full(len(due), 10 * US, np.int64)
    for at in slow_at_s:
        took[at * 1_000 : at * 1_000 + 100] = slow_ns
    written.record(due, took)
    written.close()


def two_runtimes(folder: Path) -> StoredRun:
    """Write a run of ``slots``, of ``beside`` and of ``without``."""
    trials = [trial("slots", valid=True), beside(), without()]
    for each in trials:
        each["gc"]["state"] = None
    stored = write_run(folder, trials)
    slots, other, bare = stored.trials
    (slots.folder / "gc.csv").write_text(STOPS)
    (other.folder / "gc.csv").write_text(cycles())
    (bare.folder / "gc.csv").write_text(HEAD)
    log(slots, (1, 4), 200 * MS)
    log(other, CYCLES_S, 2 * MS)
    log(bare, (), 0)
    return stored
