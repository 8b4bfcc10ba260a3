"""Whether repeats agree: cases by hand, and how often the rule is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.intervals import typical
from lab.validity.agreement import disagreement, rankable

EXPERIMENTS = 1_000


def test_one_repeat_far_from_the_others_is_an_outlier() -> None:
    found = disagreement([100.0, 1_000.0, 101.0, 99.0, 100.0])

    assert found is not None
    assert found.kind == "outlier"
    assert found.factor == 10.0
    assert (found.low, found.high) == ((99.0, 100.0, 100.0, 101.0), (1_000.0,))
    assert "1 of 5 repeats stands apart, 10 times higher" in found.advice


def test_a_repeat_far_below_is_an_outlier_too() -> None:
    found = disagreement([100.0, 101.0, 10.0])

    assert found is not None
    assert (found.kind, found.low) == ("outlier", (10.0,))
    assert "times lower" in found.advice
    assert "at least 5 repeats" in found.advice


def test_two_pauses_or_three_are_two_modes() -> None:
    found = disagreement([200.0, 600.0, 210.0, 610.0, 205.0])

    assert found is not None
    assert found.kind == "two modes"
    assert (found.low, found.high) == ((200.0, 205.0, 210.0), (600.0, 610.0))
    assert found.within < found.threshold


def test_what_is_left_within_the_groups_is_worked_by_hand() -> None:
    # logarithms 0, 0.1, 1.15: split 2 and 1; 0.005 of 0.005 + 1.1^2 * 2/3 is left
    logs = (0.1, 1.15, 0.0)
    found = disagreement([math.exp(value) for value in logs])

    assert found is not None
    assert found.within == pytest.approx(0.005 / (0.005 + 1.1**2 * 2 / 3))


def test_groups_less_than_a_factor_two_apart_agree() -> None:
    near, far = [100.0, 100.1, 100.2, 199.0, 199.1], [100.0, 100.1, 100.2, 202.0, 202.1]

    assert disagreement(near) is None
    assert disagreement(far) is not None


def test_a_repeat_five_times_off_the_median_disagrees_whatever_the_others_do() -> None:
    even = [1.0, 1.7, 3.0]

    assert disagreement([*even, 5.1, 14.9]) is None
    assert disagreement([*even, 5.1, 15.1]) is not None
    assert disagreement([0.201, 0.6, 1.0, 1.3, 2.0]) is None
    assert disagreement([0.199, 0.6, 1.0, 1.3, 2.0]) is not None


def test_two_of_eight_are_outliers_and_two_of_seven_a_mode() -> None:
    seven = disagreement([1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 10.0])
    eight = disagreement([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 10.0])

    assert seven is not None
    assert eight is not None
    assert (seven.kind, eight.kind) == ("two modes", "outlier")
    assert "2 of 8 repeats stand apart" in eight.advice


def test_the_advice_is_to_repeat_until_there_are_five() -> None:
    four, five = (disagreement([1.0, 1.0, *high]) for high in ([9.0, 9.0], [9.0, 9.0, 9.0]))

    assert four is not None
    assert five is not None
    assert "2 of 4 repeats stand apart, 9 times higher" in four.advice
    assert "2 of 5 repeats stand apart, 9 times lower" in five.advice
    assert "not ranked: run at least 5 repeats" in four.advice
    assert "compare by the median" in five.advice


def test_the_threshold_grows_with_the_repeats_up_to_ten() -> None:
    found = [disagreement([1.0] * (n - 1) + [10.0]) for n in (3, 4, 9, 10, 11, 30)]
    thresholds = [each.threshold for each in found if each is not None]

    assert thresholds == [0.0075, 0.027, 0.109, 0.12, 0.12, 0.12]


def test_an_even_spread_is_no_disagreement() -> None:
    assert disagreement([1.0, 2.0, 4.0]) is None
    assert disagreement([1.0, 1.5, 2.2, 3.3, 4.9]) is None


def test_what_the_rule_cannot_judge_is_no_disagreement() -> None:
    for values in ([], [1.0], [1.0, 100.0], [5.0] * 4, [0.0, 1.0, 100.0], [1.0, 1.0, math.inf]):
        assert disagreement(values) is None


def test_nothing_is_ranked_below_five_repeats_that_disagree() -> None:
    found = disagreement([1.0, 1.1, 10.0])

    assert not rankable(4, found)
    assert rankable(5, found)
    assert rankable(3, None)
    assert rankable(2, None)
    assert not rankable(1, None)


def share_raised(logs: np.ndarray) -> float:
    raised = sum(disagreement(trials) is not None for trials in np.exp(logs).tolist())
    return raised / len(logs)


@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.3, 0.4, 0.5])
@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 8, 9, 10, 15])
def test_false_alarms_on_log_normal_trials_are_seldom(n: int, sigma: float) -> None:
    logs = sigma * np.random.default_rng([4, n]).standard_normal((EXPERIMENTS, n))

    # the rates are 10 and 5%, and a thousand experiments leave 1 to 2 of a hundred to chance
    assert share_raised(logs) <= (0.12 if n < 5 else 0.065)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("kind", ["outliers", "two modes"])
def test_most_experiments_that_hold_both_kinds_of_trial_are_named(n: int, kind: str) -> None:
    rng = np.random.default_rng([5, n])
    shape = (EXPERIMENTS, n)
    share, factor = (0.2, 10.0) if kind == "outliers" else (0.5, 3.0)
    other = rng.random(shape) < share
    logs = 0.1 * rng.standard_normal(shape) + math.log(factor) * other
    # the truth: the median of the mixture; halfway between the modes, or the 62.5% point of most
    truth = 0.1 * 0.31864 if kind == "outliers" else math.log(factor) / 2
    both = other.any(axis=1) & ~other.all(axis=1)

    intervals = [typical(trials) for trials in np.exp(logs).tolist()]
    covered = sum(
        i is not None and i.low is not None and i.low <= math.exp(truth) <= (i.high or 0)
        for i in intervals
    )
    found = share_raised(logs[both])
    print(  # noqa: T201 - the figures of docs/decisions/0012-intervals.md, shown by pytest -s
        f"{kind}, {n} repeats: coverage {covered / EXPERIMENTS:.1%}, named {share_raised(logs):.1%}"
        f" of all, {found:.1%} of the {both.mean():.1%} that hold both"
    )
    assert found > 0.5
