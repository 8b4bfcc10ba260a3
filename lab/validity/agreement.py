"""Whether the repeats of a trial agree: outliers, or two modes.

A tail figure has modes by nature (two pauses fit into a trial, or three do), and its median then
describes no trial at all. How often the rule is wrong: docs/decisions/0012-intervals.md.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 3
"""Two values always differ; whether they disagree takes a third."""
ENOUGH = 5
"""From this many repeats on, strategies are ranked even where repeats disagree."""
OUTLIER_FACTOR = 5.0
"""A repeat this many times above or below the median is an outlier, however the others lie."""
MODE_FACTOR = 2.0
"""Two groups less than this factor apart are one: tails vary that much between trials."""
TIGHT = (0.0075, 0.027, 0.037, 0.058, 0.078, 0.095, 0.109, 0.12)
"""The share of the spread left within two groups, for 3, 4, ... 10 and more repeats, below which
there are two: what log-normal trials fall below in 1 of 10 cases at 3 repeats, 1 of 14 at 4, and
1 of 22 from 5 on, where the logarithms' standard deviation is 0.5, and seldom where it is less."""


@dataclass(frozen=True)
class Disagreement:
    """The repeats of one trial that do not tell the same story.

    Attributes
    ----------
    kind : str
        ``outlier``: at most a quarter of the repeats (of 3: one) stand apart; ``two modes``: more.
    factor : float
        How many times the higher group's median is the lower group's.
    low, high : tuple of float
        The two groups, each in ascending order, in the unit of the values.
    within : float
        The share of the logarithms' sum of squares that is left within the groups, 0 to 1.
    threshold : float
        The share below which two groups are called two.
    advice : str
        What was seen and what to do about it.
    """

    kind: str
    factor: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    within: float
    threshold: float
    advice: str


def disagreement(values: Sequence[float]) -> Disagreement | None:
    """Say whether repeats disagree.

    The logarithms are split in two where the least of their sum of squares is left within the
    groups (Fisher, "On grouping for maximum homogeneity", 1958). The repeats disagree if the
    groups are at least a factor 2 apart and what is left is below a threshold for that number of
    repeats; or if one repeat is 5 times above or below the median.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One figure per trial, in any unit.

    Returns
    -------
    Disagreement or None
        None if they agree, and where the rule cannot say: fewer than 3 values, or one that is not
        a positive finite number. No interval and no verdict is given for such values either.
    """
    if len(values) < FEWEST or not all(0 < value < math.inf for value in values):
        return None
    ordered = sorted(values)
    logs = [math.log(value) for value in ordered]
    total = _squares(logs)
    if total == 0:
        return None
    lefts = {k: _squares(logs[:k]) + _squares(logs[k:]) for k in range(1, len(logs))}
    cut = min(lefts, key=lefts.__getitem__)
    within, threshold = lefts[cut] / total, TIGHT[min(len(logs) - FEWEST, len(TIGHT) - 1)]
    apart = statistics.fmean(logs[cut:]) - statistics.fmean(logs[:cut]) >= math.log(MODE_FACTOR)
    middle = statistics.median(logs)
    off = max(logs[-1] - middle, middle - logs[0]) >= math.log(OUTLIER_FACTOR)
    if not (off or (apart and within < threshold)):
        return None
    return _described(ordered[:cut], ordered[cut:], within, threshold)


def rankable(n: int, found: Disagreement | None) -> bool:
    """Say whether a strategy may be ranked by a figure: not below 5 repeats that disagree.

    A single trial is never ranked: nothing tells its figure from chance.

    Parameters
    ----------
    n : int
        How many repeats.
    found : Disagreement or None
        What `disagreement` says of them.
    """
    return n >= ENOUGH or (n > 1 and found is None)


def _squares(logs: Sequence[float]) -> float:
    """Return the sum of squared distances from the mean."""
    middle = statistics.fmean(logs)
    return math.fsum((value - middle) ** 2 for value in logs)


def _described(
    low: list[float], high: list[float], within: float, threshold: float
) -> Disagreement:
    fewer, n = min(len(low), len(high)), len(low) + len(high)
    kind = "outlier" if fewer <= max(1, n // 4) else "two modes"
    factor = statistics.median(high) / statistics.median(low)
    side = "higher" if len(high) <= len(low) else "lower"
    stand = "stands" if fewer == 1 else "stand"
    todo = (
        "compare by the median with care"
        if n >= ENOUGH
        else f"not ranked: run at least {ENOUGH} repeats"
    )
    advice = (
        f"{fewer} of {n} repeats {stand} apart, {factor:.3g} times {side}: look at their trials "
        f"(how many pauses fit, other load on the machine) or run longer ones; {todo}"
    )
    return Disagreement(kind, factor, tuple(low), tuple(high), within, threshold, advice)
