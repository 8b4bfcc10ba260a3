from __future__ import annotations

from strategies.interface import Typed, layout
from strategies.layouts.slots import Slots


@layout("loses-commits", sees="every entry")
class LosesCommits(Slots):
    """Takes every third portion of pending states out of its queue and hands out none of it."""

    _portions = 0

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        count = super().take_pending(limit, keys, ids, mentions)
        self._portions += 1
        return count if self._portions % 3 else 0
