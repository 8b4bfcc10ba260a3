"""Rows of the table, from results made by hand."""

from __future__ import annotations

from typing import Any

from lab.analysis.summary import summarise_run


def result(label: str, p999: float | None = 100.0, **over: Any) -> dict[str, Any]:
    latency = {"p50": 1.0, "p99": 10.0, "p99.9": p999, "max": 1_000.0}
    return {
        "label": label,
        "status": "ok",
        "reason": None,
        "load": {"closed_loop": False},
        "response_ns": latency,
        "service_ns": dict.fromkeys(latency, 7.0),
        "gc": {"max_ns": 50, "by_generation": {"0": 9, "1": 3, "2": 2}, "total_ns": 5e8},
        "memory": {"bytes_per_entry": 200.0},
        "measured_s": 10.0,
        "busy_s": 2.0,
        **over,
    }


def test_figures_of_one_trial() -> None:
    row = summarise_run([result("slots")])[0]

    assert (row.p50_ns, row.p99_ns, row.p999_ns, row.max_ns) == (1.0, 10.0, 100.0, 1_000.0)
    assert (row.worst_pause_ns, row.full_collections) == (50, 2)
    assert (row.paused, row.busy, row.bytes_per_entry) == (0.05, 0.2, 200.0)
    assert row.p999_ratio == 1.0


def test_repeats_give_medians_and_ratios_are_to_the_first_strategy() -> None:
    results = [result("a", p) for p in (100.0, 300.0, 200.0)] + [result("b", 50.0)]
    first, second = summarise_run(results)

    assert (first.label, first.trials, first.p999_ns) == ("a", 3, 200.0)
    assert second.p999_ratio == 0.25


def test_a_failed_trial_is_left_out_of_the_figures_and_named() -> None:
    failed = result("a", 9e9, status="failed", reason="it died")
    row = summarise_run([result("a"), failed])[0]

    assert (row.trials, row.good, row.p999_ns) == (2, 1, 100.0)
    assert (row.status, row.reason) == ("failed", "it died")


def test_a_strategy_that_only_failed_has_no_figures() -> None:
    row = summarise_run([result("a", status="failed", reason="it died")])[0]

    assert (row.good, row.p50_ns, row.p999_ratio) == (0, None, None)


def test_a_figure_that_one_trial_lacks_is_no_figure() -> None:
    row = summarise_run([result("a", 100.0), result("a", None)])[0]

    assert row.p999_ns is None
    assert row.p99_ns == 10.0


def test_a_closed_loop_shows_service_times() -> None:
    row = summarise_run([result("a", load={"closed_loop": True})])[0]

    assert row.p50_ns == 7.0
