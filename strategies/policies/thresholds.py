"""Set the collector's thresholds."""

from __future__ import annotations

import gc

from strategies.interface import CInt, Policy, policy


@policy(
    "thresholds",
    risk="collections become rarer, not shorter, a young one even longer, and garbage in cycles "
    "waits longer for them: memory grows meanwhile",
    needs=("set_threshold",),
)
class Thresholds(Policy):
    """Call gc.set_threshold(gen0, gen1, gen2) before the cache is filled."""

    def __init__(self, *, gen0: CInt = 50_000, gen1: CInt = 20, gen2: CInt = 20) -> None:
        self._thresholds = (gen0, gen1, gen2)

    def prepare(self) -> None:
        gc.set_threshold(*self._thresholds)
