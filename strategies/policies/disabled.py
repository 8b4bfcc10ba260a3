"""Switch automatic collection off."""

from __future__ import annotations

import gc

from strategies.interface import Policy, policy


@policy("disabled", risk="reference cycles are never freed: memory grows with every one")
class Disabled(Policy):
    """Switch automatic collection off before the cache is filled."""

    def prepare(self) -> None:
        gc.disable()
