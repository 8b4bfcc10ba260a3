"""An OrderedDict of a dict per entry: what a Python service does first."""

from __future__ import annotations

from typing import Any

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.parts.object_lru import ObjectLRU

Entry = dict[str, Any]


@layout(
    "dict",
    use="prototypes; states that arrive as dicts anyway",
    avoid="memory or the full collection of a large cache matter",
    sees="every node of the OrderedDict; the entry dicts from 3.14 on, before that none of them, "
    "since they hold nothing that the collector tracks",
    updates=("replace", "in-place"),
    bytes_per_entry=450,
    update_objects=1,
)
class DictOfDicts(ObjectLRU):
    """OrderedDict of one dict per entry, as decoded JSON or a database row leaves it.

    Source: ``json.loads``, or psycopg's ``dict_row``; what is tracked: Objects/dictobject.c
    (MAINTAIN_TRACKING, up to CPython 3.13).
    Left out: expiry, and the keys that such a source may bring beyond the two.
    """

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        entry: Entry = {"last_message_id": message_id, "mention_count": mentions}
        if self._payload_bytes:
            entry["payload"] = payload_for(message_id, self._payload_bytes)
        return entry

    def unpack(self, entry: Entry) -> tuple[int, int]:
        return entry["last_message_id"], entry["mention_count"]

    def payload_of(self, entry: Entry) -> bytes:
        payload: bytes = entry.get("payload", b"")
        return payload

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry["last_message_id"], entry["mention_count"]

    def ack(self, key: int, message_id: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        if self._in_place:
            entry["last_message_id"], entry["mention_count"] = message_id, 0
            if self._payload_bytes:
                entry["payload"] = payload_for(message_id, self._payload_bytes)
        else:
            entry = self._entries[key] = self.new_entry(message_id, 0)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        mentions = min(entry["mention_count"] + 1, MENTIONS_MAX)
        if self._in_place:
            entry["mention_count"] = mentions
        else:
            entry = self._entries[key] = self.new_entry(entry["last_message_id"], mentions)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True
