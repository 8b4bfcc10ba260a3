from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_up import found, only, quiet

from lab.validity import Collector, Noise

FAST = {"p50": 2_300.0, "p99": 130_000.0, "p99.9": 588_000.0, "max": 3_950_000.0}


def test_a_shared_core_is_named() -> None:
    warning = only(quiet(own_cores=False))
    assert warning["code"] == "shared_core"
    assert not warning["invalidates"]


def test_what_could_not_be_bound_to_a_core_is_named() -> None:
    warning = only(quiet(pinning_error="Operation not permitted"))
    assert warning["code"] == "pinning_failed"
    assert "Operation not permitted" in warning["message"]
    assert not warning["invalidates"]
    taken = found(quiet(pinning_error="refused", measured_s=10.0, run_delay_s=0.6))
    assert set(taken) == {"pinning_failed", "core_taken"}


# --- core_taken ---------------------------------------------------------------------------------


def test_a_worker_that_waited_for_its_core_measured_something_else() -> None:
    warning = only(quiet(measured_s=10.0, run_delay_s=0.6))
    assert warning["code"] == "core_taken"
    assert warning["value"] == pytest.approx(0.06)
    assert "6.0 % of the time" in warning["message"]
    assert warning["invalidates"]


@pytest.mark.parametrize(
    "over",
    [
        {"run_delay_s": 0.5},
        {"run_delay_s": None},
        {"run_delay_s": 0.9, "workers": 2},
        {"run_delay_s": 5.0, "own_cores": False},
    ],
)
def test_a_core_of_its_own_for_nearly_all_of_the_time_is_enough(over: dict[str, Any]) -> None:
    assert "core_taken" not in found(quiet(**{"measured_s": 10.0, **over}))


# --- noise --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noise", "value", "says"),
    [
        (Noise(p999_ns=294_000.0), 0.5, "p99.9 588 us, the idle machine's 294 us"),
        (Noise(p999_ns=588_000.0, max_ns=1.0), 1.0, "p99.9"),
        (Noise(max_ns=7_900_000.0), 2.0, "max 3.95 ms, the idle machine's 7.90 ms"),
    ],
)
def test_noise_as_large_as_the_tail_is_a_note(noise: Noise, value: float, says: str) -> None:
    warning = only(quiet(noise=noise, latency_ns=FAST))
    assert warning["code"] == "noise_above_effect"
    assert warning["value"] == pytest.approx(value)
    assert says in warning["message"]
    assert not warning["invalidates"]


def test_both_figures_are_named_in_one_warning() -> None:
    warning = only(quiet(noise=Noise(400_000.0, 4_000_000.0), latency_ns=FAST))
    assert "p99.9 588 us" in warning["message"]
    assert "max 3.95 ms" in warning["message"]
    assert warning["value"] == pytest.approx(4 / 3.95)


@pytest.mark.parametrize(
    ("noise", "latency_ns"),
    [
        (Noise(293_000.0, 1_900_000.0), FAST),
        (Noise(), FAST),
        (Noise(1e9, None), {**FAST, "p99.9": None}),
    ],
)
def test_smaller_noise_or_none_is_not_named(noise: Noise, latency_ns: dict[str, Any]) -> None:
    assert "noise_above_effect" not in found(quiet(noise=noise, latency_ns=latency_ns))


@pytest.mark.parametrize(("before", "after"), [(20_000, 61_000), (200_000, 60_000)])
def test_a_floor_that_changes_is_named(before: float, after: float) -> None:
    warning = only(quiet(noise=Noise(before_p99_ns=before, after_p99_ns=after)))
    assert warning["code"] == "noise_changed"
    assert warning["value"] == pytest.approx(max(before, after) / min(before, after))


@pytest.mark.parametrize(
    ("before", "after"), [(20_000, 60_000), (1_000, 50_000), (None, 1e9), (1e9, None)]
)
def test_a_floor_that_stays_or_is_low_is_not(before: float | None, after: float | None) -> None:
    assert found(quiet(noise=Noise(before_p99_ns=before, after_p99_ns=after))) == {}


def test_a_meter_without_figures_is_named() -> None:
    warning = only(quiet(noise=Noise(reasons=("the noise meter was killed by SIGKILL",))))
    assert warning["code"] == "noise_unmeasured"
    assert warning["message"] == "the noise meter was killed by SIGKILL"


# --- heap_growing -------------------------------------------------------------------------------


def growing(share_per_minute: float, **changes: Any) -> dict[str, Any]:
    at_s = np.arange(40) / 4
    return found(
        quiet(rss_at_s=at_s, rss_bytes=1e8 * (1 + share_per_minute * at_s / 60), **changes)
    )


def test_memory_that_grows_is_named() -> None:
    warning = growing(0.3)["heap_growing"]
    assert warning["value"] == pytest.approx(0.3)
    assert "by 30 % a minute (30.0 MB)" in warning["message"]
    assert not warning["invalidates"]
    assert growing(0.09) == {}
    assert "heap_growing" in growing(0.11)


def test_a_cache_that_fills_up_does_not_count() -> None:
    assert growing(0.3, entries_warm=200_000, entries_end=200_001) == {}
    assert growing(0.3, entries_warm=None, entries_end=None) == {}
    assert "heap_growing" in growing(0.3, entries_warm=200_000, entries_end=199_999)


def test_garbage_that_waits_for_the_next_cycle_does_not_count() -> None:
    assert growing(0.3, collector=Collector(kind="concurrent", cycles=2)) == {}
    several = growing(0.3, collector=Collector(kind="concurrent", cycles=3))
    assert several["heap_growing"]["advice"] == "look at resources.csv"
    assert growing(0.3, collector=Collector(kind="none"))["heap_growing"]["advice"] == (
        "look at resources.csv"
    )
    assert "+disabled" in growing(0.3)["heap_growing"]["advice"]


def test_one_step_does_not_count() -> None:
    rss = np.full(40, 1e8)
    rss[20:] *= 1.4
    assert found(quiet(rss_bytes=rss)) == {}


def test_a_short_trial_or_none_is_not_judged() -> None:
    assert found(quiet(rss_at_s=np.arange(5.0), rss_bytes=1e8 * np.arange(1.0, 6))) == {}
    assert found(quiet(rss_at_s=np.empty(0), rss_bytes=np.empty(0))) == {}
