from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_up import found, only, quiet

from lab.validity import Generator
from lab.validity.trend import drift

MS = 1_000_000


def latency(**changes: float | None) -> dict[str, float | None]:
    own = dict(quiet().latency_ns)
    return {**own, **{name.replace("_", "."): value for name, value in changes.items()}}


# --- generator_late -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late_requests", "worst_late_ns", "invalidates"),
    [
        (21, 17 * MS + 1, True),
        (20, 18 * MS, False),  # 1 in 10,000: a tenth of what lies beyond the p99.9
        (200_000, 17 * MS, False),  # a tenth of the p99.9 of 170 ms
        (1, 1, False),
    ],
)
def test_late_requests_invalidate_where_they_can_move_the_p999(
    late_requests: int, worst_late_ns: int, invalidates: bool
) -> None:
    warning = only(quiet(generator=Generator(3, late_requests, worst_late_ns)))
    assert warning["code"] == "generator_late"
    assert warning["value"] == late_requests / 200_000
    assert warning["invalidates"] is invalidates
    assert f"{late_requests:,} requests" in warning["message"]
    assert warning["message"].startswith("3 blocks were handed over late, the worst by")


def test_without_a_p999_any_lateness_counts() -> None:
    figures = quiet(latency_ns=latency(**{"p99.9": None}), generator=Generator(1, 1_000, 1))
    assert found(figures)["generator_late"]["invalidates"]


# --- ring_starved -------------------------------------------------------------------------------


@pytest.mark.parametrize(("workers", "starved_s"), [(1, 0.11), (2, 0.21)])
def test_a_worker_without_blocks_invalidates_an_open_loop(workers: int, starved_s: float) -> None:
    starved = Generator(starved_s=starved_s)
    warning = only(quiet(generator=starved, workers=workers))
    assert warning["code"] == "ring_starved"
    assert warning["invalidates"]
    assert warning["value"] == pytest.approx(starved_s / 10.001 / workers)
    assert found(quiet(generator=Generator(starved_s=0.09 * workers), workers=workers)) == {}


def test_in_a_closed_loop_it_is_a_note() -> None:
    warning = found(quiet(generator=Generator(starved_s=5.0), closed_loop=True))["ring_starved"]
    assert not warning["invalidates"]
    assert "operations per second are the lab's" in warning["message"]


# --- overloaded ---------------------------------------------------------------------------------


def behind(by_s: float, **changes: Any) -> dict[str, Any]:
    return found(quiet(measured_s=10 + by_s, longest_service_ns=100 * MS, **changes))


def test_a_backlog_at_the_end_is_an_overload() -> None:
    # 2 % of 10 s and twice the longest operation of 0.1 s
    assert behind(0.399) == {}
    warning = behind(0.41)["overloaded"]
    assert warning["invalidates"]
    assert warning["value"] == pytest.approx(0.041)
    assert warning["threshold"] == 0.02
    assert "finished 410 ms after the end" in warning["message"]


def test_a_long_pause_at_the_end_is_no_overload() -> None:
    assert found(quiet(measured_s=12.5, longest_service_ns=1_600 * MS)) == {}


def test_a_closed_loop_has_no_overload() -> None:
    assert list(behind(5, closed_loop=True)) == ["closed_loop"]


RISING = np.linspace(1e6, 40e6, 100)


def test_a_busy_worker_and_rising_medians_are_an_overload() -> None:
    warning = only(quiet(busy_s=9.6, interval_p50_ns=RISING))
    assert warning["code"] == "overloaded", "and not_steady is not said besides"
    assert warning["value"] == pytest.approx(9.6 / 10.001)
    assert warning["threshold"] == 0.95
    assert warning["invalidates"]


@pytest.mark.parametrize(
    "changes",
    [
        {"busy_s": 9.4, "interval_p50_ns": RISING},
        {"busy_s": 9.9, "interval_p50_ns": RISING[::-1]},
        {"busy_s": 9.9, "interval_p50_ns": np.linspace(10, 22, 100)},  # thirds: 12 to 20
        {"busy_s": 9.9, "interval_p50_ns": RISING, "ramp": True},
        {"busy_s": 9.9, "interval_p50_ns": RISING, "workers": 2},
        {"busy_s": None, "interval_p50_ns": RISING},
        {"busy_s": 9.9},
    ],
)
def test_neither_alone_is_an_overload(changes: dict[str, Any]) -> None:
    assert "overloaded" not in found(quiet(**changes))


