from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.validity.trend import drift, mann_kendall, steady_growth, theil_sen

Floats = NDArray[np.float64]
Make = Callable[[np.random.Generator], Floats]


def array(*values: float) -> Floats:
    return np.array(values, dtype=float)


# --- the statistics, by hand --------------------------------------------------------------------


def test_mann_kendall_by_hand() -> None:
    # 5 values in order: 10 pairs agree, variance 5 * 4 * 15 / 18 = 16.67
    assert mann_kendall(array(1, 2, 3, 4, 5)) == pytest.approx(9 / (300 / 18) ** 0.5)
    assert mann_kendall(array(5, 4, 3, 2, 1)) == pytest.approx(-9 / (300 / 18) ** 0.5)
    # 1 3 2 4: five pairs agree, one does not: score 4, variance 4 * 3 * 13 / 18
    assert mann_kendall(array(1, 3, 2, 4)) == pytest.approx(3 / (156 / 18) ** 0.5)
    # ties: score 4 of pairs across; two pairs of equal ones: variance (156 - 2 * 2 * 9) / 18
    assert mann_kendall(array(1, 1, 2, 2)) == pytest.approx(3 / (120 / 18) ** 0.5)
    assert mann_kendall(array(7, 7, 7)) == 0
    assert mann_kendall(array(3)) == 0


def test_theil_sen_by_hand() -> None:
    assert theil_sen(array(0, 1, 2), array(1, 3, 5)) == 2
    # slopes 0, 10, 5.. of pairs (0,1) (0,2) (1,2): 0, 5, 10
    assert theil_sen(array(0, 1, 2), array(0, 0, 10)) == 5
    # one wild value of five moves nothing: six of ten slopes are 1
    assert theil_sen(array(0, 1, 2, 3, 4), array(0, 1, 1_000, 3, 4)) == 1


def test_a_drift_compares_the_last_third_with_the_first() -> None:
    moved = drift(np.repeat([10.0, 50.0, 15.0], 10))
    assert moved is not None
    assert moved.ratio == 1.5
    assert moved.change == pytest.approx(0.5)
    fell = drift(np.linspace(2, 1, 300))
    assert fell is not None
    assert fell.ratio == pytest.approx(1.1666 / 1.8333, rel=0.01)
    assert fell.change == pytest.approx(1.8333 / 1.1666 - 1, rel=0.01)
    assert fell.z == pytest.approx(-mann_kendall(np.arange(30.0)))


def test_a_short_series_has_no_drift() -> None:
    assert drift(np.arange(1.0, 30.0)) is None
    assert drift(np.arange(1.0, 31.0)) is not None
    assert drift(np.array([np.nan, 0.0] * 20)) is None, "intervals without a figure do not count"


# --- growth -------------------------------------------------------------------------------------

AT_S = np.arange(40) / 4


def test_steady_growth_is_found_and_measured() -> None:
    assert steady_growth(AT_S, 100.0 + 3 * AT_S) == pytest.approx(3)
    rng = np.random.default_rng(1)
    noisy = 100.0 + 3 * AT_S + rng.normal(0, 0.3, 40)
    assert steady_growth(AT_S, noisy) == pytest.approx(3, rel=0.3)


def test_the_second_smallest_quarter_counts() -> None:
    slopes = np.repeat([4.0, 0.0, 2.0, 1.0], 10)
    values = np.cumsum(slopes)
    assert steady_growth(np.arange(40.0), values) == pytest.approx(1)


@pytest.mark.parametrize("steps", [[20], [5], [10], [3, 33], [10, 30], [19, 20], [12, 14, 16]])
def test_steps_are_no_steady_growth(steps: list[int]) -> None:
    values = np.full(40, 100.0)
    for step in steps:
        values[step:] += 50
    assert steady_growth(AT_S, values) == 0


def test_too_few_samples_say_nothing_of_growth() -> None:
    assert steady_growth(AT_S[:19], AT_S[:19]) is None
    assert steady_growth(AT_S[:20], AT_S[:20]) == pytest.approx(1)


# --- false alarms and detection -----------------------------------------------------------------


def alarms(make: Make, trials: int = 400) -> float:
    """Return the share of trials in which the rule of ``not_steady`` fires."""
    rng = np.random.default_rng(3)
    count = 0
    for _ in range(trials):
        moved = drift(make(rng))
        assert moved is not None
        agree = (moved.ratio > 1) == (moved.z > 0)
        count += abs(moved.z) > 3.3 and moved.change > 0.25 and agree
    return count / trials


def independent(spread: float, intervals: int = 100) -> Make:
    return lambda rng: 2_000 * np.exp(rng.normal(0, spread, intervals))


def with_pauses(spread: float, every: int, length: int) -> Make:
    """Return stationary trials in which pauses take ``length`` of ``every`` intervals."""

    def make(rng: np.random.Generator) -> Floats:
        values = independent(spread)(rng)
        for begin in range(int(rng.integers(every)), 100, every):
            values[begin : begin + length] = rng.uniform(1e6, 8e8)
        return values

    return make


def hanging_together(correlation: float, spread: float) -> Make:
    def make(rng: np.random.Generator) -> Floats:
        steps = rng.normal(0, (1 - correlation**2) ** 0.5, 100)
        values = np.empty(100)
        values[0] = rng.normal()
        for i in range(1, 100):
            values[i] = correlation * values[i - 1] + steps[i]
        return 2_000 * np.exp(spread * values)

    return make


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (independent(0.1), 0.005),
        (independent(0.5), 0.005),
        (independent(0.3, intervals=30), 0.005),
        (with_pauses(0.3, every=40, length=8), 0.005),
        (with_pauses(0.3, every=33, length=12), 0.005),
        (with_pauses(0.3, every=33, length=16), 0.01),
        (hanging_together(0.7, 0.2), 0.02),
        (hanging_together(0.9, 0.1), 0.03),
    ],
)
def test_stationary_trials_raise_few_alarms(make: Make, most: float) -> None:
    assert alarms(make) <= most


@pytest.mark.parametrize(("spread", "least"), [(0.1, 0.99), (0.3, 0.85)])
def test_a_median_that_doubles_is_found(spread: float, least: float) -> None:
    def make(rng: np.random.Generator) -> Floats:
        return independent(spread)(rng) * np.linspace(1, 2, 100)

    assert alarms(make, 300) >= least
