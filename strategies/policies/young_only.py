"""Never collect the oldest generation."""

from __future__ import annotations

import gc

from strategies.interface import Policy, policy

_NEVER = 2**31 - 1


@policy(
    "young-only",
    risk="cycles that survive two young collections are never freed: memory grows with them",
    needs=("generations",),
)
class YoungOnly(Policy):
    """Keep the young collections and never run a full one (set_threshold's third value)."""

    def prepare(self) -> None:
        gen0, gen1, _ = gc.get_threshold()
        gc.set_threshold(gen0, gen1, _NEVER)
