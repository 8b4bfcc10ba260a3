"""Power laws: exact ones, one worked by hand, and how often the interval holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.fit import power_law

E = math.e


def test_an_exact_law_is_found_again() -> None:
    fit = power_law([1.0, 10.0, 100.0, 1000.0], [3.0, 30.0, 300.0, 3000.0])
    assert (fit.exponent, fit.coefficient) == pytest.approx((1.0, 3.0))
    assert (fit.low, fit.high) == pytest.approx((1.0, 1.0))
    assert fit.at(5e4) == pytest.approx((1.5e5,) * 3)
    assert (fit.n, fit.least_x, fit.most_x) == (4, 1.0, 1000.0)


def test_the_exponent_is_not_taken_to_be_one() -> None:
    fit = power_law([1, 4, 16], [5.0, 10.0, 20.0])
    assert (fit.exponent, fit.coefficient) == pytest.approx((0.5, 5.0))
    falling = power_law([1, 10, 100], [100.0, 10.0, 1.0])
    assert falling.exponent == pytest.approx(-1)


def test_a_fit_worked_by_hand() -> None:
    # logarithms: x 0, 1, 2, 3 and y 0, 2, 2, 4. Means 1.5 and 2; sums of squares 5 and of
    # products 6, so the slope is 1.2; what is left is -0.2, 0.6, -0.6, 0.2: squares 0.8, over
    # 2 degrees of freedom 0.4; Student's t 4.302653; half of the slope's interval 4.302653 *
    # sqrt(0.4 / 5) = 1.216974
    fit = power_law([1.0, E, E**2, E**3], [1.0, E**2, E**2, E**4])
    assert fit.exponent == pytest.approx(1.2)
    assert (fit.low, fit.high) == pytest.approx((1.2 - 1.216974, 1.2 + 1.216974), abs=1e-6)
    assert fit.coefficient == pytest.approx(math.exp(0.2))
    # at the middle of x: 2 -+ 4.302653 * sqrt(0.4 / 4); one more trial: sqrt(0.4 * (1 + 1/4))
    value, low, high = fit.at(E**1.5)
    assert (math.log(value), math.log(low), math.log(high)) == pytest.approx(
        (2.0, 2 - 1.360618, 2 + 1.360618)
    )
    assert math.log(fit.one_more(E**1.5)[2]) == pytest.approx(2 + 4.302653 * math.sqrt(0.5))
    # at log x = 4: 0.2 + 1.2 * 4 = 5 -+ 4.302653 * sqrt(0.4 * (1/4 + 2.5^2 / 5))
    assert [math.log(part) for part in fit.at(E**4)] == pytest.approx(
        [5.0, 5 - 3.332820, 5 + 3.332820], abs=1e-5
    )


def test_the_unit_of_x_and_y_changes_neither_exponent_nor_band() -> None:
    x, y = [100e3, 300e3, 1e6, 3e6], [11.0, 29.0, 120.0, 300.0]
    plain = power_law(x, y)
    scaled = power_law([value / 1e6 for value in x], [value * 1e6 for value in y])
    assert scaled.exponent == pytest.approx(plain.exponent)
    assert (scaled.low, scaled.high) == pytest.approx((plain.low, plain.high))
    assert scaled.at(20) == pytest.approx([part * 1e6 for part in plain.at(20e6)])


def test_the_band_widens_with_the_distance_from_the_points() -> None:
    fit = power_law([1, 2, 4, 8], [1.0, 2.2, 3.8, 8.3])
    widths = [high / low for _, low, high in (fit.at(x) for x in (2**1.5, 8, 80, 8000))]
    assert widths == sorted(widths)
    assert widths[0] < widths[1] < widths[-1]
    for x in (0.1, 3.0, 1e5):
        value, low, high = fit.at(x)
        _, lower, higher = fit.one_more(x)
        assert lower < low < value < high < higher


def test_repeats_are_points_of_their_own() -> None:
    once = power_law([1, 10, 100], [1.0, 11.0, 99.0])
    thrice = power_law([1, 10, 100] * 3, [1.0, 11.0, 99.0] * 3)
    assert thrice.exponent == pytest.approx(once.exponent)
    assert thrice.high - thrice.low < 0.5 * (once.high - once.low)


def test_the_interval_holds_the_truth_19_times_in_20() -> None:
    rng = np.random.default_rng(5)
    x = np.array([1e5, 3e5, 1e6, 1e6, 3e6])
    held = band = further = 0
    for _ in range(4000):
        noisy = 2.0 * x**0.9 * rng.lognormal(0, 0.2, len(x))
        fit = power_law(x.tolist(), noisy.tolist())
        held += fit.low <= 0.9 <= fit.high
        _, low, high = fit.at(2e7)
        band += low <= 2.0 * 2e7**0.9 <= high
        _, low, high = fit.one_more(2e7)
        further += low <= 2.0 * 2e7**0.9 * rng.lognormal(0, 0.2) <= high
    # the standard error of a share over 4000 is 0.0034
    for share in (held / 4000, band / 4000, further / 4000):
        assert share == pytest.approx(0.95, abs=0.014)


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1, 2], [1, 2], "at least 3 points, not 2"),
        ([], [], "at least 3 points, not 0"),
        ([1, 2, 3], [1, 2], "3 x and 2 y"),
        ([1, 2, 3], [1, 0, 2], "above zero"),
        ([1, -2, 3], [1, 1, 2], "above zero"),
        ([1, 2, math.inf], [1, 1, 2], "finite"),
        ([1, 2, 3], [1, math.nan, 2], "above zero"),
        ([2, 2, 2], [1, 2, 3], "two different x"),
    ],
)
def test_what_has_no_fit_is_said(x: list[float], y: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        power_law(x, y)


@pytest.mark.parametrize("x", [0.0, -1.0, math.nan])
def test_a_power_law_ends_at_zero(x: float) -> None:
    fit = power_law([1, 2, 3], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="above zero"):
        fit.at(x)
