from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Entry, Slots


@layout("wrong-payload", sees="every entry")
class WrongPayload(Slots):
    """Writes the payload of another message into every 100th entry."""

    _made = 0

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        self._made += 1
        if self._made % 100:
            return super().new_entry(message_id, mentions)
        entry = super().new_entry(message_id ^ 1, mentions)
        entry.message_id = message_id
        return entry
