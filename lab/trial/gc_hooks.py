"""Sees PyPy's collections, which have no callbacks but hooks that run a little later.

``gc.hooks`` tell of minor collections (generation 0 here) and of the steps of a major one
(generation 1; 2 for the step that ends it, after which the whole heap was walked). A hook gets
durations and no times, and runs at the interpreter's next look at its flags, within microseconds of
the event. What came in between is coalesced: a count, the sum and the longest. So the longest is
written as it is, the others with their mean, and all of them end to end up to the moment at which
the hook ran: counts, sum and longest are PyPy's own, the place in time is the latest that is
possible. Source: pypy/module/gc/hook.py, and "GC Hooks" in PyPy's documentation of its collector.
"""

from __future__ import annotations

import gc
from time import monotonic_ns
from typing import Any, Protocol

from lab.trial.block import GC_RECORD_WORDS, BlockFile, Word
from strategies.interface import Policy

MINOR, STEP, LAST_STEP = 0, 1, 2
_STATE_BETWEEN = 0
"""STATE_SCANNING: the state that a major collection begins in, and ends in."""

_gc: Any = gc  # its types are CPython's, which has no hooks


class Stats(Protocol):
    """What a hook is told; durations are in seconds, of the wall clock."""

    count: int
    duration: float
    duration_max: float


class HooksProbe:
    """Writes one record per collection, marked where the policy (or the harness) asked for it."""

    __slots__ = (
        "_before_ns",
        "_capacity",
        "_events",
        "_finished_ns",
        "_hooked_ns",
        "_last",
        "_policy",
        "_taking",
        "_waiting",
        "_words",
    )

    def __init__(self, file: BlockFile, policy: Policy) -> None:
        self._words, self._events = file.words, file.gc_events
        self._capacity = file.words[Word.GC_CAPACITY]
        self._policy = policy
        self._hooked_ns = 0
        self._last = 0
        """How many records the hook before this one wrote."""
        self._before_ns = self._finished_ns = 0
        """When the last record ended: of those in front of that hook's, and of all."""
        self._taking = False
        self._waiting: list[tuple[int, int, float, float, int]] = []
        """What hooks were told that ran while another one was at work."""

    def install(self) -> None:
        """Watch from now on; a hook is switched on by being set."""
        _gc.hooks.on_gc_minor = self.minor
        _gc.hooks.on_gc_collect_step = self.step

    def remove(self) -> None:
        """Stop watching; what is left to be written is."""
        _gc.hooks.reset()
        self._write_waiting()

    def minor(self, stats: Stats) -> None:
        """Take what happened in the nursery since the last call."""
        self.take(MINOR, stats, monotonic_ns())

    def step(self, stats: Any) -> None:
        """Take the steps of a major collection since the last call."""
        over = stats.newstate == _STATE_BETWEEN
        self.take(LAST_STEP if over else STEP, stats, monotonic_ns())

    def take(self, generation: int, stats: Stats, now_ns: int) -> None:
        """Write records for the events of one hook that ran at ``now_ns``.

        The hook of a step may run within that of a minor collection and the other way round, at
        any point of this code: one writes, and whoever comes meanwhile waits its turn.
        """
        self._waiting.append((generation, stats.count, stats.duration, stats.duration_max, now_ns))
        if not self._taking:
            self._write_waiting()

    def _write_waiting(self) -> None:
        self._taking = True
        while self._waiting:
            self._write_events(*self._waiting.pop(0))
        self._taking = False

    def _write_events(
        self, generation: int, count: int, duration: float, longest: float, now_ns: int
    ) -> None:
        total_ns = max(0, int(duration * 1e9))
        longest_ns = min(total_ns, max(0, int(longest * 1e9)))
        end_ns = now_ns
        if now_ns - total_ns < self._hooked_ns:
            # it cannot have begun after the hook before: the two were waiting together, and a
            # step comes after the minor collection that it belongs to
            end_ns = self._hooked_ns
            self._move_last(total_ns)
        self._hooked_ns = now_ns
        # PyPy counts the steps of a gc.collect() as one
        others = max(count - 1, 1 if total_ns > longest_ns else 0)
        self._last, self._before_ns = others + 1, self._finished_ns
        each_ns = (total_ns - longest_ns) // max(others, 1)
        from_ns = end_ns - others * each_ns
        self._write(from_ns - longest_ns, from_ns, min(generation, STEP) if others else generation)
        for left in range(others - 1, -1, -1):
            until_ns = end_ns - left * each_ns
            self._write(until_ns - each_ns, until_ns, min(generation, STEP) if left else generation)

    def _write(self, started_ns: int, finished_ns: int, generation: int) -> None:
        """Write a record, never one that ends before the one in front of it: readers rely on it."""
        late_ns = max(0, self._finished_ns - finished_ns)
        started_ns, finished_ns = started_ns + late_ns, finished_ns + late_ns
        self._finished_ns = finished_ns
        events, written = self._events, self._words[Word.GC_WRITTEN]
        base = written % self._capacity * GC_RECORD_WORDS
        events[base] = started_ns
        events[base + 1] = finished_ns
        events[base + 2] = generation
        events[base + 3] = events[base + 4] = 0  # PyPy counts no objects
        events[base + 5] = self._policy.collecting
        self._words[Word.GC_WRITTEN] = written + 1

    def _move_last(self, earlier_ns: int) -> None:
        """Put what the hook before wrote earlier, to make room for what came after it."""
        written = self._words[Word.GC_WRITTEN]
        for number in range(written - min(self._last, self._capacity), written):
            base = number % self._capacity * GC_RECORD_WORDS
            room_ns = min(earlier_ns, max(0, self._events[base + 1] - self._before_ns))
            self._events[base] -= room_ns
            self._events[base + 1] -= room_ns
            self._finished_ns = self._events[base + 1]
