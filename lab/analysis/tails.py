"""Latency over time and by percentile, from a stored trial's interval log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.histogram import Histogram, Hlog

BEYOND = 10
"""A percentile is a number only with this many requests beyond it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """Latency per interval; arrays of one length, NaN where there are too few requests."""

    time_s: Floats
    p99_ns: Floats
    max_ns: Floats
    interval_s: float


@dataclass(frozen=True, eq=False)
class Curve:
    """Latency by quantile (0 to 1), up to the deepest one that has 10 requests beyond it."""

    quantile: Floats
    latency_ns: Floats


def series(log: Hlog) -> Series:
    """Return p99 and maximum of each interval, by intended start."""
    return Series(
        np.array([row.start_s for row in log.rows]),
        # one at a time: a histogram takes 270 kB, and an hour has 36,000 intervals
        np.fromiter((_p99(row.histogram()) for row in log.rows), np.float64, len(log.rows)),
        np.array([row.max_ns for row in log.rows], dtype=np.float64),
        log.rows[0].length_s if log.rows else 0.1,
    )


def _p99(histogram: Histogram) -> float:
    enough = histogram.total >= 100 * BEYOND
    return histogram.percentile(99.0) if enough else np.nan


def total(log: Hlog) -> Histogram:
    """Return one histogram of all intervals."""
    merged = Histogram()
    for row in log.rows:
        merged.merge(row.histogram())
    return merged


def curve(histogram: Histogram, points: int = 400) -> Curve:
    """Return the percentile curve, evenly spaced in the number of nines.

    The named percentiles (50, 90, 99, 99.9, 99.99, ...) are among its points exactly.
    """
    if histogram.total <= BEYOND:
        return Curve(np.empty(0), np.empty(0))
    deepest = 1 - BEYOND / histogram.total
    nines = np.linspace(0, -np.log10(1 - deepest), points)
    named = 1 - 10.0 ** -np.arange(1, 10)
    quantile = np.concatenate([1 - 10.0**-nines, [0.5], np.round(named, 10)])
    quantile = np.unique(quantile[quantile <= deepest + 1e-12])
    values = np.minimum(histogram.value_at_quantiles(quantile), histogram.max)
    return Curve(quantile, values.astype(np.float64))
