"""What each phase sends: columns, block by block, the same for every strategy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lab.spec import DEFAULT_RATE, TrialSpec
from lab.trial.block import Operation
from lab.workload.arrivals import make_arrivals
from lab.workload.popularity import Popularity, make_popularity
from lab.workload.read_states import Columns, OperationWriter
from lab.workload.traces import open_trace
from strategies.units import parse_number

BLOCK_SIZE = 16_384
INTERVAL_NS = 100_000_000
"""A block is closed at this much of schedule, so that it falls in one interval of the results."""

Keys = NDArray[np.int64]


class Feed:
    """The phases of one trial. Each is read once, in order: fill, age, warm up, measure."""

    def __init__(self, spec: TrialSpec, block_size: int = BLOCK_SIZE) -> None:
        self._spec = spec
        self._load = spec.load
        seeds = np.random.SeedSequence([spec.seed, spec.repeat]).spawn(5)
        self._rng_keys, self._rng_mix, self._rng_arrivals, self._rng_fill, self._rng_age = (
            np.random.default_rng(seed) for seed in seeds
        )
        self._writer = OperationWriter(spec.workload.commit)
        self._batch = spec.workload.commit.requests_per_block(block_size)
        self._source: KeySource = (
            TraceKeys(spec.workload.trace, spec.workload.trace_format)
            if spec.workload.trace
            else StreamKeys(
                make_popularity(spec.workload.popularity, self._rng_keys, spec.workload.keys)
            )
        )
        self._resident: Keys = np.empty(0, np.int64)

    def fill(self) -> Iterator[Columns]:
        """Read the resident keys once, in random order: all of them misses."""
        if not self._spec.workload.fill:
            return
        self._resident = self._source.resident(self._rng_fill, self._spec.workload.entries)
        yield from self._closed(self._rng_fill.permutation(self._resident), Operation.READ)

    def age(self) -> Iterator[Columns]:
        """Update each once in another random order, then read each once, least recent first.

        Afterwards addresses and the collector's order no longer agree, as in a service that has
        run for a while, and the recency order is what the stream would have left.
        """
        if not self._spec.workload.fill:
            return
        yield from self._closed(self._rng_age.permutation(self._resident), Operation.ACK)
        yield from self._closed(self._resident, Operation.READ)

    def warm_up(self) -> Iterator[Columns]:
        """Play the measured mix for a while, as fast as it is served."""
        if not self._spec.workload.fill:
            return
        rate = self._load.rate or parse_number(DEFAULT_RATE)
        yield from self._as_fast_as_served(round(rate * self._load.warm_up_ns / 1e9))

    def measure(self) -> Iterator[Columns]:
        """Play the stream by its schedule; due times count from the start of the phase."""
        if self._load.closed_loop:
            yield from self._as_fast_as_served(self._closed_count())
        elif self._load.rate is None:
            yield from self._by_trace_times()
        else:
            yield from self._by_rate(self._load.rate)

    def _closed_count(self) -> int | None:
        rate, duration_ns = self._load.rate, self._load.duration_ns
        if rate is None or duration_ns is None:
            return None
        return max(1, round(rate * duration_ns / 1e9))

    def _closed(self, keys: Keys, operation: Operation) -> Iterator[Columns]:
        for begin in range(0, len(keys), self._batch):
            part = keys[begin : begin + self._batch]
            operations = np.full(len(part), operation, dtype=np.uint8)
            yield self._writer.write(np.zeros(len(part), np.int64), part, operations)

    def _as_fast_as_served(self, count: int | None) -> Iterator[Columns]:
        left = count
        while left is None or left > 0:
            keys = self._source.take(self._batch if left is None else min(self._batch, left))
            if not len(keys):
                return
            left = None if left is None else left - len(keys)
            yield self._requests(np.zeros(len(keys), np.int64), keys)

    def _by_rate(self, rate: float) -> Iterator[Columns]:
        arrivals = make_arrivals(self._load.arrivals, self._rng_arrivals, rate)
        end_ns = self._load.duration_ns
        boundary_ns = 0
        while end_ns is None or boundary_ns < end_ns:
            boundary_ns += INTERVAL_NS
            due = arrivals.before(boundary_ns if end_ns is None else min(boundary_ns, end_ns))
            for begin in range(0, len(due), self._batch):
                part = due[begin : begin + self._batch]
                keys = self._source.take(len(part))
                if len(keys):
                    yield self._requests(part[: len(keys)], keys)
                if len(keys) < len(part):
                    return

    def _by_trace_times(self) -> Iterator[Columns]:
        end_ns = self._load.duration_ns
        start_ns: int | None = None  # the fill and the warm-up may have used the beginning up
        while True:
            keys, times = self._source.take_timed(self._batch)
            if start_ns is None and len(times):
                start_ns = int(times[0])
            times = times - (start_ns or 0)
            if end_ns is not None:
                keys, times = keys[times < end_ns], times[times < end_ns]
            if not len(keys):
                return
            cuts = np.flatnonzero(np.diff(times // INTERVAL_NS)) + 1
            for part_keys, part_times in zip(
                np.split(keys, cuts), np.split(times, cuts), strict=True
            ):
                yield self._requests(part_times, part_keys)

    def _requests(self, due: NDArray[np.int64], keys: Keys) -> Columns:
        operations = self._spec.workload.mix.draw(self._rng_mix, len(keys))
        return self._writer.write(due, keys, operations)


class KeySource:
    """Where the measured keys come from."""

    def take(self, count: int) -> Keys:
        """Return up to ``count`` keys; fewer only at the end."""
        raise NotImplementedError

    def take_timed(self, count: int) -> tuple[Keys, NDArray[np.int64]]:
        """Return up to ``count`` keys and their arrival times in ns since the first."""
        raise NotImplementedError

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Return the keys to fill the cache with, least recent first."""
        raise NotImplementedError


