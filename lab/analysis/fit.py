"""A power law through measured points, and how well these points settle it.

Ordinary least squares on the logarithms, as in any textbook (Draper and Smith, "Applied
Regression Analysis", 3rd edition, sections 1.3 and 1.4): the scatter is taken to be normal and
equally wide, in proportion, over the whole range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lab.analysis.intervals import t_quantile

LEAST_POINTS = 3
"""Two points settle a line and leave nothing to judge it by."""


@dataclass(frozen=True)
class Fit:
    """The power law ``y = coefficient * x ** exponent``.

    Attributes
    ----------
    exponent : float
        1: y grows as x does; 0: not at all. Without a unit.
    low, high : float
        The 95% interval of the exponent (Student's t, n - 2 degrees of freedom).
    coefficient : float
        What the line has at x = 1, in the unit of y.
    n : int
        How many points.
    least_x, most_x : float
        The range of x that was measured; beyond it `at` extrapolates.
    """

    exponent: float
    low: float
    high: float
    coefficient: float
    n: int
    least_x: float
    most_x: float
    _middle: tuple[float, float] = field(repr=False)
    _spread: float = field(repr=False)
    _noise: float = field(repr=False)

    def at(self, x: float) -> tuple[float, float, float]:
        """Return the line at some x, and the 95% band of the line there.

        The band is that of the mean, pointwise. One more trial scatters around the line and lies
        outside it more often: `one_more`.

        Parameters
        ----------
        x : float
            Above zero; outside `least_x` to `most_x` it is an extrapolation, which the band is
            right for only if the law goes on holding.

        Returns
        -------
        tuple of (float, float, float)
            Value, lower and upper end, in the unit of y.

        Raises
        ------
        ValueError
            ``x`` is not above zero.
        """
        return self._around(x, 0.0)

    def one_more(self, x: float) -> tuple[float, float, float]:
        """Return the line at some x, and between what one more trial there would lie, at 95%.

        Parameters
        ----------
        x : float
            Above zero, as in `at`.

        Returns
        -------
        tuple of (float, float, float)
            Value, lower and upper end, in the unit of y.

        Raises
        ------
        ValueError
            ``x`` is not above zero.
        """
        return self._around(x, 1.0)

    def _around(self, x: float, own: float) -> tuple[float, float, float]:
        if not x > 0:
            raise ValueError(f"a power law has no value at x = {x:g}: it needs an x above zero")
        middle_x, middle_y = self._middle
        away = math.log(x) - middle_x
        log_y = middle_y + self.exponent * away
        half = self._noise * math.sqrt(own + 1 / self.n + away * away / self._spread)
        return math.exp(log_y), math.exp(log_y - half), math.exp(log_y + half)


def power_law(x: Sequence[float], y: Sequence[float]) -> Fit:
    """Fit a power law by least squares on the logarithms.

    Parameters
    ----------
    x, y : sequence of float, shape (n,)
        One pair per trial, in any units, all above zero and finite; n at least 3, with two
        different x. Repeats at one x are points of their own.

    Returns
    -------
    Fit
        The line with its exponent's 95% interval.

    Raises
    ------
    ValueError
        Too few points, all at one x, or a value that has no logarithm.
    """
    if len(x) != len(y):
        raise ValueError(f"a power law needs pairs: there are {len(x)} x and {len(y)} y")
    if len(x) < LEAST_POINTS:
        raise ValueError(f"a power law needs at least {LEAST_POINTS} points, not {len(x)}")
    if not all(0 < value < math.inf for value in (*x, *y)):
        raise ValueError("a power law needs values above zero and finite")
    if len(set(x)) < 2:
        raise ValueError("a power law needs points at two different x")
    log_x, log_y = np.log(np.asarray(x, np.float64)), np.log(np.asarray(y, np.float64))
    n, middle_x, middle_y = len(x), float(log_x.mean()), float(log_y.mean())
    away = log_x - middle_x
    spread = float(away @ away)
    exponent = float(away @ (log_y - middle_y)) / spread
    left = log_y - middle_y - exponent * away
    # a fit has used up two degrees of freedom: its level and its slope
    noise = t_quantile(n - 2) * math.sqrt(float(left @ left) / (n - 2))
    half = noise / math.sqrt(spread)
    return Fit(
        exponent,
        exponent - half,
        exponent + half,
        math.exp(middle_y - exponent * middle_x),
        n,
        min(x),
        max(x),
        (middle_x, middle_y),
        spread,
        noise,
    )
