"""Spikes: stalls made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.analysis.spikes import spikes
from lab.histogram import Hlog, IntervalLog, read_hlog

MS = 1_000_000


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
