"""Exact intervals of counts, against published tables and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.counts import rate_interval, rate_ratio

GARWOOD = {
    0: (0.0, 3.689),
    1: (0.0253, 5.572),
    2: (0.242, 7.225),
    3: (0.619, 8.767),
    5: (1.624, 11.668),
    10: (4.795, 18.390),
    20: (12.217, 30.888),
    50: (37.111, 65.919),
}
"""95% limits of a Poisson mean (Pearson and Hartley, Biometrika Tables for Statisticians, 40)."""
CLOPPER_PEARSON = {
    (0, 10): (0.0, 0.3085),
    (1, 10): (0.0025, 0.4450),
    (3, 10): (0.0667, 0.6525),
    (5, 10): (0.1871, 0.8129),
    (8, 10): (0.4439, 0.9748),
    (2, 20): (0.0123, 0.3170),
    (15, 50): (0.1786, 0.4461),
}
"""95% limits of a binomial share."""


@pytest.mark.parametrize("count", GARWOOD)
def test_a_rate_has_the_limits_of_the_tables(count: int) -> None:
    assert rate_interval(count, 1.0) == pytest.approx(GARWOOD[count], abs=6e-4)


def test_a_rate_is_per_unit_of_exposure() -> None:
    low, high = rate_interval(10, 4.0)
    assert (low, high) == pytest.approx((4.795 / 4, 18.390 / 4), abs=2e-4)


def test_nothing_seen_allows_for_up_to_3_69() -> None:
    # exp(-mean) = 2.5%
    assert rate_interval(0, 1.0)[1] == pytest.approx(-math.log(0.025), rel=1e-12)


@pytest.mark.parametrize(("count", "total"), CLOPPER_PEARSON)
def test_a_ratio_has_the_limits_of_the_share(count: int, total: int) -> None:
    low, high = rate_ratio(count, 1.0, total - count, 1.0)
    shares = [end / (1 + end) for end in (low, high or math.inf)]
    assert shares == pytest.approx(CLOPPER_PEARSON[count, total], abs=6e-5)


def test_a_ratio_of_5_to_5_by_hand() -> None:
    low, high = rate_ratio(5, 1.0, 5, 1.0)
    assert high is not None
    assert (low, high) == pytest.approx((0.1871 / 0.8129, 0.8129 / 0.1871), rel=1e-3)
    assert low * high == pytest.approx(1.0), "seen from the other side it is the same"


def test_a_ratio_is_one_of_rates() -> None:
    even = rate_ratio(4, 1.0, 6, 1.0)
    assert rate_ratio(4, 2.0, 6, 1.0) == pytest.approx([end / 2 for end in even if end])
    assert rate_ratio(4, 1.0, 6, 2.0) == pytest.approx([2 * end for end in even if end])


def test_nothing_against_something_is_bounded_above_alone() -> None:
    low, high = rate_ratio(0, 1.0, 12, 1.0)
    share = 1 - 0.025 ** (1 / 12)  # (1 - share) ** 12 = 2.5%
    assert low == 0
    assert high == pytest.approx(share / (1 - share))


def test_something_against_nothing_is_bounded_below_alone() -> None:
    low, high = rate_ratio(12, 1.0, 0, 1.0)
    share = 0.025 ** (1 / 12)
    assert low == pytest.approx(share / (1 - share))
    assert high is None


def test_nothing_against_nothing_says_nothing() -> None:
    assert rate_ratio(0, 1.0, 0, 1.0) == (0.0, None)


def test_swapping_the_two_inverts_the_ratio() -> None:
    low, high = rate_ratio(7, 3.0, 20, 5.0)
    other_low, other_high = rate_ratio(20, 5.0, 7, 3.0)
    assert high is not None
    assert other_high is not None
    assert (1 / other_high, 1 / other_low) == pytest.approx((low, high))


def test_thousands_of_events_have_an_interval_as_the_normal_law_has() -> None:
    low, high = rate_ratio(2_000, 1.0, 1_000, 1.0)
    half = 1.96 * math.sqrt(1 / 2_000 + 1 / 1_000)
    assert high is not None
    assert math.log(low) == pytest.approx(math.log(2) - half, abs=2e-3)
    assert math.log(high) == pytest.approx(math.log(2) + half, abs=2e-3)
    assert rate_interval(10_000, 1.0) == pytest.approx((9_805, 10_198), abs=1.5)


@pytest.mark.parametrize(("count", "exposure"), [(-1, 1.0), (1, 0.0), (1, -1.0), (1, math.nan)])
def test_what_is_no_count_is_refused(count: int, exposure: float) -> None:
    with pytest.raises(ValueError, match="0 or more, in more than 0"):
        rate_interval(count, exposure)
    for pair in ((count, exposure, 1, 1.0), (1, 1.0, count, exposure)):
        with pytest.raises(ValueError, match="0 or more, in more than 0"):
            rate_ratio(*pair)


@pytest.mark.parametrize("mean", [0.3, 2.0, 7.5])
def test_a_rate_is_covered_at_least_95_times_in_100(mean: float) -> None:
    counts = np.random.default_rng(1).poisson(mean, 4_000)
    ends = {count: rate_interval(int(count), 1.0) for count in set(counts.tolist())}
    covered = np.mean([ends[count][0] <= mean <= ends[count][1] for count in counts.tolist()])
    assert covered > 0.945


def test_each_end_of_a_rate_is_missed_at_most_25_times_in_1000() -> None:
    counts = np.random.default_rng(2).poisson(5.0, 20_000)
    ends = {count: rate_interval(int(count), 1.0) for count in set(counts.tolist())}
    above = np.mean([ends[count][0] > 5.0 for count in counts.tolist()])
    below = np.mean([ends[count][1] < 5.0 for count in counts.tolist()])
    assert 0.001 < above < 0.028
    assert 0.001 < below < 0.028


@pytest.mark.parametrize("ratio", [0.2, 1.0, 3.0])
def test_a_ratio_is_covered_at_least_95_times_in_100(ratio: float) -> None:
    rng = np.random.default_rng(3)
    # of the second there are 6 in 2 units
    pairs = list(
        zip(rng.poisson(3 * ratio, 3_000).tolist(), rng.poisson(6, 3_000).tolist(), strict=True)
    )
    ends = {pair: rate_ratio(pair[0], 1.0, pair[1], 2.0) for pair in set(pairs)}
    covered = [
        ends[pair][0] <= ratio and ((high := ends[pair][1]) is None or ratio <= high)
        for pair in pairs
    ]
    assert np.mean(covered) > 0.945
