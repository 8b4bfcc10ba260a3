"""Rows of the table, from results made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.analysis.summary import Row, noise_floor, summarise_run
from lab.store import StoredRun, StoredTrial

MS = 1_000_000


def result(
    label: str, p999: float | None = 100 * MS, repeat: int = 1, **over: Any
) -> dict[str, Any]:
    latency = {"p50": 1.0, "p99": 10.0, "p99.9": p999, "max": 1_000.0 * MS}
    return {
        "label": label,
        "repeat": repeat,
        "status": "ok",
        "reason": None,
        "load": {"closed_loop": False},
        "operations": 200_000,
        "misses": 0,
        "response_ns": latency,
        "service_ns": dict.fromkeys(latency, 7.0),
        "gc": {
            "pauses": 14,
            "max_ns": 50,
            "by_generation": {"0": 9, "1": 3, "2": 2},
            "total_ns": 5e8,
        },
        "causes": {"above_p99.9": {"gc": 0.8, "rehash": 0.15, "drop": 0.05}},
        "noise_ns": {"p99": 1.0, "p99.9": 2.0, "max": 3.0 * MS},
        "memory": {"bytes_per_entry": 200.0, "rss_bytes": 1},
        "measured_s": 10.0,
        "busy_s": 2.0,
        "warnings": [],
        **over,
    }


def stored(*results: dict[str, Any]) -> StoredRun:
    trials = tuple(StoredTrial(Path("nowhere"), each) for each in results)
    specs = [{"strategy": each["label"], "factors": []} for each in results]
    return StoredRun(Path("nowhere"), {"experiment": {"trials": specs}}, trials)


def rows(*results: dict[str, Any]) -> list[Row]:
    return summarise_run(stored(*results))


def points(row: Row) -> tuple[float | None, ...]:
    found = (row.p50, row.p99, row.p999, row.longest, row.worst_pause)
    return tuple(each.point if each else None for each in found)


def test_figures_of_one_trial() -> None:
    row = rows(result("slots"))[0]

    assert points(row) == (1.0, 10.0, 100 * MS, 1_000 * MS, 50)
    assert (row.full_collections, row.paused, row.busy, row.bytes_per_entry) == (2, 0.05, 0.2, 200)
    assert row.ratio is None
    assert row.why == (("gc", 0.8), ("rehash", 0.15))


def test_one_repeat_has_no_interval() -> None:
    row = rows(result("slots"))[0]
    assert row.p99 is not None
    assert (row.p99.low, row.p99.high) == (None, None)


def test_repeats_give_medians_intervals_and_ratios_to_the_first_strategy() -> None:
    first, second = rows(
        *(result("a", p * MS, n) for n, p in enumerate((100, 120, 110), 1)),
        *(result("b", p * MS, n) for n, p in enumerate((50, 55, 60), 1)),
    )

    assert first.p999 is not None
    assert first.p999.low is not None
    assert first.p999.high is not None
    assert first.p999.low < first.p999.point == 110 * MS < first.p999.high
    assert second.ratio is not None
    assert second.ratio.ratio is not None
    assert second.ratio.ratio.point == 0.5
    assert second.ratio.verdict == "faster"


def test_a_difference_below_the_floor_is_not_ranked() -> None:
    noisy = {"noise_ns": {"p99": 1.0, "p99.9": 80.0 * MS, "max": 90.0 * MS}}
    pairs = [result("a", 100 * MS, n, **noisy) for n in (1, 2, 3)]
    pairs += [result("b", (50 + n) * MS, n, **noisy) for n in (1, 2, 3)]
    found = rows(*pairs)[1].ratio
    assert found is not None
    assert [reason.code for reason in found.reasons] == ["below_noise"]


def test_the_floor_is_the_most_that_was_measured() -> None:
    floor = noise_floor(
        stored(
            result("a"),
            result("b", noise_ns={"p99": 5.0, "p99.9": None, "max": 1.0}),
            result("c", noise_ns=None),
        )
    )
    assert (floor.p99, floor.p999, floor.longest) == (5.0, 2.0, 3.0 * MS)


def test_a_failed_trial_is_left_out_of_the_figures_and_named() -> None:
    failed = result("a", 9e9, 2, status="failed", reason="it died")
    row = rows(result("a"), failed)[0]

    assert (row.trials, row.valid, points(row)[2]) == (2, 1, 100 * MS)
    assert (row.status, row.reason) == ("failed", "failed: it died")


def test_a_strategy_that_only_failed_has_no_figures() -> None:
    row = rows(result("a", status="failed", reason="it died"))[0]

    assert (row.valid, row.p50, row.ratio, row.why) == (0, None, None, ())


def test_what_is_not_valid_is_shown_and_not_ranked() -> None:
    late = {
        "valid": False,
        "warnings": [{"code": "generator_late", "message": "late", "invalidates": True}],
    }
    first, second = rows(result("a"), result("b", **late))
    assert (second.status, second.reason) == ("not valid", "generator_late: late")
    assert points(second) == points(first)
    assert second.ratio is not None
    assert second.ratio.verdict == "not ranked"


def test_a_trial_that_is_not_valid_leaves_the_others() -> None:
    row = rows(result("a"), result("a", 9e9, 2, valid=False))[0]
    assert (row.status, row.trials, row.valid, points(row)[2]) == ("ok", 2, 1, 100 * MS)


def test_a_figure_that_one_trial_lacks_is_no_figure() -> None:
    row = rows(result("a"), result("a", None, 2))[0]

    assert row.p999 is None
    assert row.p99 is not None


def test_a_closed_loop_shows_service_times() -> None:
    row = rows(result("a", load={"closed_loop": True}))[0]

    assert points(row)[0] == 7.0


def test_causes_are_means_over_the_trials_that_have_any() -> None:
    row = rows(
        result("a", causes={"above_p99.9": {"gc": 0.2, "load": 0.4}}),
        result("a", 100, 2, causes={"above_p99.9": {"gc": 0.6, "load": 0.4}}),
        result("a", 100, 3, causes={"above_p99.9": {}}),
    )[0]
    assert [(cause, round(share, 9)) for cause, share in row.why] == [("gc", 0.4), ("load", 0.4)]


def test_a_strategy_that_spoiled_a_trial_itself_is_shown_as_not_valid() -> None:
    warning = {"code": "overloaded", "message": "too much", "invalidates": True}
    row = rows(result("a"), result("a", 9e9, 2, valid=False, warnings=[warning]))[0]
    assert (row.status, row.reason) == ("not valid", "overloaded: too much")
    assert (row.trials, row.valid, points(row)[2]) == (2, 1, 100 * MS)
