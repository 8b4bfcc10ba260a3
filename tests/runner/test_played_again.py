"""What a run does about trials that the machine spoiled; the trials themselves are made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.analysis.comparison import groups_of
from lab.plan import PlannedTrial, make_plan
from lab.report.live import Quiet
from lab.runner import run as running
from lab.spec import build_experiment
from lab.store import RunWriter, StoredRun
from lab.validity.warning import warn

Json = dict[str, Any]
SPOILED, WRONG = [warn("core_taken", "x", 0.3)], [warn("wrong_answers", "x")]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, list[list[Json]]], int], StoredRun]:
    def go(warnings: dict[str, list[list[Json]]], again: int) -> StoredRun:
        """Play one round; the n-th trial of a strategy has the n-th of its warnings."""
        matrix = {"strategy": list(warnings), "repeats": 1}
        raw = {"workload": {"entries": 100}, "matrix": matrix}
        plan = make_plan(build_experiment("x", raw, verify=False, keep_requests=False))
        left = {name: list(each) for name, each in warnings.items()}

        def made_up(planned: PlannedTrial, writer: RunWriter, *_: object) -> Json:
            found = left[planned.spec.label].pop(0)
            result = {
                "label": planned.spec.label,
                "repeat": planned.spec.repeat,
                "status": "ok",
                "load": {"closed_loop": False},
                "response_ns": dict.fromkeys(("p50", "p99", "p99.9", "max"), 1),
                "gc": {"max_ns": 0},
                "valid": not found,
                "warnings": found,
            }
            folder = writer.begin_trial(planned.number, planned.spec.label)
            writer.finish_trial(folder, result)
            return result

        monkeypatch.setattr(running, "_run_trial", made_up)
        writer = RunWriter("x", tmp_path / "run", running.describe_run(plan, []))
        return running.run_plan(plan, writer, Quiet(), again=again)

    return go


def played(stored: StoredRun) -> list[str]:
    return [trial.folder.name for trial in stored.trials]


def test_a_spoiled_trial_is_played_again_and_both_are_kept(run: Any) -> None:
    stored = run({"slots": [SPOILED, []], "flat": [[]]}, 3)
    assert played(stored) == ["01-slots", "02-flat", "03-slots"]
    assert [trial.valid for trial in stored.trials] == [False, True, True]
    assert stored.valid
    (warning,) = stored.run["warnings"]
    assert warning["code"] == "played_again"
    assert warning["message"].endswith(": slots in round 1")


def test_the_valid_one_counts(run: Any) -> None:
    stored = run({"slots": [SPOILED, []]}, 1)
    group = groups_of(stored)["slots"]
    assert [trial.folder.name for trial in group.trials] == ["02-slots"]
    assert (group.planned, group.invalid) == (1, [])


def test_one_that_is_spoiled_again_is_left_at_that(run: Any) -> None:
    stored = run({"slots": [SPOILED, SPOILED, []]}, 5)
    assert played(stored) == ["01-slots", "02-slots"]
    assert not stored.valid
    assert len(groups_of(stored)["slots"].invalid) == 2


def test_no_more_than_so_many(run: Any) -> None:
    stored = run({"slots": [SPOILED, []], "flat": [SPOILED, []], "dict": [SPOILED, []]}, 2)
    assert played(stored)[3:] == ["04-slots", "05-flat"]


@pytest.mark.parametrize("again", [0, 2])
def test_what_the_strategy_did_wrong_is_not_played_again(run: Any, again: int) -> None:
    found = SPOILED if not again else [*SPOILED, *WRONG]
    stored = run({"slots": [found, []]}, again)
    assert played(stored) == ["01-slots"]
    assert stored.run["warnings"] == []
