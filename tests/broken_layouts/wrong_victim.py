from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("wrong-victim", sees="every entry")
class WrongVictim(Slots):
    """Evicts the second least recent entry on every 50th insertion into a full cache."""

    _insertions = 0

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        if len(self._entries) >= self._capacity:
            self._insertions += 1
            if not self._insertions % 50:
                self._entries.move_to_end(next(iter(self._entries)))
        return super().insert(key, message_id, mentions, changed)
