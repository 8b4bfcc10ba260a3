"""Counts causes over a trial: how many requests above a percentile each of them made slow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.causes.kinds import CAUSES, Cause
from lab.histogram import Histogram

Shares = dict[str, float]
DIGITS = 4


class Tally:
    """One histogram of response times for each cause, so that any percentile can be asked for."""

    def __init__(self) -> None:
        self._by_cause = {cause: Histogram() for cause in Cause if cause != Cause.UNEXPLAINED}
        self._waiting_ns = np.zeros(len(Cause))
        self._waited_ns = 0
        self.slow = dict.fromkeys(CAUSES, 0)
        """Requests above the threshold, by cause."""

    def add(self, times_ns: NDArray[np.int64], causes: NDArray[np.uint8]) -> None:
        """Count requests; both of shape (n,)."""
        for cause, histogram in self._by_cause.items():
            if len(mine := times_ns[causes == cause]):
                histogram.add(mine)

    def add_slow(self, causes: NDArray[np.uint8]) -> None:
        """Count requests that were above the threshold."""
        for cause, count in zip(*np.unique(causes, return_counts=True), strict=True):
            self.slow[CAUSES[cause]] += int(count)

    def add_waiting(self, total_ns: int, by_cause_ns: NDArray[np.float64]) -> None:
        """Count waiting time, and what of it has a cause; shape (8,)."""
        self._waited_ns += total_ns
        self._waiting_ns += by_cause_ns

    def above(self, percentile_ns: float | None, whole: Histogram) -> Shares:
        """Return each cause's share of the requests above a time; empty where there are none."""
        if percentile_ns is None or not (total := _above(whole, percentile_ns)):
            return {}
        shares = {
            CAUSES[cause]: round(_above(histogram, percentile_ns) / total, DIGITS)
            for cause, histogram in self._by_cause.items()
        }
        return _completed(shares)

    def waiting(self) -> Shares:
        """Return each cause's share of all waiting time; unexplained includes ordinary queueing."""
        if not self._waited_ns:
            return {}
        known = self._waiting_ns / max(self._waited_ns, float(self._waiting_ns.sum()))
        return _completed(
            {
                CAUSES[cause]: round(float(known[cause]), DIGITS)
                for cause in Cause
                if cause != Cause.UNEXPLAINED
            }
        )


def _above(histogram: Histogram, value_ns: float) -> int:
    highest, counts = histogram.buckets()
    return int(counts[np.minimum(highest, histogram.max) > value_ns].sum())


def _completed(shares: Shares) -> Shares:
    rest = max(0.0, 1 - sum(shares.values()))
    return {**shares, CAUSES[Cause.UNEXPLAINED]: round(rest, DIGITS)}
