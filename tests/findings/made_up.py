"""Stored runs of the suite that never happened: any figure that a claim may ask for, made up.

Every file is of the kind that a real trial leaves, so that what is judged is read, not injected.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.analysis.comparison import METRICS
from lab.analysis.predicted import predicted_s
from lab.findings.metrics import ASKED
from lab.findings.suite import Suite
from lab.histogram import Histogram, HlogWriter
from lab.store import StoredRun, StoredTrial, load_run
from tests.analysis.made_run import ENVIRONMENT, MS, trial

Json = dict[str, Any]
Values = Mapping[str, float]
"""Figures of one trial by the names of their metrics; what is not named stays as usual."""
Rounds = Sequence[Values]
"""One for each round of a trial; the last one stands for all further ones."""

MEASURED_S, REQUESTS, FULL = 40.0, 10_000, 4
USUAL: Values = {
    **{name: 10.0 * MS for name, metric in METRICS.items() if metric.unit == "ns"},
    "gc.total": 1_000.0 * MS,
    "busy_per_million": 5e9,
    "gc.pauses": 2_000.0,
    "gc.full": 600.0,
    "bytes_per_entry": 200.0,
    "rss": 100e6,
    "busy": 0.1,
    "misses": 0.07,
    "paused": 0.025,
    "gc.period": 2.0,
    "gc.period/predicted": 1.0,
    "gc.irregularity": 0.1,
    "gc.growth": 1.5,
    "gc.garbage": 0.005,
    "mean/normal": 1.0,
    "p50/normal": 1.0,
    "p99.spike/normal": 20.0,
    "p99.normal": 0.1 * MS,
    "p99.spike": 2.0 * MS,
    "p50.normal": 0.01 * MS,
    "grown": 50e6,
    **{name: 0.2 for name in ASKED if name.startswith("why.")},
}
"""What a trial has where nothing else is asked of it, by metric; ``entries`` are the suite's."""


@dataclass(frozen=True)
class Faults:
    """What is wrong with a trial: told as the runner tells it."""

    status: str = "ok"
    reason: str | None = None
    valid: bool = True
    missing: bool = False


FINE = Faults()


def write_suite(
    folder: Path,
    suite: Suite,
    figures: Mapping[str, Rounds],
    *,
    faults: Mapping[tuple[str, int], Faults] | None = None,
    noise_ns: Mapping[str, float] | None = None,
) -> StoredRun:
    """Write a run of a suite and read it back.

    Parameters
    ----------
    figures : mapping of str to sequence of mapping of str to float
        Of each label the figures of each round, by metric.
    faults : mapping of (str, int) to Faults, optional
        What is wrong with a trial, by label and round.
    noise_ns : mapping of str to float, optional
        The machine's own noise beside every trial.
    """
    names = []
    plans: Json = suite.experiment.to_json()
    for number, (spec, planned) in enumerate(
        zip(suite.experiment.trials, plans["trials"], strict=True), 1
    ):
        wrong = (faults or {}).get((spec.label, spec.repeat), FINE)
        if wrong.missing:
            continue
        rounds = figures.get(spec.label) or [{}]
        values = rounds[min(spec.repeat, len(rounds)) - 1]
        name = f"{number:02d}"
        names.append(name)
        result = _result(spec.strategy, dict(spec.factors), spec.repeat, values)
        result |= {"status": wrong.status, "reason": wrong.reason, "valid": wrong.valid}
        result["entries"] = round(values.get("entries", spec.workload.entries))
        result["gc"]["tracked_objects"] = result["entries"]
        result["load"] |= {"closed_loop": spec.load.closed_loop, "rate": spec.load.rate}
        result["noise_ns"] = dict(noise_ns or {})
        if spec.load.closed_loop:
            result["response_ns"] = dict.fromkeys(result["response_ns"])
        _write_trial(folder / "trials" / name, result, _in_seconds(result, planned, values))
    run = {
        "schema": 1,
        "name": suite.experiment.name,
        "command": ["gclab", "reproduce"],
        "experiment": plans,
        "traces": {},
        "environment": ENVIRONMENT,
        "started_utc": "20260102T030405Z",
        "status": "complete",
        "warnings": [],
        "trials": names,
    }
    (folder / "run.json").write_text(json.dumps(run))
    return load_run(folder)


