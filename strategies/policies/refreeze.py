"""Freeze again and again, so that what was replaced since is frozen too."""

from __future__ import annotations

import gc
from time import monotonic_ns

from strategies.interface import DurationNs, TimedPolicy, policy


@policy(
    "refreeze",
    risk="whatever is garbage in a cycle when it is frozen is never freed, and each freeze keeps a "
    "little more, so that memory grows; its own young collections stall, too",
    collects=True,
    sets=("frozen",),
    needs=("freeze", "generations"),
)
class Refreeze(TimedPolicy):
    """Freeze after warm-up, then every 30 s: collect the young generations and freeze again."""

    def __init__(self, *, every: DurationNs = 30_000_000_000) -> None:
        self._every_ns = every

    def after_warm_up(self) -> None:
        gc.freeze()
        self.next_ns = monotonic_ns() + self._every_ns

    def on_time(self, now_ns: int) -> None:
        self.collect(1)
        gc.freeze()
        self.next_ns = now_ns + self._every_ns

    def close(self) -> None:
        gc.unfreeze()
