"""A stored run whose every file was written by hand: two trials, one with all that can happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lab.histogram import IntervalLog
from lab.report.export import ExportFile, Note, available
from lab.store import StoredRun, StoredTrial
from tests.analysis.made_run import MS, trial, write_run

S = 1_000 * MS
PHASES_S = {"fill": 1.0, "age": 2.0, "warm_up": 0.5, "measure": 4.05, "dump": 0.25}
GC = """\
start_ns,duration_ns,generation,collected,uncollectable,explicit,worker
100000000,200000,0,7,0,0,0
1050000000,220000000,2,1234,5,0,0
"""
SLOW = """\
request,intended_start_ns,queued_ns,service_ns,response_ns,operation,outcome,key,cause,kind,queued,sampled
1050,1050000000,0,220001000,220001000,2,3,42,gc,gc2,0,0
1100,1100000000,170000000,1000,170001000,0,0,43,gc,gc2,1,0
1200,1200000000,70000000,1000,70001000,1,1,44,gc,gc2,1,0
3000,3000000000,0,1500000,1500000,1,0,45,commit,commit,0,0
"""
RESOURCES = """\
elapsed_ns,phase,rss_bytes,cpu_s,voluntary_switches,involuntary_switches
250000000,fill,40000000,0.250,1,2
3500000000,warm_up,50000000,3.500,1,2
3700000000,measure,51000000,3.650,1,3
4200000000,measure,52000000,4.150,1,3
"""
NOISE = "start_ns,late_ns\n500000000,1500000\n"
EMPTY_GC = GC.splitlines()[0] + "\n"


def log(folder: Path, kind: str, rows: dict[int, list[int]]) -> None:
    """Write a log: the due time in ms and the durations of the requests due then."""
    written = IntervalLog(folder / f"{kind}.hlog", 1_700_000_000.0, 0)
    for due_ms, values in rows.items():
        written.record(np.full(len(values), due_ms * MS), np.array(values, np.int64))
    written.close()


def busy(one: StoredTrial) -> None:
    """Write every file that a trial may have."""
    log(one.folder, "response", {0: [MS] * 90, 250: [10 * MS] * 10})
    log(one.folder, "service", {0: [MS] * 100})
    for name, text in (("gc", GC), ("slow", SLOW), ("resources", RESOURCES), ("noise", NOISE)):
        (one.folder / f"{name}.csv").write_text(text)


def made(folder: Path, *more: dict[str, Any], **over: Any) -> StoredRun:
    """Write a run of ``slots``, with every file, and ``flat``, which never collects."""
    facts = {"phases_s": PHASES_S, "slow_requests": 4, "valid": True}
    trials = [
        trial("slots", factors={"entries": "300k"}, **{**facts, **over}),
        trial("flat", **{**facts, "slow_requests": 0}),
        *more,
    ]
    stored = write_run(folder, trials, started_utc="20260102T030405Z")
    busy(stored.trials[0])
    (stored.trials[1].folder / "gc.csv").write_text(EMPTY_GC)
    return stored


def parts_of(name: str, stored: StoredRun, lanes: int = 20) -> tuple[dict[str, bytes], list[str]]:
    """Return what a format makes of a run: files by name, and its notes."""
    parts = list(available()[name].parts(stored, lanes))
    files = {part.name: part.content for part in parts if isinstance(part, ExportFile)}
    return files, [part.message for part in parts if isinstance(part, Note)]
