"""Trends that a few large values do not make: Mann-Kendall, Theil-Sen, medians of thirds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INTERVALS_MIN = 30
"""Fewer intervals (3 s of them) hold no trend that could be told from chance."""
_BINS = 30
_PARTS, _SAMPLES_MIN = 4, 5


@dataclass(frozen=True)
class Drift:
    """How a series moved from its first third to its last.

    Attributes
    ----------
    ratio
        Median of the last third to the median of the first.
    z
        Mann and Kendall's, of the medians of up to 30 equal parts: above 0 where it rises.
    """

    ratio: float
    z: float

    @property
    def change(self) -> float:
        """Return the change as a share, the same for a doubling and a halving."""
        return max(self.ratio, 1 / self.ratio) - 1


def mann_kendall(values: Floats) -> float:
    """Return z of the test for a monotone trend (Mann 1945, Kendall 1975), ties corrected.

    Parameters
    ----------
    values
        Shape (n,), in order; n small, since all pairs are compared.
    """
    count = len(values)
    signs = np.sign(values[None, :] - values[:, None])
    score = float(np.triu(signs, 1).sum())
    _, ties = np.unique(values, return_counts=True)
    full = count * (count - 1) * (2 * count + 5)
    variance = (full - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if variance <= 0:
        return 0.0
    return float((score - np.sign(score)) / variance**0.5)


def theil_sen(at: Floats, values: Floats) -> float:
    """Return the median of the slopes between all pairs (Theil 1950, Sen 1968).

    Parameters
    ----------
    at, values
        Shape (n,); moments rise strictly, n at least 2.
    """
    first, second = np.triu_indices(len(at), 1)
    return float(np.median((values[second] - values[first]) / (at[second] - at[first])))


def drift(values: Floats) -> Drift | None:
    """Compare the last third of a positive series with its first; None where it is too short."""
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) < INTERVALS_MIN:
        return None
    third = len(values) // 3
    ratio = float(np.median(values[-third:]) / np.median(values[:third]))
    parts = np.array_split(values, _BINS)
    return Drift(ratio, mann_kendall(np.array([np.median(part) for part in parts])))


def steady_growth(at_s: Floats, values: Floats) -> float | None:
    """Return the growth per second that at least three of four quarters show.

    Of the Theil-Sen slopes of four quarters the second smallest: one step or two, wherever they
    are, leave two quarters flat at least.

    Parameters
    ----------
    at_s, values
        Shape (n,); moments in seconds, rising.

    Returns
    -------
    float or None
        In units of ``values`` per second; None with fewer than 20 samples.
    """
    if len(at_s) < _PARTS * _SAMPLES_MIN:
        return None
    parts = zip(np.array_split(at_s, _PARTS), np.array_split(values, _PARTS), strict=True)
    return sorted(theil_sen(at, part) for at, part in parts)[1]
