"""How often each key is asked for.

Ranks 0 to n - 1 are mapped to keys 0 to n - 1 by a seeded permutation, so that popular keys do not
lie side by side (YCSB calls that scrambled). (Generator.zipf is unbounded and needs an exponent
above 1; the Zipf here is bounded, by its cumulative distribution, and takes any exponent.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from strategies.errors import UsageError, unknown
from strategies.options import bind, split

Keys = NDArray[np.int64]

_LEAST_SHARE = 0.01
"""Of new keys in `Latest`: with fewer, playing its past may take minutes."""
_PLAYED_AT_ONCE = 1 << 16


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
    """Keys drawn independently, each with its own probability (the independent reference model).

    ``shares``, of shape (keys,), are these probabilities, most popular first.
    """

    def __init__(self, rng: np.random.Generator, weights: NDArray[np.float64]) -> None:
        self._rng = rng
        self.shares = weights / weights.sum()
        self._cumulative = _cumulative(self.shares)
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
        since = rng.exponential(size=len(self.shares)) / self.shares
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


class Latest:
    """New keys all the time, and the newer a key, the more it is asked for.

    Each request is for a new key with probability ``share``; the others take the newest key minus
    a distance, 0 or more, with the bounded Zipf distribution. After workload D of YCSB (Cooper et
    al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010) and its SkewedLatestGenerator,
    from which it differs:

    - The key space is bounded: after n new keys the first number is new again, though the store
      still has its state. Distances reach back over the newer half of the numbers and the others
      rest, so that a new key is a miss in every LRU of up to n / 2 entries. The stream is
      stationary. YCSB's table grows with each insert, and its distances with it.
    - Keys know nothing of operations: a new key is asked for by whatever the mix draws, and enters
      the cache because it is not there. YCSB's new keys are its inserts, and all of them.
    - A new key may be asked for again at once; YCSB waits until its insert is acknowledged.
    - The Zipf distribution is exact; YCSB takes the approximation of Gray et al. (SIGMOD 1994).

    Memory is that of n keys, however long the stream.

    Parameters
    ----------
    keys
        How many numbers there are, n; twice as many as the distances reach back over.
    exponent
        Of the Zipf distribution of distances; 0.99 in YCSB.
    share
        Of the requests, those for a new key; 0.05 in workload D.
    """

    def __init__(self, rng: np.random.Generator, keys: int, exponent: float, share: float) -> None:
        self._rng, self._n, self._share = rng, keys, share
        weights = _zipf_weights(max(keys // 2, 1), exponent)
        self._cumulative = _cumulative(weights / weights.sum())
        self._keys = rng.permutation(keys).astype(np.int64)
        self._newest = keys - 1

    def draw(self, count: int) -> Keys:
        """Return the next ``count`` keys of the stream."""
        new, distances = self._requests(self._rng, count)
        places: Keys = (self._newest + np.cumsum(new) - distances) % self._n
        self._newest = (self._newest + int(new.sum())) % self._n
        return self._keys[places]

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Play a past of the stream, backwards, until ``capacity`` different keys have appeared.

        Popularities change here, so that the times since the last requests are not independent of
        one another and cannot be sampled each for itself. A past is as easily drawn as a future,
        and no longer than about ``capacity / share`` requests: each new key is one more.
        """
        capacity, newest, held = min(capacity, self._n), self._newest, 0
        met = np.zeros(self._n, dtype=np.bool_)
        latest_first: list[Keys] = []
        while held < capacity:
            new, distances = self._requests(rng, min(capacity, _PLAYED_AT_ONCE))
            later = np.cumsum(new) - new  # a new key is there at its own request, not before it
            places: Keys = (newest - later - distances) % self._n
            newest -= int(new.sum())
            unmet = places[~met[places]]
            first = np.sort(np.unique(unmet, return_index=True)[1])
            latest_first.append(unmet[first])
            met[unmet] = True
            held += len(first)
        return self._keys[np.concatenate(latest_first)[:capacity][::-1]]

    def _requests(
        self, rng: np.random.Generator, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw which of ``count`` requests are for a new key (1, or 0), and how far back all are.

        Two chances for each, whichever it is: a stream does not depend on how it is cut.
        """
        chances = rng.random((count, 2))
        new = (chances[:, 0] < self._share).astype(np.int64)
        distances = np.searchsorted(self._cumulative, chances[:, 1], side="right")
        return new, np.where(new, 0, distances)


def _cumulative(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    cumulative = np.cumsum(probabilities)
    cumulative[-1] = 1.0  # whatever rounding made of it: no draw falls beyond the last key
    return cumulative


def _zipf_weights(keys: int, exponent: float) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    return weights


def _zipf(rng: np.random.Generator, keys: int, exponent: float) -> Popularity:
    return Independent(rng, _zipf_weights(keys, exponent))


def _uniform(rng: np.random.Generator, keys: int) -> Popularity:
    return Independent(rng, np.ones(keys))


def _sequential(rng: np.random.Generator, keys: int) -> Popularity:  # noqa: ARG001
    return Sequential(keys)


def _hot_set(rng: np.random.Generator, keys: int, share: float, requests: float) -> Popularity:
    hot = max(1, min(keys - 1, round(keys * share))) if keys > 1 else 1
    weights = np.full(keys, (1 - requests) / max(keys - hot, 1))
    weights[:hot] = requests / hot
    return Independent(rng, weights)


def _latest(rng: np.random.Generator, keys: int, exponent: float, share: float) -> Popularity:
    return Latest(rng, keys, exponent, share)


_KINDS: dict[str, tuple[Callable[..., Popularity], dict[str, float]]] = {
    "zipf": (_zipf, {"exponent": 0.99}),
    "uniform": (_uniform, {}),
    "sequential": (_sequential, {}),
    "hot-set": (_hot_set, {"share": 0.1, "requests": 0.9}),
    "latest": (_latest, {"exponent": 0.99, "share": 0.05}),
}


def check_popularity(text: str) -> tuple[str, dict[str, float]]:
    """Read ``zipf:0.99``, ``uniform``, ``sequential``, ``hot-set:0.1,0.9`` or ``latest:0.99,0.05``.

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
    if kind == "latest" and not _LEAST_SHARE <= parameters["share"] <= 1:
        raise UsageError(
            f"popularity {text!r}: the share of new keys is {_LEAST_SHARE} to 1, "
            "as in latest:0.99,0.05"
        )
    return kind, parameters


def make_popularity(text: str, rng: np.random.Generator, keys: int) -> Popularity:
    """Build the stream that ``text`` describes over ``keys`` keys."""
    kind, parameters = check_popularity(text)
    return _KINDS[kind][0](rng, keys, **parameters)
