"""How often each key is asked for.

Ranks 0 to n - 1 are mapped to keys 0 to n - 1 by a seeded permutation, so that popular keys do not
lie side by side. (Generator.zipf is unbounded and needs an exponent above 1; the Zipf here is
bounded, by its cumulative distribution, and takes any exponent.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from strategies.errors import UsageError, unknown
from strategies.options import bind, split

Keys = NDArray[np.int64]


class Popularity(Protocol):
    """A stream of keys and the cache content that it leads to."""

    def draw(self, count: int) -> Keys:
        """Return the next ``count`` keys of the stream."""
        ...

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Return the keys that an LRU of that capacity holds in the long run.

        Least recent first; fewer than ``capacity`` where there are fewer keys.
        """
        ...


class Independent:
    """Keys drawn independently, each with its own probability (the independent reference model)."""

    def __init__(self, rng: np.random.Generator, weights: NDArray[np.float64]) -> None:
        self._rng = rng
        self._weights = weights / weights.sum()
        self._cumulative = np.cumsum(self._weights)
        self._cumulative[-1] = 1.0
        self._keys = rng.permutation(len(weights)).astype(np.int64)

    def draw(self, count: int) -> Keys:
        """Return the next ``count`` keys of the stream."""
        ranks = np.searchsorted(self._cumulative, self._rng.random(count), side="right")
        return self._keys[ranks]

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Sample the long-run content of an LRU exactly, without playing the stream.

        In a Poisson stream the time since a key's last request is exponential with the key's own
        rate, independently of the others; the LRU holds the keys with the smallest ones (Fagin
        1977; the characteristic time of Che, Tung and Wang 2002).
        """
        since = rng.exponential(size=len(self._weights)) / self._weights
        capacity = min(capacity, len(since))
        newest = np.argpartition(since, capacity - 1)[:capacity]
        return self._keys[newest[np.argsort(-since[newest])]]


class Sequential:
    """Keys 0, 1, 2, ... n - 1 and again: the worst case of an LRU smaller than the key space."""

    def __init__(self, keys: int) -> None:
        self._n, self._next = keys, 0

    def draw(self, count: int) -> Keys:
        """Return the next ``count`` keys of the stream."""
        keys = (self._next + np.arange(count, dtype=np.int64)) % self._n
        self._next = (self._next + count) % self._n
        return keys

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:  # noqa: ARG002
        """Return the last keys before key 0."""
        return np.arange(max(self._n - capacity, 0), self._n, dtype=np.int64)


def _zipf(rng: np.random.Generator, keys: int, exponent: float) -> Popularity:
    return Independent(rng, np.arange(1, keys + 1, dtype=np.float64) ** -exponent)


def _uniform(rng: np.random.Generator, keys: int) -> Popularity:
    return Independent(rng, np.ones(keys))


def _sequential(rng: np.random.Generator, keys: int) -> Popularity:  # noqa: ARG001
    return Sequential(keys)


def _hot_set(rng: np.random.Generator, keys: int, share: float, requests: float) -> Popularity:
    hot = max(1, min(keys - 1, round(keys * share))) if keys > 1 else 1
    weights = np.full(keys, (1 - requests) / max(keys - hot, 1))
    weights[:hot] = requests / hot
    return Independent(rng, weights)


_KINDS: dict[str, tuple[Callable[..., Popularity], dict[str, float]]] = {
    "zipf": (_zipf, {"exponent": 0.99}),
    "uniform": (_uniform, {}),
    "sequential": (_sequential, {}),
    "hot-set": (_hot_set, {"share": 0.1, "requests": 0.9}),
}


def check_popularity(text: str) -> tuple[str, dict[str, float]]:
    """Read ``zipf:0.99``, ``uniform``, ``sequential`` or ``hot-set:0.1,0.9``.

    Raises
    ------
    UsageError
        An unknown kind or a parameter out of range.
    """
    kind, written = split(text)
    if kind not in _KINDS:
        raise unknown("popularity", kind, _KINDS)
    parameters = dict(_KINDS[kind][1])
    for name, value in bind(
        f"popularity {text!r}", written, dict.fromkeys(parameters, float)
    ).items():
        parameters[name] = float(str(value))
    if kind == "hot-set" and not (parameters["share"] < 1 and parameters["requests"] < 1):
        raise UsageError(
            f"popularity {text!r}: share and requests are below 1, as in hot-set:0.1,0.9"
        )
    return kind, parameters


def make_popularity(text: str, rng: np.random.Generator, keys: int) -> Popularity:
    """Build the stream that ``text`` describes over ``keys`` keys."""
    kind, parameters = check_popularity(text)
    return _KINDS[kind][0](rng, keys, **parameters)
