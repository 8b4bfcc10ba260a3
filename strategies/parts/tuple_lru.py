"""An LRU whose entries are tuples (message id, mentions[, payload])."""

from __future__ import annotations

from typing import Any

from strategies.interface import payload_for
from strategies.parts.object_lru import ObjectLRU

Entry = tuple[Any, ...]


class TupleLRU(ObjectLRU):
    """Makes and reads the entries; the three timed operations are the subclass's."""

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        size = self._payload_bytes
        if size:
            return message_id, mentions, payload_for(message_id, size)
        return message_id, mentions

    def unpack(self, entry: Entry) -> tuple[int, int]:
        return entry[0], entry[1]

    def payload_of(self, entry: Entry) -> bytes:
        return entry[2] if self._payload_bytes else b""
