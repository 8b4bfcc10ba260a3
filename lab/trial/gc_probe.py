"""Sees every collection of every generation, on the clock of the requests.

gc.callbacks fire at the start and at the stop of each one, automatic or not. The events go into
the block file's ring as plain integers: nothing that the collector tracks is allocated here.
A callback costs one to three microseconds, which belong to the pause that they frame.
"""

from __future__ import annotations

import gc
from time import monotonic_ns
from typing import Any

from lab.trial.block import GC_RECORD_WORDS, BlockFile, Word
from lab.trial.gc_hooks import HooksProbe
from strategies.interface import Policy


class GcProbe:
    """Writes one record per collection, marked where the policy (or the harness) asked for it."""

    __slots__ = ("_capacity", "_events", "_policy", "_started_ns", "_words")

    def __init__(self, file: BlockFile, policy: Policy) -> None:
        self._words, self._events = file.words, file.gc_events
        self._capacity = file.words[Word.GC_CAPACITY]
        self._policy = policy
        self._started_ns = 0

    def install(self) -> None:
        """Watch from now on: the last to be told of a start, the first to be told of a stop."""
        gc.callbacks.append(self)

    def remove(self) -> None:
        """Stop watching."""
        gc.callbacks.remove(self)

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """Take a start or a stop from the collector."""
        if phase == "start":
            self._started_ns = monotonic_ns()
            return
        finished_ns = monotonic_ns()
        events, written = self._events, self._words[Word.GC_WRITTEN]
        base = written % self._capacity * GC_RECORD_WORDS
        events[base] = self._started_ns
        events[base + 1] = finished_ns
        events[base + 2] = info["generation"]
        events[base + 3] = info["collected"]
        events[base + 4] = info["uncollectable"]
        events[base + 5] = self._policy.collecting
        self._words[Word.GC_WRITTEN] = written + 1


def gc_probe(file: BlockFile, policy: Policy) -> GcProbe | HooksProbe:
    """Return the probe of this interpreter's collector."""
    return GcProbe(file, policy) if hasattr(gc, "callbacks") else HooksProbe(file, policy)
