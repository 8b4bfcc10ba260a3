"""An OrderedDict of slotted objects: what a careful Python service does today."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.object_lru import ObjectLRU


class Entry:
    """One Read State."""

    __slots__ = ("mentions", "message_id")

    def __init__(self, message_id: int, mentions: int) -> None:
        self.message_id = message_id
        self.mentions = mentions


class PayloadEntry(Entry):
    """One Read State with an opaque payload."""

    __slots__ = ("payload",)

    def __init__(self, message_id: int, mentions: int, payload: bytes) -> None:
        self.message_id = message_id
        self.mentions = mentions
        self.payload = payload


@layout(
    "slots",
    sees="every entry, and every node of the OrderedDict",
    updates=("replace", "in-place"),
    bytes_per_entry=300,
)
class Slots(ObjectLRU):
    """OrderedDict of objects with __slots__: no dict per entry.

    With ``update=replace`` each update allocates a new entry, as the case study's service did;
    ``in-place`` changes the fields of the one that is there. Left out: expiry.
    """

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        size = self._payload_bytes
        if size:
            return PayloadEntry(message_id, mentions, payload_for(message_id, size))
        return Entry(message_id, mentions)

    def unpack(self, entry: Entry) -> tuple[int, int]:
        return entry.message_id, entry.mentions

    def payload_of(self, entry: Entry) -> bytes:
        return entry.payload if isinstance(entry, PayloadEntry) else b""

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
