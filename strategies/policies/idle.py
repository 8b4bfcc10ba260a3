"""Collect out of band: in the gaps of the schedule, not in the middle of a request."""

from __future__ import annotations

import gc
from time import monotonic_ns

from strategies.interface import Count, DurationNs, TimedPolicy, policy

_MARGIN = 1.5
"""A gap must be this much longer than the last collection of its kind took."""
_FIRST_GUESS_NS = 100_000


@policy(
    "idle",
    risk="where no gap is long enough, garbage in cycles waits and memory grows with it, and a "
    "full collection that is overdue stalls like any other",
    collects=True,
    needs=("generations",),
)
class Idle(TimedPolicy):
    """Switch automatic collection off and collect in idle gaps (out-of-band GC).

    Young collections run when ``young`` net allocations have come together and the next request is
    far enough away for what the last one took; every tenth takes generation 1 along. A full
    collection runs in a gap that is long enough, at most every ``overdue``, or when it is overdue
    twice over. Source: the out-of-band GC of the
    Unicorn web server, and Python services that collect between requests.
    """

    def __init__(self, *, young: Count = 700, overdue: DurationNs = 30_000_000_000) -> None:
        self._young, self._overdue_ns = young, overdue
        self._took_ns = [_FIRST_GUESS_NS, _FIRST_GUESS_NS, _FIRST_GUESS_NS]
        self._young_runs = 0
        self._full_wanted_ns = 0

    def prepare(self) -> None:
        gc.disable()

    def after_warm_up(self) -> None:
        begin = monotonic_ns()
        self.collect(2)
        end = monotonic_ns()
        self._took_ns[2] = end - begin
        self._plan_full(end)

    def _plan_full(self, now_ns: int) -> None:
        self._full_wanted_ns = now_ns + self._overdue_ns
        self.next_ns = now_ns + 2 * self._overdue_ns

    def _run(self, generation: int, now_ns: int) -> None:
        self.collect(generation)
        end = monotonic_ns()
        self._took_ns[generation] = end - now_ns
        if generation == 2:
            self._plan_full(end)

    def on_idle(self, until_ns: int) -> None:
        now = monotonic_ns()
        gap = (until_ns - now) / _MARGIN
        if now >= self._full_wanted_ns and gap > self._took_ns[2]:
            self._run(2, now)
        elif gc.get_count()[0] >= self._young:
            generation = 1 if self._young_runs % 10 == 9 else 0
            if gap > self._took_ns[generation] or gc.get_count()[0] >= 10 * self._young:
                self._young_runs += 1
                self._run(generation, now)

    def on_time(self, now_ns: int) -> None:
        self._run(2, now_ns)
