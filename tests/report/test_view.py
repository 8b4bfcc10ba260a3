"""What the charts are given of a stored run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.report.charts import CausesView, NoiseView, TrialView
from lab.report.view import run_view
from lab.store import StoredRun, StoredTrial

SHARES = {"gc": 0.75, "unexplained": 0.25}
OLD: dict[str, Any] = {
    "label": "flat",
    "strategy": "flat",
    "repeat": 1,
    "status": "ok",
    "reason": None,
    "operations": 0,
    "entries": 1000,
    "store": "memory",
    "load": {"closed_loop": False, "rate": 1000.0, "arrivals": "poisson", "wait": "spin"},
    "runtime": None,
    "warnings": [],
}
SPEC = {
    "strategy": "flat",
    "workload": {
        "mix": {"read": 1, "ack": 1, "mention": 2},
        "trace": None,
        "popularity": "uniform",
        "key_space": 2.0,
    },
}


def view(folder: Path, *results: dict[str, Any]) -> tuple[NoiseView, tuple[TrialView, ...]]:
    run = {
        "experiment": {"question": "why?", "trials": [SPEC]},
        "environment": {"cpu": "a cpu", "cores": 2},
    }
    trials = tuple(StoredTrial(folder, {**OLD, **result}) for result in results)
    found = run_view(StoredRun(folder, run, trials))
    return found.noise, found.trials


def test_an_older_trial_has_neither_causes_nor_noise(tmp_path: Path) -> None:
    noise, (trial,) = view(tmp_path, {})
    assert noise == NoiseView()
    assert trial.causes is None
    assert trial.valid
    assert trial.notes == ()
    assert trial.stall_start_s.size == trial.stall_ns.size == 0


def test_the_causes_are_taken_as_they_are(tmp_path: Path) -> None:
    causes = {
        "above_p99": SHARES,
        "above_p99.9": {},
        "waiting_time": {"gc": 1.0},
        "slow": {"gc": 3},
    }
    _, (trial,) = view(tmp_path, {"causes": causes})
    assert trial.causes == CausesView(SHARES, {}, {"gc": 1.0})


def test_the_noise_is_the_most_beside_any_trial(tmp_path: Path) -> None:
    noise, _ = view(
        tmp_path,
        {"noise_ns": {"p99": 1, "p99.9": 20, "p99.99": None, "max": 300}},
        {"noise_ns": {"p99": 4, "p99.9": 10, "p99.99": None, "max": None}},
        {"noise_ns": None},
        {},
    )
    assert noise == NoiseView(4.0, 20.0, None, 300.0)


@pytest.mark.parametrize("rows", ["", "1500000000,250000\n2000000000,7000000\n"])
def test_the_stalls_beside_a_trial_are_read(tmp_path: Path, rows: str) -> None:
    (tmp_path / "noise.csv").write_text("start_ns,late_ns\n" + rows)
    _, (trial,) = view(tmp_path, {})
    assert trial.stall_start_s.tolist() == ([1.5, 2.0] if rows else [])
    assert trial.stall_ns.tolist() == ([250_000, 7_000_000] if rows else [])


def test_a_trial_that_is_not_valid_says_why(tmp_path: Path) -> None:
    warnings = [{"code": "busy", "message": "another process ran", "invalidates": True}]
    spoiled = {"valid": False, "warnings": warnings}
    _, (good, bad) = view(tmp_path, {"valid": True}, {**spoiled, "repeat": 2})
    assert good.counts
    assert not bad.counts
    assert bad.notes == ("busy: another process ran",)


def test_a_trial_that_was_played_again_is_not_shown(tmp_path: Path) -> None:
    _, (trial,) = view(tmp_path, {"valid": False}, {"valid": True})
    assert trial.counts


def test_strategies_stand_in_the_order_in_which_they_were_asked_for(tmp_path: Path) -> None:
    run = {
        "experiment": {"question": "", "labels": ["b", "a"], "trials": [SPEC]},
        "environment": {"cpu": "a cpu", "cores": 2},
    }
    shuffled = [("a", 1), ("b", 1), ("b", 2), ("a", 2)]
    trials = tuple(StoredTrial(tmp_path, {**OLD, "label": n, "repeat": r}) for n, r in shuffled)
    shown = run_view(StoredRun(tmp_path, run, trials)).trials
    assert [(trial.label, trial.repeat) for trial in shown] == [
        ("b", 1),
        ("b", 2),
        ("a", 1),
        ("a", 2),
    ]


def test_a_wrong_answer_is_not_explained_twice(tmp_path: Path) -> None:
    _, (trial,) = view(tmp_path, {"status": "invalid", "reason": "wrong value", "valid": False})
    assert not trial.counts
    assert trial.notes == ()


@pytest.mark.parametrize(
    ("collector", "stored", "shown"),
    [
        ("generational", [0, 1, 2], [0, 1, 2]),
        ("free-threaded", [0, 0, 0], [2, 2, 2]),
        ("incremental", [1, 1, 1], [1, 1, 1]),
        ("incminimark", [0, 1, 2], [0, 1, 2]),
    ],
)
def test_a_walk_over_the_whole_heap_is_shown_as_one_whatever_its_number(
    tmp_path: Path, collector: str, stored: list[int], shown: list[int]
) -> None:
    rows = "".join(f"{10 * n},5,{each},0,0,0,0\n" for n, each in enumerate(stored))
    columns = "start_ns,duration_ns,generation,collected,uncollectable,explicit,worker"
    (tmp_path / "gc.csv").write_text(f"{columns}\n{rows}")
    runtime = {"name": "x", "version": "1", "collector": collector}
    _, (trial,) = view(tmp_path, {"runtime": runtime})
    assert trial.pause_generation.tolist() == shown
