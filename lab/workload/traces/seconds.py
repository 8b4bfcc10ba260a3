"""Times in whole seconds, spread within their second: a service is not hit once a second.

Left as they are, all accesses of a second would arrive in one instant, and the response times
would be those of that burst, which is the clock's and not the service's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.interface import Chunk, DamagedError, MalformedError, TruncatedError

Times = Literal["spread", "none"]
"""``spread``: evenly within each second. ``none``: the times of the file are not used."""

SECOND_ACCESSES = 4 * 1024 * 1024
"""The most accesses that may have the same second: they wait in memory until it is over."""

_SECOND_NS = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A chunk without times, and the seconds that belong to it.

    Attributes
    ----------
    seconds
        Shape (n,): the time of each access in whole seconds, 0 to 2^32 - 1.
    where
        Names the place of the access with this index in the chunk, such as ``line 7``.
    """

    chunk: Chunk
    seconds: NDArray[np.int64]
    where: Callable[[int], str]


def timed(parts: Iterable[Part], times: Times, seed: int) -> Iterator[Chunk]:
    """Yield the parts' chunks, with their times where `times` says so."""
    return spread(parts, seed) if times == "spread" else (part.chunk for part in parts)


def spread(parts: Iterable[Part], seed: int) -> Iterator[Chunk]:
    """Yield the chunks in order, each with times: the k accesses of a second 1/k s apart.

    The first of them is less than 1/k s after the second begins, by an amount that follows from
    the seed and the second alone, so that the seconds do not beat in step with one another and
    the times are the same however the file is cut into chunks. A chunk is held back until its
    last second is over.

    Raises
    ------
    MalformedError
        The time goes backwards, or more than `SECOND_ACCESSES` have the same.
    """
    clock = _Clock(seed)
    held: list[Part] = []
    last_second = 0
    try:
        for part in parts:
            if not len(part.seconds):
                yield replace(part.chunk, times_ns=part.seconds)
                continue
            _check_order(part, last_second)
            last_second = int(part.seconds[-1])
            if held and held[-1].seconds[-1] < last_second:
                yield from clock.chunks(held, part.seconds)
                held = []
            held.append(part)
            # All but the first of those held lie within the last second.
            if sum(len(each.seconds) for each in held[1:]) > SECOND_ACCESSES:
                raise MalformedError(
                    f"{part.where(0)}: more than {SECOND_ACCESSES:,} accesses at second "
                    f"{last_second:,}, too many for a real time: leave the times out (times=none)"
                )
    except (TruncatedError, DamagedError):
        yield from clock.chunks(held)
        raise
    yield from clock.chunks(held)


def _check_order(part: Part, last_second: int) -> None:
    steps = np.diff(part.seconds, prepend=last_second)
    if (steps < 0).any():
        index = int(np.argmax(steps < 0))
        raise MalformedError(
            f"{part.where(index)}: the time goes backwards, by {-int(steps[index]):,} s: sort the "
            "trace by time, leave its times out (times=none), or name the file's true format"
        )


class _Clock:
    """Gives the accesses of one reading their times, second by second."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._first_ns: int | None = None
        self._before = 0  # accesses of the next chunk's first second in chunks that are out

    def chunks(
        self, parts: Sequence[Part], following: NDArray[np.int64] | None = None
    ) -> Iterator[Chunk]:
        """Yield the chunks of these parts; `following` are the seconds after them, not yet out."""
        if not parts:
            return
        seconds = np.concatenate([each.seconds for each in parts])
        ready = len(seconds)
        if following is not None:
            seconds = np.concatenate([seconds, following])
        starts = np.flatnonzero(np.diff(seconds, prepend=-1))
        counts = np.diff(starts, append=len(seconds))
        ranks = np.arange(len(seconds)) - np.repeat(starts, counts)
        ranks[: counts[0]] += self._before
        totals = counts.copy()
        totals[0] += self._before
        shift_ns = np.repeat(offsets_ns(seconds[starts], self._seed), counts)
        within_ns = (ranks * _SECOND_NS + shift_ns) // np.repeat(totals, counts)
        times_ns = seconds * _SECOND_NS + within_ns
        if self._first_ns is None:
            self._first_ns = int(times_ns[0])
        if following is not None:
            self._before = int(ranks[ready])
        ends = np.cumsum([len(each.seconds) for each in parts])
        for part, part_ns in zip(parts, np.split(times_ns[:ready], ends[:-1]), strict=True):
            yield replace(part.chunk, times_ns=part_ns - self._first_ns)


def offsets_ns(seconds: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a pseudo-random number below 10^9 for each second, shape (n,).

    It is number `second` of the SplitMix64 sequence that the seed begins (Steele, Lea and Flood,
    OOPSLA 2014), modulo 10^9: there is no state, so that no second depends on those before it.
    """
    number = seconds.astype(np.uint64) + np.uint64(1)
    mixed = np.uint64(seed % 2**64) + number * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(_SECOND_NS)).astype(np.int64)
