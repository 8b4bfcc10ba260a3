"""Stored runs for the page: a request each millisecond, and a queue behind every long pause."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lab.findings.model import Claim, Finding, Predicate, Test, Tested, Verdict
from lab.histogram import IntervalLog
from lab.report.html.palette import CAUSES
from lab.store import StoredRun, StoredTrial
from tests.analysis.made_run import MS, Json, trial, write_run

Pause = tuple[int, int, int]
"""Start and length in ms, generation."""
FULL, YOUNG = 2, 0
SECONDS = 4
TWO: tuple[Pause, ...] = ((300, 2, YOUNG), (1_050, 200, FULL), (3_050, 100, FULL))
_GC = "start_ns,duration_ns,generation,collected,uncollectable,explicit,worker"
_SLOW = (
    "request,intended_start_ns,queued_ns,service_ns,response_ns,operation,outcome,key,cause,kind,"
    "queued,sampled"
)
EVIL = "Is </script><script>alert(1)</script> & \"quoted\" <b>bold</b> 'too'? <!-- no -->"


def played(strategy: str = "slots", repeat: int = 1, **over: Any) -> Json:
    """Return a trial's result with all that the page shows of it."""
    shares = {**dict.fromkeys(CAUSES, 0.0), "gc": 0.9, "commit": 0.1}
    gc = {
        "pauses": 3,
        "by_generation": {"0": 1, "1": 0, "2": 2},
        "max_ns": 200 * MS,
        "total_ns": 302 * MS,
        "explicit": 1,
        "state": {"enabled": True, "thresholds": [700, 10, 10], "frozen": 0},
    }
    facts: Json = {
        "measured_s": float(SECONDS),
        "operations": SECONDS * 1_000,
        "commits": 0,
        "gc": gc,
        "valid": True,
        "slow_above_ns": MS,
        "noise_ns": {"p99": 10_000, "p99.9": 40_000, "p99.99": None, "max": 900_000},
        "causes": {"above_p99": shares, "above_p99.9": shares, "waiting_time": shares},
        "p99.9": 199.0 * MS,
    }
    return trial(strategy, repeat, **{**facts, **over})


def page_run(
    folder: Path,
    trials: Sequence[tuple[Json, Sequence[Pause]]] = (),
    *,
    question: str = "Does it?",
    **run: Any,
) -> StoredRun:
    """Write a run; of each trial the result, and its pauses."""
    chosen = trials or [(played(), TWO), (played("flat", **{"p99.9": 90_000.0}), ())]
    stored = write_run(folder, [result for result, _ in chosen], **run)
    stored.run["experiment"]["question"] = question
    for one, (_, pauses) in zip(stored.trials, chosen, strict=True):
        if one.result["status"] != "failed":
            write_files(one, pauses)
    return stored


def write_files(one: StoredTrial, pauses: Sequence[Pause]) -> None:
    """Log a request of 1 us each ms; those due within a pause wait for its end."""
    due = np.arange(0, SECONDS * 1_000, dtype=np.int64) * MS
    response = np.full(len(due), 1_000, np.int64)
    for start, length, _ in pauses:
        waiting = (due >= start * MS) & (due < (start + length) * MS)
        response[waiting] += (start + length) * MS - due[waiting]
    kind = "service" if one.result["load"]["closed_loop"] else "response"
    log = IntervalLog(one.folder / f"{kind}.hlog", 1_000.0, 0)
    log.record(due, response)
    log.close()
    rows = [f"{start * MS},{length * MS},{gen},0,0,0,0" for start, length, gen in pauses]
    (one.folder / "gc.csv").write_text("\n".join([_GC, *rows]) + "\n")
    (one.folder / "noise.csv").write_text("start_ns,late_ns\n500000000,150000\n")
    slow = np.flatnonzero(response > 1_000)
    write_slow(one.folder / "slow.csv", due[slow].tolist(), response[slow].tolist())
    one.result.setdefault("slow_requests", len(slow))


def write_slow(path: Path, due_ns: Sequence[int], response_ns: Sequence[int]) -> None:
    """Write slow requests, all of them delayed by collections, as they come."""
    rows = [
        f"{number},{due},0,{response},{response},{number % 3},0,{number},gc,gc2,0,0"
        for number, (due, response) in enumerate(zip(due_ns, response_ns, strict=True))
    ]
    path.write_text("\n".join([_SLOW, *rows]) + "\n")


def quick_suite(folder: Path, slow: int = 50_000) -> StoredRun:
    """Write 25 trials of 13 strategies, each with so many slow requests and 400 pauses."""
    names = [f"strategy-{number:02d}+policy:700,10,{number}" for number in range(13)]
    results = [
        played(names[number % 13], number // 13 + 1, slow_requests=slow) for number in range(25)
    ]
    pauses = sorted(
        [(at, 1 + at % 3, YOUNG) for at in range(5, 3_900, 10)]
        + [(at, 90 + at // 100, FULL) for at in range(401, 3_800, 400)]
    )
    stored = write_run(folder, results, status="complete")
    first = stored.trials[0].folder
    write_files(stored.trials[0], pauses)
    # every request under way in many pauses: the worst that can happen to the page
    step = SECONDS * 1_000_000_000 // slow
    due = [number * step for number in range(slow)]
    write_slow(first / "slow.csv", due, [150 * MS + number % 1_000_000 for number in range(slow)])
    for other in stored.trials[1:]:
        for name in ("response.hlog", "gc.csv", "noise.csv", "slow.csv"):
            os.link(first / name, other.folder / name)
    return stored


def finding(
    name: str = "L1", verdict: Verdict = Verdict.REPRODUCED, missing: str = "", **over: Any
) -> Finding:
    """Return a claim of one test, above 10 times."""
    test = Test("p99 over that of a small cache", "p99", "both", "small", "", Predicate(10.0, None))
    figures = {"value": 37.0, "low": 21.0, "high": 64.0, "unit": "times", **over}
    tested = Tested(test, ("slots",), trials=3, verdict=verdict, missing=missing, **figures)
    claim = Claim(
        name, f"Title of {name}", f"Statement of {name}.", "A report", "size", (), {}, (test,), {}
    )
    return Finding(claim, verdict, f"Seen for {name}.", (tested,))
