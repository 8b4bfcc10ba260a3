"""Move everything that lives after warm-up out of the collector's sight, once."""

from __future__ import annotations

import gc

from strategies.interface import Policy, policy


@policy(
    "freeze",
    risk="helps what is frozen and stays: entries replaced later are walked again, and the "
    "smaller rest makes full collections more frequent; frozen cycles are never freed: memory "
    "grows with those that become garbage",
    needs=("freeze",),
)
class Freeze(Policy):
    """Call gc.freeze() once, after warm-up (Instagram, 2017)."""

    def after_warm_up(self) -> None:
        gc.freeze()

    def close(self) -> None:
        gc.unfreeze()
