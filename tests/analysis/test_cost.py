"""Costs and lower-bound overheads of results made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from lab.analysis.cost import Cost, costs
from lab.analysis.intervals import Interval


def result(label: str, busy_s: float | None, gc_s: float = 0.0, **over: Any) -> dict[str, Any]:
    return {
        "label": label,
        "strategy": label,
        "status": "ok",
        "repeat": 1,
        "factors": {},
        "entries": 1_000,
        "load": {"closed_loop": False, "rate": 20_000.0},
        "operations": 2_000_000,
        "measured_s": 100.0,
        "busy_s": busy_s,
        "gc": {"total_ns": gc_s * 1e9},
        "memory": {"bytes_per_entry": 200.0},
        **over,
    }


def point(interval: Interval | None) -> float:
    assert interval is not None
    return interval.point


def by_label(*results: dict[str, Any]) -> dict[str, Cost]:
    return {cost.label: cost for cost in costs(results)}


def test_costs_worked_by_hand() -> None:
    # the ideal is the collector's own work taken out of slots: 4 s, below flat's 5 s
    found = by_label(result("slots", 10.0, 6.0), result("flat", 5.0))
    slots, flat = found["slots"], found["flat"]

    assert point(slots.collecting) == pytest.approx(0.6)
    assert point(slots.busy_s_per_million) == pytest.approx(5.0)
    assert point(slots.extra_busy) == pytest.approx(1.5)
    assert point(flat.extra_busy) == pytest.approx(0.25)
    assert point(flat.collecting) == 0
    assert point(flat.bytes_per_entry) == 200.0
    assert flat.saturation_per_s is None


def test_the_cheapest_strategy_without_collections_has_no_overhead() -> None:
    found = by_label(result("flat", 5.0), result("slots", 20.0, 5.0))

    assert point(found["flat"].extra_busy) == 0
    assert point(found["slots"].extra_busy) == pytest.approx(3.0)


def test_operations_are_counted_not_trials() -> None:
    found = by_label(result("flat", 5.0), result("half", 5.0, operations=1_000_000))

    assert point(found["half"].busy_s_per_million) == 5.0
    assert point(found["half"].extra_busy) == pytest.approx(1.0)
    assert point(found["half"].extra_wall) == pytest.approx(1.0)


def test_figures_are_medians_over_the_good_trials() -> None:
    trials = [result("slots", busy, repeat=n) for n, busy in enumerate((4.0, 8.0, 6.0), 1)]
    failed = result("slots", 900.0, status="failed")
    found = by_label(*trials, failed)["slots"]

    assert found.busy_s_per_million is not None
    assert (found.busy_s_per_million.point, found.busy_s_per_million.n) == (3.0, 3)
    assert found.extra_busy is not None
    assert found.extra_busy.point == 0
    # each of its trials took as long as itself, whatever the rounds did to it
    assert found.extra_busy.low == found.extra_busy.high == 0


def test_overheads_are_paired_by_round() -> None:
    # the machine was half as fast in the second round: for both, and the overhead is the same
    trials = [
        result(label, busy * slow, repeat=n)
        for n, slow in ((1, 1.0), (2, 2.0), (3, 1.5))
        for label, busy in (("flat", 5.0), ("slots", 10.0))
    ]
    extra = by_label(*trials)["slots"].extra_busy

    assert extra is not None
    assert (extra.point, extra.low, extra.high) == pytest.approx((1.0, 1.0, 1.0))


def test_an_open_loop_waits_whatever_its_collections_take() -> None:
    found = by_label(result("slots", 10.0, 6.0), result("flat", 5.0))

    assert point(found["slots"].extra_wall) == 0
    assert point(found["flat"].extra_wall) == 0


def test_a_closed_loop_takes_longer_by_its_collections() -> None:
    closed = {"closed_loop": True, "rate": 20_000.0}
    found = by_label(
        result("slots", 100.0, 20.0, load=closed),
        result("flat", 120.0, load=closed, measured_s=120.0),
    )

    assert point(found["slots"].extra_wall) == pytest.approx(0.25)
    assert point(found["flat"].extra_wall) == pytest.approx(0.5)


def test_the_pauses_of_two_workers_lengthen_the_run_by_half() -> None:
    closed = {"closed_loop": True, "rate": None}
    found = by_label(result("slots", 200.0, 40.0, load=closed, workers=2))

    assert point(found["slots"].extra_wall) == pytest.approx(0.25)


def test_other_loads_are_no_measure() -> None:
    cheap = result("flat rate=1", 1.0, factors={"rate": "1"})
    found = by_label(result("slots", 10.0), cheap)

    assert point(found["slots"].extra_busy) == 0


def test_a_closed_loop_of_the_same_strategy_says_where_it_saturates() -> None:
    closed = {"closed_loop": True, "rate": None}
    found = by_label(
        result("slots", 10.0),
        result("flat", 5.0),
        result("slots loop=closed", 9.0, strategy="slots", load=closed, measured_s=10.0),
        result("slots other=1", 9.0, strategy="slots", load=closed, measured_s=1.0, entries=5),
    )

    assert point(found["slots"].saturation_per_s) == 200_000
    assert point(found["slots loop=closed"].saturation_per_s) == 200_000
    assert found["flat"].saturation_per_s is None


def test_what_a_trial_lacks_is_no_figure() -> None:
    found = by_label(result("slots", None, memory={"bytes_per_entry": None}), result("idle", 0.0))

    assert found["slots"].busy_s_per_million is None
    assert found["slots"].extra_busy is None
    assert found["slots"].bytes_per_entry is None
    assert found["idle"].collecting is None
    assert by_label(result("none", 1.0, operations=0)) == {}