def _result(strategy: str, factors: dict[str, str], repeat: int, values: Values) -> Json:
    result = trial(strategy, repeat, factors=factors)
    label = [strategy, *(k if v == "True" else f"{k}={v}" for k, v in factors.items())]
    have = {**USUAL, **values}
    sections = {"response_ns": "", "service_ns": "service."}
    latency = {
        section: {name: have[prefix + name] for name in result[section]}
        for section, prefix in sections.items()
    }
    if "p50/normal" in values:
        latency["response_ns"]["p50"] = have["p50/normal"] * have["p50.normal"]
    total_ns = have["gc.total"]
    if "paused" in values:
        total_ns = have["paused"] * MEASURED_S * 1e9
    operations = 800_000
    busy_s = have["busy"] * MEASURED_S
    if "busy_per_million" in values:
        busy_s = have["busy_per_million"] / 1e9 * operations / 1e6
    causes: Json = {"above_p99": {}, "above_p99.9": {}, "waiting_time": {}}
    for name in (name for name in have if name.startswith("why.")):
        percentile, _, cause = name.removeprefix("why.").rpartition(".")
        causes[f"above_{percentile}"][cause] = have[name]
    return {
        **result,
        **latency,
        "label": " ".join(label),
        "measured_s": MEASURED_S,
        "operations": operations,
        "misses": have["misses"] * operations,
        "commits": 0,
        "busy_s": busy_s,
        "causes": causes,
        "gc": {
            # a collector that never walks the whole heap here never runs at all
            "pauses": round(have["gc.pauses"]) if round(have["gc.full"]) else 0,
            # as many young collections as make the rules predict a period of two seconds
            "by_generation": {
                "0": round(133 * MEASURED_S / USUAL["gc.period"]) - round(have["gc.full"]),
                "1": 0,
                "2": round(have["gc.full"]),
            },
            "max_ns": have["gc.max"],
            "total_ns": total_ns,
            "state": {"enabled": True, "thresholds": [700, 10, 10], "frozen": 0},
        },
        "memory": {
            "rss_bytes": have["rss"],
            "bytes_per_entry": have["bytes_per_entry"],
            "rss_after_bytes": have["rss"] + have["grown"],
            "peak_rss_bytes": have["rss"] + have["grown"],
        },
    }


def _in_seconds(result: Json, spec: Json, values: Values) -> Values:
    """Turn a period that is wanted as a multiple of the predicted one into seconds."""
    wanted = values.get("gc.period/predicted")
    expected_s = predicted_s(StoredTrial(Path(), result), spec) if wanted else None
    if wanted is None or expected_s is None:
        return values
    return {**values, "gc.period": wanted * expected_s}


def _write_trial(folder: Path, result: Json, values: Values) -> None:
    folder.mkdir(parents=True)
    (folder / "trial.json").write_text(json.dumps({"schema": 1, **result}))
    have = {**USUAL, **values}
    starts_ns = _starts_ns(have)
    _write_gc(folder / "gc.csv", starts_ns, have, result["entries"])
    log = HlogWriter(folder / "response.hlog", 1_700_000_000.0)
    _write_log(log, starts_ns[0], have, values)
    (folder / "service.hlog").write_bytes((folder / "response.hlog").read_bytes())


def _starts_ns(have: Values) -> list[int]:
    """Alternate long and short gaps, the first one from 0: their mean and spread are given."""
    off = have["gc.irregularity"] * math.sqrt((FULL - 1) / FULL)
    gaps = [have["gc.period"] * (1 + (-1) ** n * off) for n in range(FULL)]
    return [round(at * 1e9) for at in np.cumsum(gaps)]


def _write_gc(path: Path, starts_ns: list[int], have: Values, entries: int) -> None:
    lengths = [10 * MS] * (FULL - 1) + [round(10 * MS * have["gc.growth"])]
    freed = round(have["gc.garbage"] * entries)
    lines = ["start_ns,duration_ns,generation,collected,uncollectable,explicit,worker"]
    lines += [
        f"{at},{length},2,{freed},0,0,0" for at, length in zip(starts_ns, lengths, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")


def _write_log(log: HlogWriter, first_ns: int, have: Values, values: Values) -> None:
    """Write one interval apart from full collections, and that of the first of them."""
    interval_ns, few = 100 * MS, REQUESTS // 50
    normal = [have["p50.normal"]] * (REQUESTS - few) + [have["p99.normal"]] * few
    spike = have["p99.spike"]
    if "p99.spike/normal" in values:
        spike = have["p99.spike/normal"] * have["p99.normal"]
    if "mean/normal" in values:
        spike = (2 * have["mean/normal"] - 1) * float(np.mean(normal))
    for start_ns, times in (
        (0, normal),
        (first_ns // interval_ns * interval_ns, [spike] * REQUESTS),
    ):
        histogram = Histogram()
        histogram.add(np.array(times).round().astype(np.int64))
        log.write(start_ns, interval_ns, histogram)
    log.close()
