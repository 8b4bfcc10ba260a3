"""Intervals over trials: cases worked by hand, and how often they cover the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.intervals import SHAPELESS_FROM, Interval, paired_ratio, t_quantile, typical

GUMBEL_MEDIAN = -math.log(math.log(2))
EXPERIMENTS = 1_000


def test_t_quantiles_are_those_of_the_tables() -> None:
    table = {1: 12.70620, 2: 4.30265, 3: 3.18245, 4: 2.77645, 9: 2.26216, 30: 2.04227, 100: 1.98397}
    for df, expected in table.items():
        assert t_quantile(df) == pytest.approx(expected, abs=6e-6)
    assert t_quantile(4, 0.99) == pytest.approx(4.60409, abs=6e-6)
    assert t_quantile(1, 0.5) == pytest.approx(1.0)


def test_an_interval_worked_by_hand() -> None:
    # logarithms 0, 1, 2: mean 1, s 1; half a width of 1.05 * 4.30265 / sqrt(3) = 2.60834
    found = typical([math.e**2, 1.0, math.e])

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.point, found.n) == (math.e, 3)
    assert math.log(found.low) == pytest.approx(1 - 2.60834, abs=1e-5)
    assert math.log(found.high) == pytest.approx(1 + 2.60834, abs=1e-5)


def test_two_trials_have_an_interval_a_wide_one() -> None:
    # logarithms 0, 2: s / sqrt(n) is 1, half a width of 1.05 * 12.7062
    found = typical([1.0, math.e**2])

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.point, found.n) == (pytest.approx((1 + math.e**2) / 2), 2)
    assert math.log(found.low) == pytest.approx(1 - 13.34151, abs=1e-4)
    assert math.log(found.high) == pytest.approx(1 + 13.34151, abs=1e-4)


def test_an_interval_of_many_worked_by_hand() -> None:
    # n = 11: from the 2nd to the 10th 98.828%, from the 3rd to the 9th 93.457%; share
    # 3.828 / 5.371 = 0.7127, weight 9 * 0.7127 / (2 + 7 * 0.7127) = 0.9177
    found = typical([math.exp(value) for value in range(11)])

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert math.log(found.low) == pytest.approx(1.9177, abs=1e-4)
    assert math.log(found.high) == pytest.approx(10 - 1.9177, abs=1e-4)


def test_the_interval_contains_the_point() -> None:
    # nine equal values and a huge one: the mean of the logs lies far above the median
    found = typical([1.0] * 5 + [1.0001] * 5)
    skewed = typical([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 50.0, 50.0, 50.0, 50.0])

    for interval in (found, skewed):
        assert interval is not None
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low <= interval.point <= interval.high
    assert skewed is not None
    assert skewed.low == 1.0, "the t interval alone would begin above the median"


def test_no_interval_without_a_second_value_or_with_a_zero() -> None:
    assert typical([7.0]) == Interval(7.0, None, None, 1)
    assert typical([0.0, 4.0, 2.0]) == Interval(2.0, None, None, 3)
    assert typical([-1.0, 4.0]) == Interval(1.5, None, None, 2)
    assert typical([1.0, 2.0, math.inf]) == Interval(2.0, None, None, 3)


def test_a_missing_value_is_not_left_out() -> None:
    assert typical([]) is None
    assert typical([1.0, None, 2.0]) is None
    assert typical([1.0, math.nan]) is None


def test_equal_trials_have_an_interval_of_no_width() -> None:
    found = typical([3.0, 3.0, 3.0])

    assert found is not None
    assert (found.point, found.n) == (3.0, 3)
    assert (found.low, found.high) == (pytest.approx(3.0), pytest.approx(3.0))


def test_a_ratio_worked_by_hand() -> None:
    # ratios 1, e, e^2: as above
    found = paired_ratio(
        {1: 2.0, 2: 3 * math.e, 3: 5 * math.e**2, 9: 1.0}, {3: 5.0, 1: 2.0, 2: 3.0, 8: 4.0}
    )

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.point == pytest.approx(math.e)
    assert math.log(found.low) == pytest.approx(1 - 2.60834, abs=1e-5)
    assert math.log(found.high) == pytest.approx(1 + 2.60834, abs=1e-5)
    assert (found.n, found.verdict) == (3, "cannot tell")


def test_pairing_takes_out_what_a_round_did_to_both() -> None:
    rounds = {1: 1.0, 2: 10.0, 3: 100.0}
    third = {number: value * (0.5 + number / 1_000) for number, value in rounds.items()}
    found = paired_ratio(third, rounds)

    assert found is not None
    assert found.verdict == "faster"


def test_the_verdict_takes_an_interval_on_one_side_of_one() -> None:
    reference = {1: 100.0, 2: 101.0, 3: 99.0, 4: 100.0, 5: 100.0}

    def verdict(factor: float, floor: float = 0.0) -> str:
        values = {number: factor * value for number, value in reference.items()}
        values[1] *= 1.01
        found = paired_ratio(values, reference, floor=floor)
        assert found is not None
        return found.verdict

    assert verdict(0.5) == "faster"
    assert verdict(2.0) == "slower"
    assert verdict(1.0) == "cannot tell"
    assert verdict(0.5, floor=49.0) == "faster"
    assert verdict(0.5, floor=51.0) == "cannot tell"
    assert verdict(2.0, floor=99.0) == "slower"
    assert verdict(2.0, floor=101.0) == "cannot tell"


def test_a_difference_of_just_the_floor_is_not_told_apart() -> None:
    values, reference = {1: 1.0, 2: 1.0, 3: 1.0}, {1: 2.0, 2: 2.0, 3: 2.0}
    at, below = (paired_ratio(values, reference, floor=floor) for floor in (1.0, 0.999))

    assert at is not None
    assert below is not None
    assert (at.verdict, below.verdict) == ("cannot tell", "faster")


def test_no_ratio_without_common_rounds_or_with_a_figure_missing() -> None:
    assert paired_ratio({1: 1.0}, {2: 1.0}) is None
    assert paired_ratio({1: 1.0, 2: None}, {1: 1.0, 2: 1.0}) is None
    assert paired_ratio({1: 1.0, 2: 1.0}, {1: 0.0, 2: 1.0}) is None
    found = paired_ratio({1: 1.0, 2: 1.0, 3: None}, {1: 2.0, 2: 2.0})
    assert found is not None
    assert found.n == 2, "a round that only one of them has counts for neither"


def test_without_an_interval_nothing_can_be_told() -> None:
    one = paired_ratio({1: 1.0}, {1: 2.0})
    zero = paired_ratio({1: 0.0, 2: 1.0, 3: 1.0}, {1: 9.0, 2: 9.0, 3: 9.0})

    assert one is not None
    assert (one.point, one.low, one.high, one.n, one.verdict) == (0.5, None, None, 1, "cannot tell")
    assert zero is not None
    assert (zero.low, zero.verdict) == (None, "cannot tell")


def logs_of(kind: str, rng: np.random.Generator, n: int) -> tuple[np.ndarray, float]:
    """Return standardised logarithms of trials, and their median."""
    if kind == "log-normal":
        return rng.standard_normal((EXPERIMENTS, n)), 0.0
    scale = math.sqrt(6) / math.pi
    return rng.gumbel(size=(EXPERIMENTS, n)) * scale, GUMBEL_MEDIAN * scale


@pytest.mark.parametrize("kind", ["log-normal", "log-Gumbel"])
@pytest.mark.parametrize("n", [3, 5, 10, SHAPELESS_FROM, 20])
@pytest.mark.parametrize("seed", [1, 2])
def test_intervals_cover_the_median_of_the_trials(kind: str, n: int, seed: int) -> None:
    logs, median = logs_of(kind, np.random.default_rng([seed, n]), n)
    for sigma in (0.05, 0.3, 1.0):
        truth = math.exp(sigma * median)
        found = [typical(trials) for trials in np.exp(sigma * logs).tolist()]
        covered = sum(
            i is not None and i.low is not None and i.low <= truth <= (i.high or 0) for i in found
        )
        assert 0.93 <= covered / EXPERIMENTS <= 0.98


@pytest.mark.parametrize("kind", ["log-normal", "log-Gumbel"])
@pytest.mark.parametrize("n", [3, 5, 10])
def test_ratios_cover_the_truth_and_equal_strategies_are_seldom_told_apart(
    kind: str, n: int
) -> None:
    rng = np.random.default_rng([3, n])
    own, other = (np.exp(0.3 * logs_of(kind, rng, n)[0]).tolist() for _ in range(2))
    covered, told = 0, 0
    for values, reference in zip(own, other, strict=True):
        found = paired_ratio(
            {number: 0.7 * value for number, value in enumerate(values)},
            dict(enumerate(reference)),
        )
        equal = paired_ratio(dict(enumerate(values)), dict(enumerate(reference)))
        assert found is not None
        assert equal is not None
        covered += found.low is not None and found.low <= 0.7 <= (found.high or 0)
        told += equal.verdict != "cannot tell"
    assert 0.93 <= covered / EXPERIMENTS <= 0.98
    assert 0.02 <= told / EXPERIMENTS <= 0.07
