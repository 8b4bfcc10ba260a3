"""What each phase sends: columns, block by block, the same for every strategy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lab.spec import DEFAULT_RATE, TrialSpec
from lab.trial.block import Operation
from lab.workload.arrivals import Ramp, make_arrivals
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
        run for a while, and the recency order is what the stream would have left. A fresh cache is
        read only.
        """
        if not self._spec.workload.fill:
            return
        if not self._spec.workload.fresh:
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
            accesses = self._source.take(self._batch if left is None else min(self._batch, left))
            if not len(accesses):
                return
            left = None if left is None else left - len(accesses)
            yield self._requests(np.zeros(len(accesses), np.int64), accesses)

    def _by_rate(self, rate: float) -> Iterator[Columns]:
        steps = self._spec.ramp_steps
        arrivals = (
            Ramp(self._load.arrivals, self._rng_arrivals, steps)
            if steps
            else make_arrivals(self._load.arrivals, self._rng_arrivals, rate)
        )
        end_ns = self._load.duration_ns
        boundary_ns = 0
        while end_ns is None or boundary_ns < end_ns:
            boundary_ns += INTERVAL_NS
            due = arrivals.before(boundary_ns if end_ns is None else min(boundary_ns, end_ns))
            for begin in range(0, len(due), self._batch):
                part = due[begin : begin + self._batch]
                accesses = self._source.take(len(part))
                if len(accesses):
                    yield self._requests(part[: len(accesses)], accesses)
                if len(accesses) < len(part):
                    return

    def _by_trace_times(self) -> Iterator[Columns]:
        end_ns = self._load.duration_ns
        start_ns: int | None = None  # the fill and the warm-up may have used the beginning up
        while True:
            accesses = self._source.take(self._batch)
            if not len(accesses) or accesses.times_ns is None:
                return
            start_ns = int(accesses.times_ns[0]) if start_ns is None else start_ns
            due = accesses.times_ns - start_ns
            if end_ns is not None:
                due = due[: np.searchsorted(due, end_ns)]
            if not len(due):
                return
            cuts = np.flatnonzero(np.diff(due // INTERVAL_NS)) + 1
            edges = [0, *cuts.tolist(), len(due)]
            for begin, end in pairwise(edges):
                yield self._requests(due[begin:end], accesses.part(begin, end))

    def _requests(self, due: NDArray[np.int64], accesses: Accesses) -> Columns:
        operations = accesses.operations
        if operations is None:
            operations = self._spec.workload.mix.draw(self._rng_mix, len(accesses))
        return self._writer.write(due, accesses.keys, operations)


@dataclass(frozen=True, slots=True, eq=False)
class Accesses:
    """Consecutive accesses of a source, n of them.

    Attributes
    ----------
    times_ns
        Shape (n,): arrival times since the first of the source; None if it has none.
    operations
        Shape (n,): what each asks for; None where the workload's mix decides.
    """

    keys: Keys
    times_ns: NDArray[np.int64] | None = None
    operations: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, begin: int, end: int | None = None) -> Accesses:
        """Return those from `begin` up to, not including, `end`."""
        return Accesses(
            self.keys[begin:end],
            None if self.times_ns is None else self.times_ns[begin:end],
            None if self.operations is None else self.operations[begin:end],
        )


class KeySource:
    """Where the measured keys come from."""

    def take(self, count: int) -> Accesses:
        """Return up to ``count`` accesses; fewer only at the end."""
        raise NotImplementedError

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Return the keys to fill the cache with, least recent first."""
        raise NotImplementedError


class StreamKeys(KeySource):
    """Keys of a popularity, without end."""

    def __init__(self, popularity: Popularity) -> None:
        self._popularity = popularity

    def take(self, count: int) -> Accesses:
        """Return the next keys."""
        return Accesses(self._popularity.draw(count))

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:
        """Return what an LRU of that capacity holds in the long run."""
        return self._popularity.resident(rng, capacity)


class TraceKeys(KeySource):
    """Accesses of a recorded trace, read as they are asked for."""

    def __init__(self, path: str, trace_format: str) -> None:
        self._chunks = iter(open_trace(path, trace_format).chunks())
        self._rest = Accesses(np.empty(0, np.int64))

    def take(self, count: int) -> Accesses:
        """Return the next accesses, with times and operations where the trace has them."""
        taken: list[Accesses] = []
        while count > 0 and (ready := self._next()) is not None:
            taken.append(ready.part(0, count))
            self._rest = ready.part(count)
            count -= len(taken[-1])
        return _joined(taken)

    def _next(self) -> Accesses | None:
        if len(self._rest):
            return self._rest
        chunk = next(self._chunks, None)
        return None if chunk is None else Accesses(chunk.keys, chunk.times_ns, chunk.operations)

    def resident(self, rng: np.random.Generator, capacity: int) -> Keys:  # noqa: ARG002
        """Use the trace's beginning up: until ``capacity`` distinct keys have passed.

        Their operations are not played: the fill and the ageing have their own.
        """
        newest: dict[int, None] = {}
        while len(newest) < capacity:
            accesses = self.take(min(4_096, capacity - len(newest)))
            if not len(accesses):
                break
            for key in accesses.keys.tolist():
                newest.pop(key, None)
                newest[key] = None
        return np.fromiter(newest, np.int64, len(newest))


def _joined(parts: list[Accesses]) -> Accesses:
    """Put accesses of one source in a row: each part has the same columns."""
    if len(parts) == 1:
        return parts[0]
    times = [part.times_ns for part in parts if part.times_ns is not None]
    operations = [part.operations for part in parts if part.operations is not None]
    return Accesses(
        np.concatenate([np.empty(0, np.int64), *(part.keys for part in parts)]),
        np.concatenate(times) if times else None,
        np.concatenate(operations) if operations else None,
    )
