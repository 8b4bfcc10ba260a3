"""What repeated trials say of a figure: the median, and a 95% interval from the repeats alone.

Requests of one trial are no repeats: they share a process, a heap and a hash seed, so that an
interval over them would be far too narrow. Why these intervals, and how often they cover:
docs/decisions/0012-intervals.md.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

CONFIDENCE = 0.95
SHAPELESS_FROM = 11
"""From this many repeats on, the interval assumes nothing about the shape of their distribution."""

WIDENING = 1.05
"""Student's interval is for normal logarithms; this keeps it honest where they are skewed."""

FASTER, SLOWER, CANNOT_TELL = "faster", "slower", "cannot tell"


@dataclass(frozen=True)
class Interval:
    """A figure over the repeats of one trial.

    Attributes
    ----------
    point : float
        The median over trials, in the unit of the values.
    low, high : float or None
        The 95% interval of the median; None where none can be given: fewer than 2 values, or one
        that is not above zero.
    n : int
        How many trials.
    """

    point: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Ratio:
    """How a strategy's figure compares with another's, round by round.

    Attributes
    ----------
    point : float
        The median of the paired ratios, without a unit; below 1 is less than the reference.
    low, high : float or None
        The 95% interval of the ratio; None where none can be given, as in `Interval`.
    n : int
        How many rounds both have.
    verdict : str
        ``faster``, ``slower`` or ``cannot tell``.
    """

    point: float
    low: float | None
    high: float | None
    n: int
    verdict: str


def typical(values: Sequence[float | None]) -> Interval | None:
    """Return the median of a figure over trials, with its 95% interval.

    Up to 10 values the interval is Student's t on the logarithms, 5% wider, and as wide as needed
    to contain the point; above, it lies between order statistics (Hettmansperger and Sheather,
    "Confidence intervals based on interpolated order statistics", 1986).

    Parameters
    ----------
    values : sequence of float or None, shape (n,)
        One figure per trial, in any unit.

    Returns
    -------
    Interval or None
        None if there is no value, or one of them is missing (None or NaN): the median of those
        that are left would be that of a better-behaved strategy.
    """
    known = _known(values)
    if known is None:
        return None
    low, high = _bounds(known)
    return Interval(statistics.median(known), low, high, len(known))


def paired_ratio(
    values: Mapping[int, float | None],
    reference: Mapping[int, float | None],
    *,
    floor: float = 0.0,
) -> Ratio | None:
    """Compare two strategies in the rounds that both have, by their ratios there.

    Trials of one round ran next to each other: what the machine did then is in both, and cancels.

    Parameters
    ----------
    values, reference : mapping of int to float or None
        A figure per round (repeat number), in one unit.
    floor : float
        The machine's noise floor in the same unit: medians that differ by no more than this are
        not told apart, whatever the interval says.

    Returns
    -------
    Ratio or None
        None if they have no round in common, a figure is missing in such a round, or the
        reference is not above zero there.
    """
    rounds = sorted(values.keys() & reference.keys())
    own = _known([values[number] for number in rounds])
    other = _known([reference[number] for number in rounds])
    if own is None or other is None or min(other) <= 0:
        return None
    ratios = [value / base for value, base in zip(own, other, strict=True)]
    low, high = _bounds(ratios)
    apart = abs(statistics.median(own) - statistics.median(other)) > floor
    verdict = CANNOT_TELL
    if apart and high is not None and high < 1:
        verdict = FASTER
    elif apart and low is not None and low > 1:
        verdict = SLOWER
    return Ratio(statistics.median(ratios), low, high, len(ratios), verdict)


def _known(values: Sequence[float | None]) -> list[float] | None:
    known = [float(value) for value in values if value is not None and not math.isnan(value)]
    return known if known and len(known) == len(values) else None


def _bounds(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the 95% interval of the median; None twice where there is none."""
    if len(values) < 2 or min(values) <= 0 or math.isinf(max(values)):
        return None, None
    logs = sorted(math.log(value) for value in values)
    low, high = _student(logs) if len(logs) < SHAPELESS_FROM else _order_statistics(logs)
    # compared as they are given: exp(log(x)) may be off by the last bit
    point = statistics.median(values)
    return min(math.exp(low), point), max(math.exp(high), point)


def _student(logs: Sequence[float]) -> tuple[float, float]:
    """Return mean -+ 1.05 t s / sqrt(n)."""
    n = len(logs)
    middle = statistics.fmean(logs)
    half = WIDENING * t_quantile(n - 1) * statistics.stdev(logs, middle) / math.sqrt(n)
    return middle - half, middle + half


def _order_statistics(logs: Sequence[float]) -> tuple[float, float]:
    """Return an interval between two neighbouring order statistics on either side.

    From the k-th smallest to the k-th largest the median is covered with probability
    1 - 2 P(Binomial(n, 1/2) < k), whatever the distribution; that jumps from k to k + 1, and
    Hettmansperger and Sheather interpolate to 95%.
    """
    n = len(logs)
    k = max(k for k in range(1, n // 2 + 1) if _coverage(k, n) >= CONFIDENCE)
    wide, narrow = _coverage(k, n), _coverage(k + 1, n)
    share = (wide - CONFIDENCE) / (wide - narrow)
    weight = (n - k) * share / (k + (n - 2 * k) * share)
    low = (1 - weight) * logs[k - 1] + weight * logs[k]
    high = (1 - weight) * logs[n - k] + weight * logs[n - k - 1]
    return low, high


def _coverage(k: int, n: int) -> float:
    """Return how often the k-th smallest and the k-th largest of n enclose the median."""
    return 1 - 2 * sum(math.comb(n, below) for below in range(k)) / (1 << n)


@cache
def t_quantile(df: int, confidence: float = CONFIDENCE) -> float:
    """Return t such that a Student variable lies within -t to t with the given probability.

    By bisection on the exact distribution function.

    Parameters
    ----------
    df : int
        Degrees of freedom, at least 1.
    confidence : float
        The probability, above 0 and below 1.
    """
    low, high = 0.0, 1.0
    while _within(high, df) < confidence:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (low, middle) if _within(middle, df) >= confidence else (middle, high)
    return high


def _within(t: float, df: int) -> float:
    """Return P(-t < T < t) of Student's T (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(df))
    cosine_squared = math.cos(angle) ** 2
    odd = df % 2
    term = math.cos(angle) if odd else 1.0
    total = term if df > 1 else 0.0
    for step in range(2 + odd, df, 2):
        term *= cosine_squared * (step - 1) / step
        total += term
    inner = math.sin(angle) * total
    return (angle + inner) * 2 / math.pi if odd else inner
