"""A trace for the Perfetto viewer (ui.perfetto.dev) and chrome://tracing: ``trace.json``.

A process per trial, their measured phases beginning together; in each tracks for its phases, GC
pauses, slow requests by cause (from the moment at which they were due) and the machine's own
stalls, and counters for response time, memory and processor. Format: Trace Event Format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lab.analysis.tails import series
from lab.report.export.clock import Clock, clock_of
from lab.report.export.lanes import GAP_NS
from lab.report.export.model import ExportFile, Note
from lab.report.export.trace_events import Slice, TraceEvents
from lab.store import StoredRun, StoredTrial
from lab.trial.block import EVICTED, MISS, Operation
from strategies.units import format_duration

if TYPE_CHECKING:
    import pandas as pd

NAME = "perfetto"
TITLE = "a trace of phases, GC pauses, slow requests and counters, for ui.perfetto.dev"
PACKAGE = None


def parts(stored: StoredRun, lanes: int) -> Iterator[ExportFile | Note]:
    """Yield the trace of the whole run, and what is not in it."""
    clocks = [clock_of(trial.result, trial.table("resources")) for trial in stored.trials]
    trace = TraceEvents(-min(clock.first_ns for clock in clocks))
    notes: list[str] = []
    for pid, (trial, clock) in enumerate(zip(stored.trials, clocks, strict=True), 1):
        notes += _add_trial(trace, pid, trial, clock, lanes)
    notes += _of_the_run(stored, clocks)
    content = {
        "traceEvents": trace.events,
        "displayTimeUnit": "ms",
        "otherData": {
            "run": stored.folder.resolve().name,
            "question": stored.run["experiment"]["question"],
            "notes": "; ".join(notes),
        },
    }
    yield ExportFile("trace.json", json.dumps(content, separators=(",", ":")).encode("ascii"))
    yield from map(Note, notes)


def _add_trial(
    trace: TraceEvents, pid: int, trial: StoredTrial, clock: Clock, lanes: int
) -> list[str]:
    """Add a trial; return what must be known of it."""
    status = "" if trial.valid else "not valid" if trial.ok else trial.result["status"]
    trace.process(pid, f"{trial.label}, repeat {trial.result['repeat']}", status)
    # what touches would need two tracks
    phases = [
        Slice(name.replace("_", " "), at, max(0, length - GAP_NS))
        for name, at, length in clock.phases
    ]
    trace.slices(pid, "phases", "phase", phases)
    for title, rows in (("GC pauses", trial.pauses()), ("GC beside requests", trial.cycles())):
        for track, of_worker in _by_worker(title, rows):
            trace.slices(pid, track, "gc", _pauses(of_worker))
    stalls = [
        Slice("stall", row["start_ns"], row["late_ns"])
        for row in trial.table("noise").to_dict("records")
    ]
    trace.slices(pid, "machine stalls, seen on another core", "noise", stalls)
    _add_latency(trace, pid, trial)
    _add_resources(trace, pid, trial, clock)
    slow = trial.table("slow")
    left_out = trace.slices(pid, "slow requests", "request", _requests(slow), lanes)
    return list(_missing(trial, len(slow), left_out, lanes))


def _by_worker(title: str, table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Take apart what several processes did at once; runs of before there were workers have one."""
    if "worker" not in table or table["worker"].nunique() < 2:
        yield title, table
        return
    for worker, rows in table.groupby("worker"):
        yield f"{title} of worker {worker}", rows


def _pauses(rows: pd.DataFrame) -> list[Slice]:
    known = [name for name in ("collected", "uncollectable", "explicit") if name in rows]
    return [
        Slice(
            f"gen{row['generation']}",
            row["start_ns"],
            row["duration_ns"],
            {name: row[name] for name in known},
        )
        for row in rows.to_dict("records")
    ]


def _requests(rows: pd.DataFrame) -> list[Slice]:
    return [
        Slice(
            row.get("cause", "slow"),
            row["intended_start_ns"],
            row["response_ns"],
            {
                "request": row["request"],
                "operation": Operation(row["operation"]).name.lower(),
                "outcome": _outcome(row["outcome"]),
                "key": row["key"],
                "kind": row.get("kind", ""),
                "queued_ms": row["queued_ns"] / 1e6,
                "service_ms": row["service_ns"] / 1e6,
            },
        )
        for row in rows.to_dict("records")
    ]


def _outcome(bits: int) -> str:
    return " ".join(
        ["miss" if bits & MISS else "hit", *(["evicted another"] if bits & EVICTED else [])]
    )


def _missing(trial: StoredTrial, stored: int, left_out: list[Slice], lanes: int) -> Iterator[str]:
    """Say which slow requests are not in the trace."""
    counted, name = trial.result.get("slow_requests", 0), trial.folder.name
    if 0 < stored < counted:
        yield f"{name}: {stored:,} of its {counted:,} slow requests are stored, later ones sampled"
    if left_out:
        longest = format_duration(max(each.length_ns for each in left_out))
        yield (
            f"{name}: {len(left_out):,} of {stored:,} slow requests are not drawn: more than "
            f"{lanes:,} at once (--limit); the longest of them took {longest}"
        )


def _of_the_run(stored: StoredRun, clocks: list[Clock]) -> Iterator[str]:
    """Say what is true of all trials, or how many it is true of."""
    slow = [trial for trial in stored.trials if trial.result.get("slow_requests")]
    without = [trial for trial in slow if not (trial.folder / "slow.csv").exists()]
    if without:
        yield (
            f"{len(without)} of {len(stored.trials)} trials have no slow.csv stored: none of their "
            "slow requests is drawn"
        )
    error_ns = max(clock.resources_error_ns for clock in clocks)
    if error_ns:
        yield f"memory and CPU may lie up to {format_duration(error_ns)} too early or too late"


def _add_latency(trace: TraceEvents, pid: int, trial: StoredTrial) -> None:
    """Count the worst and the p99 of each interval; 0 where there are too few requests."""
    log = trial.latency()
    if log is None:
        return
    found = series(log)
    kind = "service" if trial.result["load"]["closed_loop"] else "response"
    length_ns = round(found.interval_s * 1e9)
    starts_ns = [round(at * 1e9) for at in found.time_s.tolist()]
    for name, values in (("max", found.max_ns), ("p99", found.p99_ns)):
        for number, (at_ns, value) in enumerate(zip(starts_ns, values.tolist(), strict=True)):
            known = 0 if np.isnan(value) else value / 1e6
            trace.counter(pid, f"{kind} {name}", "ms", at_ns, known)
            if starts_ns[number + 1 : number + 2] != [at_ns + length_ns]:
                trace.counter(pid, f"{kind} {name}", "ms", at_ns + length_ns, 0)


def _add_resources(trace: TraceEvents, pid: int, trial: StoredTrial, clock: Clock) -> None:
    """Count memory, and the processor between each sample and the next."""
    rows = trial.table("resources")
    if clock.resources_zero_ns is None:
        return
    at_ns = [clock.resources_zero_ns + elapsed for elapsed in rows["elapsed_ns"].tolist()]
    for moment, rss in zip(at_ns, rows["rss_bytes"].tolist(), strict=True):
        trace.counter(pid, "resident memory", "MB", moment, rss / 1e6)
    cpu_s, seconds = np.diff(rows["cpu_s"]), np.diff(at_ns) / 1e9
    for moment, share in zip(at_ns, np.round(cpu_s / seconds, 3).tolist(), strict=False):
        trace.counter(pid, "CPU", "cores", moment, share)
