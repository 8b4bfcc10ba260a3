"""Streams, the LRU that they are played through, and the statistics that compare counts."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from lab.workload.popularity import Keys, Popularity, make_popularity

Floats = NDArray[np.float64]


def stream(text: str, keys: int, seed: int = 1) -> Popularity:
    return make_popularity(text, np.random.default_rng(seed), keys)


def deviation(counts: NDArray[np.int64], probabilities: Floats) -> float:
    """Pearson's statistic in standard deviations of the chi-square distribution above its mean."""
    expected = counts.sum() * probabilities
    freedom = len(counts) - 1
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return (statistic - freedom) / math.sqrt(2 * freedom)


def zipf_probabilities(keys: int, exponent: float) -> Floats:
    weights = [float(rank**-exponent) for rank in range(1, keys + 1)]
    return np.array(weights) / sum(weights)


def held(contents: NDArray[np.int64], keys: int) -> Floats:
    """Return of each key how often it is in the cache, shape (keys,)."""
    return np.bincount(contents.ravel(), minlength=keys) / len(contents)


def contents_deviation(played: NDArray[np.int64], sampled: NDArray[np.int64], keys: int) -> float:
    """Compare how often two samples of contents hold each key, in standard deviations."""
    one, other = held(played, keys), held(sampled, keys)
    both = (one + other) / 2
    spread = np.maximum(both * (1 - both), 1e-3) * (1 / len(played) + 1 / len(sampled))
    return (float(((one - other) ** 2 / spread).sum()) - keys) / (2 * keys) ** 0.5


def place_deviation(played: NDArray[np.int64], sampled: NDArray[np.int64], keys: int) -> float:
    """Compare which keys two samples of equal size have at one place of the recency order."""
    one, other = np.bincount(played, minlength=keys), np.bincount(sampled, minlength=keys)
    together = one + other
    seen = together > 0
    statistic = float(((one - other)[seen] ** 2 / together[seen]).sum())
    freedom = int(seen.sum()) - 1
    return (statistic - freedom) / (2 * freedom) ** 0.5


class PlayedLRU:
    """The real thing: an LRU that a stream is played through."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[int, None] = OrderedDict()
        self.hits = 0

    def play(self, keys: Keys) -> None:
        for key in keys.tolist():
            if key in self._entries:
                self.hits += 1
                self._entries.move_to_end(key)
                continue
            if len(self._entries) >= self._capacity:
                self._entries.popitem(last=False)
            self._entries[key] = None

    def content(self) -> list[int]:
        return list(self._entries)
