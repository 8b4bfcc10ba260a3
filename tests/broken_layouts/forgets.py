from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("forgets", sees="every entry")
class Forgets(Slots):
    """Says of every 700th mention that it was counted, and does not count it."""

    _mentions = 0

    def mention(self, key: int) -> bool:
        self._mentions += 1
        if self._mentions % 700:
            return super().mention(key)
        return self.read(key) is not None
