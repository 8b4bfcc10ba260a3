"""Intervals of counts: how often something rare happened, and how that compares.

A trial holds few full collections, often none, and none has no logarithm. Both intervals are
exact, so at least 95% whatever the rate; collections come more evenly than at random, which makes
them wider than need be and never narrower.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lab.analysis.intervals import CONFIDENCE

_TAIL = (1 - CONFIDENCE) / 2


def rate_interval(count: int, exposure: float) -> tuple[float, float]:
    """Return the interval of a rate (Garwood, "Fiducial limits for the Poisson", 1936).

    Parameters
    ----------
    count : int
        Events seen, 0 or more.
    exposure : float
        In what they were seen (seconds, trials), above 0.

    Returns
    -------
    tuple of (float, float)
        Events per unit of exposure: nothing at all still allows for up to 3.69.

    Raises
    ------
    ValueError
        A count below 0 or an exposure that is not above 0.
    """
    _check((count, exposure))
    # P(at least count) = 2.5% at the low end, P(at most count) = 2.5% at the high one
    low = _where(lambda mean: 1 - _at_most(count - 1, mean), _TAIL) if count else 0.0
    high = _where(lambda mean: -_at_most(count, mean), -_TAIL)
    return low / exposure, high / exposure


def rate_ratio(
    count: int, exposure: float, other: int, other_exposure: float
) -> tuple[float, float | None]:
    """Return the interval of the ratio of two rates, given how many events there were in all.

    Of n events the first share is binomial (Clopper and Pearson, "The use of confidence or
    fiducial limits", 1934; Przyborowski and Wilenski, 1940).

    Parameters
    ----------
    count, exposure : int, float
        As `rate_interval`.
    other, other_exposure : int, float
        Those of the rate to compare with.

    Returns
    -------
    tuple of (float, float or None)
        The ends; the upper one is None where the other saw nothing: nothing bounds the ratio.
    """
    _check((count, exposure), (other, other_exposure))
    total = count + other
    scale = other_exposure / exposure
    low = _where_share(lambda p: 1 - _share_at_most(count - 1, total, p), _TAIL) if count else 0.0
    high = _where_share(lambda p: -_share_at_most(count, total, p), -_TAIL) if other else 1.0
    return scale * low / (1 - low), None if high == 1.0 else scale * high / (1 - high)


def _check(*pairs: tuple[int, float]) -> None:
    for count, exposure in pairs:
        if count < 0 or not exposure > 0:
            raise ValueError(f"{count} events in {exposure:g}: 0 or more, in more than 0")


def _at_most(count: int, mean: float) -> float:
    """Return P(N <= count) of a Poisson variable."""
    return math.fsum(
        math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) if mean else float(k == 0)
        for k in range(count + 1)
    )


def _share_at_most(count: int, total: int, share: float) -> float:
    """Return P(N <= count) of a binomial variable."""
    # by logarithms: from 1,030 events on the number of ways is too large for a float
    ways = math.lgamma(total + 1)
    own, other = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(
            ways - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * own + (total - k) * other
        )
        for k in range(count + 1)
    )


def _where(rising: Callable[[float], float], wanted: float) -> float:
    """Return where a rising function of a mean reaches a value."""
    top = 1.0
    while rising(top) < wanted:
        top *= 2
    return _bisect(rising, wanted, top)


def _where_share(rising: Callable[[float], float], wanted: float) -> float:
    return _bisect(rising, wanted, 1.0)


def _bisect(rising: Callable[[float], float], wanted: float, top: float) -> float:
    low, high = 0.0, top
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high