def test_a_trace_to_its_end_has_no_backlog_but_may_be_overloaded() -> None:
    assert found(quiet(scheduled_s=None, measured_s=99.0, busy_s=9.0)) == {}
    rising = quiet(scheduled_s=None, busy_s=9.9, interval_p50_ns=RISING)
    assert list(found(rising)) == ["overloaded"]


# --- too_few_samples ----------------------------------------------------------------------------


def test_blank_percentiles_are_named_with_how_long_it_takes() -> None:
    few = quiet(latency_ns=latency(**{"p99": None, "p99.9": None, "p99.99": None}), requests=800)
    warning = only(few)
    assert warning["code"] == "too_few_samples"
    assert warning["message"] == "no p99 and no p99.9: 800 requests, p99.9 takes 10,000"
    assert (warning["value"], warning["threshold"]) == (800, 10_000)
    # 10.001 s * 10,000 / 800, and a tenth more
    assert warning["advice"] == "take --duration 138s or longer"
    assert not warning["invalidates"]


def test_a_blank_p9999_is_no_warning() -> None:
    assert found(quiet(latency_ns=latency(**{"p99.99": None}))) == {}


# --- not_steady ---------------------------------------------------------------------------------


def test_medians_that_drift_are_a_note() -> None:
    for medians, word in ((np.linspace(2, 4, 100), "rose"), (np.linspace(4, 2, 100), "fell")):
        warning = only(quiet(interval_p50_ns=medians))
        assert warning["code"] == "not_steady"
        assert f"response time {word}" in warning["message"]
        assert warning["value"] == pytest.approx(3.67 / 2.33 - 1, rel=0.02)
        assert not warning["invalidates"]


def test_a_small_drift_is_none() -> None:
    assert found(quiet(interval_p50_ns=np.linspace(100, 138, 100))) == {}  # thirds: 106 to 132
    assert "not_steady" in found(quiet(interval_p50_ns=np.linspace(100, 140, 100)))


@pytest.mark.parametrize(("seed", "z", "named"), [(1, 3.25, False), (62, 3.35, True)])
def test_a_change_is_named_where_the_trend_is_beyond_chance(
    seed: int, z: float, named: bool
) -> None:
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.5, 100))
    medians = noise * np.linspace(1, 2, 100)
    moved = drift(medians)
    assert moved is not None
    assert moved.z == pytest.approx(z, abs=0.01)
    assert moved.change > 0.5
    assert ("not_steady" in found(quiet(interval_p50_ns=medians))) is named


def test_a_change_against_the_trend_is_none() -> None:
    # falling nearly everywhere, and yet the last third's median is above the first third's
    levels = np.repeat([100.0, 1.0, 0.5, 1.4, 0.1], [16, 17, 34, 17, 16])
    medians = levels * np.linspace(1, 0.99, 100)
    moved = drift(medians)
    assert moved is not None
    assert moved.ratio > 1.3
    assert moved.z < -4
    assert found(quiet(interval_p50_ns=medians)) == {}


def test_pauses_are_no_drift() -> None:
    medians = np.array(quiet().interval_p50_ns)
    medians[60:70] = medians[85:95] = 5e8
    assert found(quiet(interval_p50_ns=medians)) == {}


def test_a_ramp_drifts_by_design() -> None:
    assert found(quiet(interval_p50_ns=np.linspace(2, 9, 100), ramp=True)) == {}


def test_in_a_closed_loop_it_is_service_time() -> None:
    closed = found(quiet(interval_p50_ns=np.linspace(2, 9, 100), closed_loop=True))
    assert "service time rose" in closed["not_steady"]["message"]


def test_a_failed_trial_is_not_judged() -> None:
    figures = quiet(status="failed", reason="killed", measured_s=99.0, interval_p50_ns=RISING)
    assert list(found(figures)) == ["failed"]
