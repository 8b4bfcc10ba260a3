"""Writes stored runs whose figures are made up: what the analysis of whole runs is tested on."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.store import StoredRun, load_run

Json = dict[str, Any]
MS, US = 1_000_000, 1_000
LATENCY = ("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")

ENVIRONMENT: Json = {
    "gclab": "0.1.0",
    "python": "CPython 3.11.7",
    "system": "Linux 6.18.44-fc-v445",
    "machine": "x86_64",
    "cpu": "AMD EPYC",
    "cores": 2,
    "usable_cores": 2,
    "memory_bytes": 25_000_000_000,
    "hypervisor": True,
    "clock_source": "tsc",
    "frequency_governor": "performance",
    "transparent_huge_pages": "always [madvise] never",
    "load_average": 0.9,
}
SPEC: Json = {
    "workload": {
        "entries": 300_000,
        "key_space": 2.0,
        "popularity": "zipf:0.99",
        "mix": {"read": 10.0, "ack": 50.0, "mention": 40.0},
        "commit": {"every": 10_000, "step": 250},
        "payload_bytes": 0,
        "trace": "",
        "trace_format": "",
        "fill": True,
    },
    "load": {
        "arrivals": "poisson",
        "rate": 20_000.0,
        "duration_ns": 10_000_000_000,
        "warm_up_ns": 1_000_000_000,
        "wait": "spin",
        "closed_loop": False,
    },
    "service": {"store": "memory", "miss_penalty_ns": 0, "commit": "inline", "workers": 1},
}


def trial(strategy: str = "slots", repeat: int = 1, **over: Any) -> Json:
    """Return a trial's result. Keys of ``over``: those of the result, or p50, max, gc_max, ..."""
    figures = dict.fromkeys(LATENCY, 1.0 * MS)
    figures.update({name: over.pop(name) for name in LATENCY if name in over})
    factors = over.pop("factors", {})
    label = " ".join([strategy, *(f"{name}={value}" for name, value in factors.items())])
    pauses = over.pop("pauses", 12)
    result: Json = {
        "strategy": strategy,
        "label": label,
        "factors": factors,
        "status": "ok",
        "reason": None,
        "runtime": {"name": "CPython", "version": "3.11.7", "collector": "generational"},
        "entries": 300_000,
        "load": {
            "rate": 20_000.0,
            "arrivals": "poisson",
            "closed_loop": False,
            "wait": "spin",
            "duration_s": 10.0,
        },
        "store": "memory",
        "miss_penalty_ns": 0,
        "commit": "inline",
        "workers": 1,
        "request": {"objects": 0, "in_flight": 0, "burst": 1, "cycles": 0.0},
        "seed": 1,
        "repeat": repeat,
        "measured_s": 10.0,
        "operations": 200_000,
        "misses": 15_000,
        "response_ns": figures,
        "service_ns": {name: None if v is None else v / 10 for name, v in figures.items()},
        "gc": {
            "pauses": pauses,
            "by_generation": {"0": max(0, pauses - 5), "1": 0, "2": over.pop("full", 5)},
            "max_ns": over.pop("gc_max", 1.0 * MS),
            "total_ns": 50 * MS,
        },
        "memory": {"rss_bytes": 100_000_000, "bytes_per_entry": over.pop("bytes", 200.0)},
        "busy_s": 1.0,
        "warnings": [],
    }
    return {**result, **over}


def write_run(
    folder: Path,
    trials: Sequence[Json],
    *,
    spec: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, Any] | None = None,
    full_at_s: Mapping[str, Sequence[float]] | None = None,
    asked: Iterable[Json] = (),
    **run: Any,
) -> StoredRun:
    """Write a run and read it back.

    ``spec`` changes fields of workload, load and service of all trials; ``full_at_s`` has the
    starts of full collections by strategy; ``asked`` are trials that the experiment asked for and
    that are not there.
    """
    sections = copy.deepcopy(SPEC)
    for section, fields in (spec or {}).items():
        sections[section].update(fields)
    names = []
    for number, result in enumerate(trials, 1):
        name = f"{number:02d}-{result['strategy'].replace(':', '-').replace('*', '-')}"
        path = folder / "trials" / name
        path.mkdir(parents=True)
        names.append(name)
        changed = (spec or {}).get("load", {})
        load = {name: changed.get(name, value) for name, value in result["load"].items()}
        (path / "trial.json").write_text(json.dumps({"schema": 1, **result, "load": load}))
        starts = (full_at_s or {}).get(result["strategy"])
        if starts is not None:
            lines = ["start_ns,duration_ns,generation,collected,uncollectable,explicit"]
            lines += [f"{int(at * 1e9)},{MS},2,0,0,0" for at in starts]
            lines += ["1,1,0,0,0,0", "2,1,2,0,0,1"]
            (path / "gc.csv").write_text("\n".join(lines) + "\n")
    content = {
        "schema": 1,
        "name": folder.name,
        "experiment": {
            "name": "made",
            "question": "Does it?",
            "trials": [
                {
                    "strategy": result["strategy"],
                    **sections,
                    "seed": 1,
                    "repeat": result["repeat"],
                    "factors": [list(item) for item in result["factors"].items()],
                }
                for result in (*trials, *asked)
            ],
        },
        "traces": {},
        "environment": {**ENVIRONMENT, **(environment or {})},
        "status": "complete",
        "warnings": [],
        "trials": names,
        **run,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(content))
    return load_run(folder)


def repeats(strategy: str, values: Sequence[Any], figure: str = "p99.9", **over: Any) -> list[Json]:
    """Return one trial per value of a figure, in rounds 1, 2, ..."""
    return [trial(strategy, n, **{figure: value}, **over) for n, value in enumerate(values, 1)]
