"""What the layouts share whose entries are objects with fields, whatever made their class."""

from __future__ import annotations

from typing import Any, ClassVar

from strategies.interface import MENTIONS_MAX, payload_for
from strategies.parts.object_lru import ObjectLRU


class AttributeLRU(ObjectLRU):
    """An OrderedDict of entries with ``message_id``, ``mentions`` and perhaps ``payload``.

    With ``update=replace`` each update makes a new entry, as the case study's service did;
    ``in-place`` changes the fields of the one that is there. Subclasses name their two classes.
    """

    entry: ClassVar[Any]
    """Makes an entry of (message id, mentions)."""
    payload_entry: ClassVar[Any]
    """Makes an entry of (message id, mentions, payload)."""

    def new_entry(self, message_id: int, mentions: int) -> Any:
        size = self._payload_bytes
        if size:
            return self.payload_entry(message_id, mentions, payload_for(message_id, size))
        return self.entry(message_id, mentions)

    def unpack(self, entry: Any) -> tuple[int, int]:
        return entry.message_id, entry.mentions

    def payload_of(self, entry: Any) -> bytes:
        payload: bytes = entry.payload if self._payload_bytes else b""
        return payload

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry.message_id, entry.mentions

    def ack(self, key: int, message_id: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        if self._in_place:
            entry.message_id, entry.mentions = message_id, 0
            if self._payload_bytes:
                entry.payload = payload_for(message_id, self._payload_bytes)
        else:
            entry = self._entries[key] = self.new_entry(message_id, 0)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        mentions = entry.mentions + 1 if entry.mentions < MENTIONS_MAX else MENTIONS_MAX
        if self._in_place:
            entry.mentions = mentions
        else:
            entry = self._entries[key] = self.new_entry(entry.message_id, mentions)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True
