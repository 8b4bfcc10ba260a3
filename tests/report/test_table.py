"""The lines below a run's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.report.table import _on_trials, remarks
from lab.store import StoredRun, StoredTrial
from tests.analysis.made_run import repeats, write_run


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"skipped": 0, "hashed_keys": 0, "collisions": 0, "has_operations": False}, []),
        ({}, []),
        (
            {"skipped": 1_234, "hashed_keys": 5, "collisions": 2, "has_operations": True},
            [
                "trace t: its own operations were played, not the mix; accesses that are no "
                "request, skipped: 1,234; keys that are no 64-bit number, hashed: 5; keys that "
                "cannot be told from another: 2"
            ],
        ),
    ],
)
def test_what_of_a_trace_was_not_played(facts: dict[str, Any], expected: list[str]) -> None:
    stored = StoredRun(Path("run"), {"experiment": {"trials": []}, "traces": {"t": facts}}, ())
    assert list(remarks(stored)) == expected


@pytest.mark.parametrize(
    ("size", "payloads", "expected"),
    [
        (
            139.6,
            [0],
            "its values have 140 bytes on average; --payload 140 gives every entry as many",
        ),
        (140.0, [140], "its values have 140 bytes on average"),
        (
            *(1e4, [140, 10_000]),
            "its values have 10,000 bytes on average; --payload 10000 gives every entry as many",
        ),
        (0.0, [0], None),
        (None, [0], None),
    ],
)
def test_how_large_the_values_of_a_trace_are(
    size: float | None, payloads: list[int], expected: str | None
) -> None:
    workloads = [{"trace": "t", "payload_bytes": payload} for payload in payloads]
    workloads.append({"trace": "other", "payload_bytes": 7})
    run = {
        "experiment": {"trials": [{"strategy": "s", "workload": each} for each in workloads]},
        "traces": {"t": {"mean_size_bytes": size}},
    }
    assert list(remarks(StoredRun(Path("run"), run, ()))) == (
        [f"trace t: {expected}"] if expected else []
    )


def warned(label: str, message: str, value: float | None = None) -> StoredTrial:
    warning = {"code": "noisy", "message": message, "value": value, "advice": "wait"}
    result = {"label": label, "repeat": 1, "status": "ok", "warnings": [warning]}
    return StoredTrial(Path(label), result)


def lines(*trials: StoredTrial) -> list[str]:
    return list(_on_trials(StoredRun(Path("run"), {"experiment": {"trials": []}}, trials)))


def test_the_same_warning_of_two_strategies_is_one_line() -> None:
    assert lines(warned("a", "m"), warned("b", "m")) == ["noisy (a, b): m; wait"]


def test_of_repeats_the_worst_is_said() -> None:
    assert lines(warned("a", "m", 1), warned("a", "n", 3), warned("a", "o", 2)) == [
        "noisy (a): n; wait"
    ]


def test_of_many_different_texts_the_worst_stands_for_all() -> None:
    trials = [warned(label, f"m {label}", value) for label, value in (("a", 1), ("b", 9), ("c", 2))]
    assert lines(*trials) == ["noisy (a, b, c): worst, b: m b; wait"]
    assert lines(*trials[:2]) == ["noisy (a): m a; wait", "noisy (b): m b; wait"]


def test_a_maximum_without_an_interval_is_explained_for_every_strategy(tmp_path: Path) -> None:
    """Also for the first one, which is compared with nothing."""
    few = repeats("slots", [1.0, 1.1, 1.2], full=2) + repeats("flat", [1.0, 1.1, 1.2], full=3)
    lines = list(remarks(write_run(tmp_path / "few", few)))
    (line,) = [line for line in lines if "full collections" in line]
    assert line.startswith("fewer than 3 full collections of slots fit in a trial: its maximum")
    one = write_run(tmp_path / "one", repeats("slots", [1.0], full=2))
    assert not [line for line in remarks(one) if "full collections" in line]