class StreamKeys(KeySource):
    """Keys of a popularity, without end."""

    def __init__(self, popularity: Popularity) -> None:
        self._popularity = popularity

    def take(self, count: int) -> Keys:
        """Return the next keys."""
        return self._popularity.draw(count)

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Return what an LRU of that capacity holds in the long run."""
        return self._popularity.resident(rng, capacity)


class TraceKeys(KeySource):
    """Keys of a recorded trace, read as they are asked for."""

    def __init__(self, path: str, trace_format: str) -> None:
        self._chunks = iter(open_trace(path, trace_format).chunks())
        self._keys: Keys = np.empty(0, np.int64)
        self._times: NDArray[np.int64] | None = None

    def _fetch(self, count: int) -> None:
        while len(self._keys) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            self._keys = np.concatenate([self._keys, chunk.keys])
            if chunk.times_ns is not None:
                self._times = (
                    chunk.times_ns
                    if self._times is None
                    else np.concatenate([self._times, chunk.times_ns])
                )

    def take(self, count: int) -> Keys:
        """Return the next keys of the trace."""
        return self.take_timed(count)[0]

    def take_timed(self, count: int) -> tuple[Keys, NDArray[np.int64]]:
        """Return the next keys and, where the trace has them, their times."""
        self._fetch(count)
        keys, self._keys = self._keys[:count], self._keys[count:]
        times = np.zeros(len(keys), np.int64)
        if self._times is not None:
            times, self._times = self._times[:count], self._times[count:]
        return keys, times

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:  # noqa: ARG002
        """Use the trace's beginning up: until ``capacity`` distinct keys have passed."""
        newest: dict[int, None] = {}
        while len(newest) < capacity:
            keys = self.take(min(4_096, capacity - len(newest)))
            if not len(keys):
                break
            for key in keys.tolist():
                newest.pop(key, None)
                newest[key] = None
        return np.fromiter(newest, np.int64, len(newest))
