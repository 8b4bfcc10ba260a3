"""A layout of another package: an entry is a tuple with a list in it."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.parts.object_lru import ObjectLRU


@layout(
    "two-lists",
    sees="two objects per entry, and every node of the OrderedDict",
    bytes_per_entry=350,
)
class TwoLists(ObjectLRU):
    """OrderedDict of (numbers, payload), the numbers in a list."""

    def new_entry(self, message_id: int, mentions: int) -> tuple[list[int], bytes]:
        return [message_id, mentions], payload_for(message_id, self._payload_bytes)

    def unpack(self, entry: tuple[list[int], bytes]) -> tuple[int, int]:
        message_id, mentions = entry[0]
        return message_id, mentions

    def payload_of(self, entry: tuple[list[int], bytes]) -> bytes:
        return entry[1]

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return self.unpack(entry)

    def ack(self, key: int, message_id: int) -> bool:
        return key in self._entries and self._replace(key, message_id, 0)

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        message_id, mentions = self.unpack(entry)
        return self._replace(key, message_id, min(mentions + 1, MENTIONS_MAX))

    def _replace(self, key: int, message_id: int, mentions: int) -> bool:
        entry = self._entries[key] = self.new_entry(message_id, mentions)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True
