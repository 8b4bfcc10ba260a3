from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.report.describe import describe
from lab.store import StoredRun, StoredTrial


def run_with(load: dict[str, Any]) -> StoredRun:
    """Return a stored run of one trial that was never run."""
    workload = {
        "popularity": "zipf:0.99",
        "key_space": 2.0,
        "mix": {"read": 10, "ack": 50, "mention": 40},
        "trace": "",
    }
    result = {
        "label": "slots",
        "repeat": 1,
        "status": "ok",
        "entries": 300_000,
        "load": {"rate": 20_000.0, "closed_loop": False, "wait": "spin", **load},
        "store": "memory",
        "runtime": {"name": "CPython", "version": "3.11.7"},
    }
    run = {
        "experiment": {"trials": [{"strategy": "slots", "workload": workload}]},
        "environment": {"cpu": "a CPU", "cores": 2},
    }
    return StoredRun(Path("x"), run, (StoredTrial(Path("x"), result),))


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ({"arrivals": "poisson"}, "20k/s poisson, open loop, spinning"),
        ({"arrivals": "constant", "ramp": None}, "20k/s constant, open loop"),
        (
            {"arrivals": "bursty:factor=5,on=20ms,off=180ms"},
            "20k/s in bursts (5 times that rate for 20.0 ms, 0.56 times for 180 ms, on average), "
            "open loop",
        ),
        (
            {
                "arrivals": "poisson",
                "ramp": [
                    {"rate": 10_000.0, "start_ns": 0, "end_ns": 5},
                    {"rate": 30_000.0, "start_ns": 5, "end_ns": 10},
                ],
            },
            "10k, 30k/s in turn, poisson, open loop",
        ),
        ({"arrivals": "trace", "rate": None}, "the trace's own arrival times, spinning"),
        ({"arrivals": "bursty:factor=2", "closed_loop": True}, "; closed loop, spinning"),
    ],
)
def test_the_load_is_said_in_words(load: dict[str, Any], words: str) -> None:
    assert words in describe(run_with(load))


def test_strategies_that_wait_in_another_way_are_named() -> None:
    stored = run_with({"arrivals": "poisson"})
    (trial,) = stored.trials
    load = {**trial.result["load"], "wait": "sleep"}
    other = StoredTrial(Path("x"), {**trial.result, "label": "theine", "load": load})
    varied = StoredTrial(Path("x"), {**other.result, "label": "x workers=2", "factors": {"w": 2}})
    found = describe(replace(stored, trials=(trial, other, varied)))
    assert "open loop, spinning (theine sleeping); unless its label says otherwise\n" in found


def test_every_runtime_is_named_once() -> None:
    stored = run_with({"arrivals": "poisson"})
    (trial,) = stored.trials
    others = (("CPython", "3.14.8"), ("CPython", "3.11.7"), ("PyPy", "3.11.17"))
    more = [
        StoredTrial(
            Path("x"),
            {
                **trial.result,
                "label": f"slots python={number}",
                "runtime": {"name": name, "version": version},
            },
        )
        for number, (name, version) in enumerate(others)
    ]
    found = describe(replace(stored, trials=(trial, *more)))
    assert "\nCPython 3.11.7 and CPython 3.14.8 and PyPy 3.11.17, a CPU, 2 cores" in found


def test_a_trial_that_never_started_has_an_unknown_runtime() -> None:
    stored = run_with({"arrivals": "poisson"})
    failed = StoredTrial(Path("x"), {**stored.trials[0].result, "runtime": None})
    assert "\nunknown runtime, a CPU" in describe(replace(stored, trials=(failed,)))


@pytest.mark.parametrize(
    ("request_shape", "words"),
    [
        ({"objects": 3, "in_flight": 5, "burst": 2}, "; 3 objects per request, 5 in flight, "),
        ({"in_flight": 5}, "; 0 objects per request, 5 in flight, finished 1 at a time"),
        ({"burst": 4}, "; 0 objects per request, 0 in flight, finished 4 at a time"),
        ({"cycles": 0.5}, "; a cycle in 50 % of the requests"),
    ],
)
def test_what_requests_leave_is_said(request_shape: dict[str, Any], words: str) -> None:
    stored = run_with({"arrivals": "poisson"})
    assert "per request" not in describe(stored)
    (trial,) = stored.trials
    changed = StoredTrial(Path("x"), {**trial.result, "request": request_shape})
    assert words in describe(replace(stored, trials=(changed,)))
