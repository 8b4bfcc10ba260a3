"""Minimum mutator utilisation: event lists by hand, and against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.mmu import merged, mmu, window_lengths


def test_one_pause_worked_by_hand() -> None:
    # a pause of 20 in the middle of 100
    shares = mmu([40], [20], 100, [1, 10, 20, 40, 100])

    np.testing.assert_allclose(shares, [0, 0, 0, 0.5, 0.8])


def test_two_pauses_worked_by_hand() -> None:
    # 10 to 20 and 30 to 35: the worst window of 20 begins with the first (10 to 30, 10 paused),
    # or ends with the second (15 to 35: 5 + 5); of 25 it holds both
    shares = mmu([30, 10], [5, 10], 100, [10, 15, 20, 25, 50])

    np.testing.assert_allclose(shares, [0, 1 - 10 / 15, 0.5, 1 - 15 / 25, 0.7])


def test_a_short_pause_before_a_long_one_counts_with_it() -> None:
    # 10 to 12 and 20 to 30: 19 from 10 on hold 2 + 9, as many as the 19 that end at 30
    np.testing.assert_allclose(mmu([10, 20], [2, 10], 100, [19]), [1 - 11 / 19])


def test_a_window_at_the_very_end_does_not_look_beyond() -> None:
    # begun with the pause at 95 it would end at 115
    np.testing.assert_allclose(mmu([0, 95], [3, 5], 100, [20]), [0.75])
    # 80 to 100 holds as much as 75 to 95
    np.testing.assert_allclose(mmu([75, 95], [10, 5], 100, [20]), [0.5])


def test_a_window_at_the_very_start_does_not_look_before() -> None:
    np.testing.assert_allclose(mmu([2], [4], 100, [10]), [0.6])


def test_a_pause_from_the_start_counts_from_there() -> None:
    np.testing.assert_allclose(mmu([0], [50], 100, [50, 100]), [0, 0.5])
    np.testing.assert_allclose(mmu([-10], [15], 100, [10]), [0.5])
    assert mmu([-10], [10], 100, [10]).tolist() == [1]
    assert mmu([0], [1], 1, [1]).tolist() == [0]


def test_overlapping_and_touching_pauses_are_one() -> None:
    starts, ends = merged([10, 30, 12, 20, 50, 51], [10, 5, 3, 10, 9, 1], 55)

    assert starts.tolist() == [10, 50]
    assert ends.tolist() == [35, 55]
    np.testing.assert_allclose(mmu([10, 12, 20], [10, 3, 10], 100, [20]), [0])


def test_without_pauses_all_time_is_left() -> None:
    assert mmu([], [], 100, [1, 100]).tolist() == [1, 1]
    assert mmu([5, 100], [0, 7], 100, [1]).tolist() == [1]


def test_a_window_longer_than_the_trial_has_no_share() -> None:
    shares = mmu([0], [50], 100, [100, 101])

    assert shares[0] == 0.5
    assert np.isnan(shares[1])


def test_lengths_that_cannot_be_are_refused() -> None:
    for total, windows in ((0, [1]), (100, [0]), (100, [-1])):
        with pytest.raises(ValueError, match="longer than 0 ns"):
            mmu([1], [1], total, windows)
    with pytest.raises(ValueError, match="shorter than 0 ns"):
        mmu([1], [-1], 100, [1])


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    total, count = 300, int(rng.integers(1, 15))
    starts = rng.integers(0, total, count)
    durations = rng.integers(0, 20, count)
    paused = np.zeros(total, np.int64)
    for start, duration in zip(starts, durations, strict=True):
        paused[start : start + duration] = 1
    sums = np.concatenate([[0], np.cumsum(paused)])
    windows = np.arange(1, total + 1)
    expected = [1 - (sums[w:] - sums[: total + 1 - w]).max() / w for w in windows]

    np.testing.assert_allclose(mmu(starts, durations, total, windows), expected, atol=1e-12)


def test_a_hundred_thousand_events_take_no_loop_over_them() -> None:
    rng = np.random.default_rng(1)
    total = 3_600_000_000_000
    starts = rng.integers(0, total, 100_000)
    shares = mmu(starts, rng.integers(0, 1_000_000, 100_000), total, window_lengths(total))

    assert len(shares) == 60
    assert shares[0] == 0
    assert 0.98 < shares[-1] < 0.99


def test_windows_reach_from_a_tenth_of_a_millisecond_to_all() -> None:
    lengths = window_lengths(10_000_000_000)

    assert (lengths[0], lengths[-1], len(lengths)) == (100_000, 10_000_000_000, 60)
    assert np.all(np.diff(lengths) > 0)
    assert window_lengths(50, 3).tolist() == [50, 50, 50]
