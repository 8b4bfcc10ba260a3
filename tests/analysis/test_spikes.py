"""Spikes and their period: stalls made by hand, and the rules of CPython by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.analysis.spikes import (
    Rates,
    collection_rates,
    predicted_period_s,
    spikes,
)
from lab.histogram import Hlog, IntervalLog, read_hlog

MS = 1_000_000
SEVEN_HUNDRED = (700, 10, 10)


def made(tmp_path: Path, intervals: int, stalls: list[tuple[int, int]], every_ms: int = 1) -> Hlog:
    """Log a request of 1 us each ms; those due within a stall wait for its end (ms, ms)."""
    due = np.arange(0, intervals * 100, every_ms, dtype=np.int64) * MS
    response = np.full(len(due), 1_000, np.int64)
    for start, length in stalls:
        waiting = (due >= start * MS) & (due < (start + length) * MS)
        response[waiting] += (start + length) * MS - due[waiting]
    log = IntervalLog(tmp_path / "response.hlog", 1_000.0, 0)
    log.record(due, response)
    log.close()
    return read_hlog(tmp_path / "response.hlog")


def test_two_stalls_worked_by_hand(tmp_path: Path) -> None:
    log = made(tmp_path, 40, [(1_050, 220), (3_050, 220)])
    found = spikes([3_050 * MS, 1_050 * MS], [220 * MS, 220 * MS], log)

    # normal: p99 of 1 us, so up to 2 us; the first interval that is normal begins at 1.3 s
    assert found.count == 2
    assert found.limit_ns == 2_000
    assert [found.period_s, found.shortest_s, found.longest_s] == pytest.approx([2.0] * 3)
    first, second = found.each
    assert (first.start_s, first.duration_s, first.spoiled) == (1.05, 0.22, 220)
    assert first.recovery_s == pytest.approx(0.25)
    assert second.spoiled == 220
    assert found.recovery_s == pytest.approx(0.25)
    assert found.spoiled == 220


def test_a_stall_at_the_end_of_an_interval_is_not_over_in_it(tmp_path: Path) -> None:
    # one request in a hundred of the interval of the start waits: its p99 does not show it
    log = made(tmp_path, 20, [(599, 101)])
    found = spikes([599 * MS], [101 * MS], log)

    assert found.each[0].recovery_s == pytest.approx(0.101)
    assert found.each[0].spoiled == 101


def test_the_period_is_the_median_gap_and_its_spread_the_extremes(tmp_path: Path) -> None:
    starts = [500, 1_000, 1_600, 3_000]
    found = spikes(np.array(starts) * MS, [MS] * 4, made(tmp_path, 40, []))

    assert found.period_s == pytest.approx(0.6)
    assert (found.shortest_s, found.longest_s) == (pytest.approx(0.5), pytest.approx(1.4))


def test_a_stall_that_the_trial_ends_in_is_not_recovered_from(tmp_path: Path) -> None:
    found = spikes([800 * MS], [500 * MS], made(tmp_path, 10, [(800, 500)]))

    assert found.each[0].recovery_s is None
    assert found.each[0].spoiled == 200
    assert found.recovery_s is None


def test_requests_between_stalls_without_recovery_count_once(tmp_path: Path) -> None:
    stalls = [(500, 200), (700, 100), (800, 200)]
    starts, lengths = zip(*stalls, strict=True)
    found = spikes(np.array(starts) * MS, np.array(lengths) * MS, made(tmp_path, 30, stalls))

    assert [spike.spoiled for spike in found.each] == [200, 100, 200]
    assert [spike.recovery_s for spike in found.each] == [
        pytest.approx(each) for each in (0.5, 0.3, 0.2)
    ]


def steps(tmp_path: Path, *levels_us: int) -> Hlog:
    """Log 100 requests of one response time per interval."""
    log = IntervalLog(tmp_path / "response.hlog", 1_000.0, 0)
    for number, level in enumerate(levels_us):
        log.record(np.full(100, number * 100 * MS), np.full(100, level * 1_000))
    log.close()
    return read_hlog(tmp_path / "response.hlog")


def test_normal_is_what_lies_before_a_stall_or_as_long_after_it(tmp_path: Path) -> None:
    # the stall takes the second interval, the third is left for the queue: 8, 4 and 1 us remain
    found = spikes([100 * MS], [100 * MS], steps(tmp_path, 8, 90_000, 50, 4, 1))

    assert found.limit_ns == pytest.approx(2 * 4_000, rel=1e-3)
    assert found.each[0].recovery_s == pytest.approx(0.2)
    assert found.each[0].spoiled == 200


def test_an_interval_of_just_the_limit_is_normal(tmp_path: Path) -> None:
    found = spikes([100 * MS], [50 * MS], steps(tmp_path, 1, 50, 2, 1, 1))

    assert found.limit_ns == 2_000
    assert found.each[0].recovery_s == pytest.approx(0.1)


def test_a_stall_that_nobody_felt_is_over_at_once(tmp_path: Path) -> None:
    found = spikes([500 * MS], [MS], steps(tmp_path, *[1] * 10))

    assert (found.each[0].recovery_s, found.each[0].spoiled) == (0, 0)


def test_below_the_noise_floor_is_normal(tmp_path: Path) -> None:
    log = made(tmp_path, 20, [(500, 220)])
    found = spikes([500 * MS], [220 * MS], log, noise_floor_ns=25 * MS)

    assert found.limit_ns == 25 * MS
    assert found.each[0].recovery_s == pytest.approx(0.2), "the last 20 ms of it are noise"
    # due at 500 to 695 ms, they wait for more than 25 ms
    assert found.each[0].spoiled == 196


def test_few_requests_still_show_a_recovery(tmp_path: Path) -> None:
    log = made(tmp_path, 20, [(500, 200)], every_ms=20)
    found = spikes([500 * MS], [200 * MS], log)

    assert found.each[0].recovery_s == pytest.approx(0.2)
    assert found.each[0].spoiled == 10


def test_without_a_quiet_interval_nothing_is_normal(tmp_path: Path) -> None:
    found = spikes([0], [600 * MS], made(tmp_path, 5, [(0, 600)]))

    assert found.limit_ns is None
    assert (found.each[0].recovery_s, found.each[0].spoiled) == (None, 0)


def test_no_stall_is_no_spike(tmp_path: Path) -> None:
    found = spikes([], [], made(tmp_path, 5, []))

    assert found.count == 0
    assert (found.period_s, found.shortest_s, found.recovery_s, found.spoiled) == (None,) * 4


def test_one_stall_has_no_period(tmp_path: Path) -> None:
    assert spikes([500 * MS], [MS], made(tmp_path, 10, [])).period_s is None


def test_rates_leave_out_what_was_asked_for() -> None:
    rates = collection_rates([0, 1, 2, 2, 0], [10, 20, 400, 900, 0], [0, 0, 0, 1, 0], 2.0)

    assert rates == Rates(collections_per_s=2.0, collected_per_s=15.0)


def test_a_small_heap_is_collected_whole_at_the_133rd_collection() -> None:
    # 11 cycles of 12, and the one after: 11 of generation 1 have gone by, more than 10
    assert predicted_period_s(1_000, Rates(133.0, 0.0), SEVEN_HUNDRED) == 1.0
    # what was measured of 300,000 slotted entries: the 133rd, at 34.2 a second
    assert predicted_period_s(300_000, Rates(34.2, 0.0), SEVEN_HUNDRED) == pytest.approx(
        3.889, 1e-3
    )


def test_in_a_large_heap_a_quarter_must_be_pending() -> None:
    # a cycle leaves 12 * 701 = 8,412; a quarter of a million takes 30 of them, and one more
    assert predicted_period_s(1_000_000, Rates(100.0, 0.0), SEVEN_HUNDRED) == 3.61
    # 12 cycles are needed from 370,129 objects on: 11 cycles leave 92,532
    assert predicted_period_s(370_128, Rates(1.0, 0.0), SEVEN_HUNDRED) == 133.0
    assert predicted_period_s(370_132, Rates(1.0, 0.0), SEVEN_HUNDRED) == 145.0


def test_what_is_collected_is_not_pending() -> None:
    # 350.5 of 701 are freed each time: a cycle leaves 4,206, a quarter takes 60
    assert predicted_period_s(1_000_000, Rates(100.0, 35_050.0), SEVEN_HUNDRED) == 7.21
    assert predicted_period_s(1_000_000, Rates(100.0, 70_100.0), SEVEN_HUNDRED) is None


def test_two_survivors_for_each_net_allocation_halve_the_cycles() -> None:
    rates = Rates(100.0, 0.0)

    # 16,824 a cycle: 15 cycles
    assert predicted_period_s(1_000_000, rates, SEVEN_HUNDRED, survivors_per_net=2.0) == 1.81


def test_later_thresholds_are_later_collections() -> None:
    # CPython 3.13: 2000, so 133 * 2001 = 266,133 net allocations
    assert predicted_period_s(1_000, Rates(1.0, 0.0), (2_000, 10, 10)) == 133.0
    assert predicted_period_s(1_000, Rates(1.0, 0.0), (700, 5, 10)) == 78.0
    assert predicted_period_s(1_000, Rates(1.0, 0.0), (700, 10, 5)) == 73.0


def test_without_automatic_collections_there_is_no_period() -> None:
    assert predicted_period_s(1_000, Rates(0.0, 0.0), SEVEN_HUNDRED) is None
    assert predicted_period_s(1_000, Rates(1.0, 0.0), (0, 10, 10)) is None
