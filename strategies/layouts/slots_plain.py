"""Slotted objects in a plain dict, whose insertion order serves as the recency order."""

from __future__ import annotations

from typing import Any

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.layouts.slots import Entry, PayloadEntry
from strategies.parts.attribute_lru import AttributeLRU


@layout(
    "slots-plain",
    use="few evictions, and reads that need not touch the order",
    avoid="updates are frequent: dead places slow the search for the oldest",
    sees="every entry, and every place of the dict, used or not",
    updates=("replace", "in-place"),
    bytes_per_entry=270,
)
class SlotsPlain(AttributeLRU):
    """Plain dict of objects with __slots__: every use takes the key out and puts it in again.

    Each of these insertions uses up a place of the dict's table, so it re-hashes after as many
    uses as it has places to spare, and ``next(iter(...))`` walks over the places that the oldest
    keys left.

    Source: the cache of compiled patterns in Lib/re/__init__.py, from CPython 3.12 on.
    Left out: its second cache in front, in order of insertion.
    """

    entry = Entry
    payload_entry = PayloadEntry

    def new_index(self) -> Any:
        return {}

    def evict(self) -> None:
        key = next(iter(self._entries))
        self.victim[0] = key
        self._victim_bits[1], self.victim[2] = self.unpack(self._entries.pop(key))

    def _put_last(self, key: int, entry: Any) -> None:
        entries, rehash = self._entries, self._rehash
        if not rehash.usable:
            rehash.rebuild(len(entries))
        rehash.usable -= 1
        entries[key] = entry

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self._put_last(key, entry)
        return entry.message_id, entry.mentions

    def ack(self, key: int, message_id: int) -> bool:
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        if self._in_place:
            entry.message_id, entry.mentions = message_id, 0
            if self._payload_bytes:
                entry.payload = payload_for(message_id, self._payload_bytes)
        else:
            entry = self.new_entry(message_id, 0)
        self._put_last(key, entry)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        mentions = entry.mentions + 1 if entry.mentions < MENTIONS_MAX else MENTIONS_MAX
        if self._in_place:
            entry.mentions = mentions
        else:
            entry = self.new_entry(entry.message_id, mentions)
        self._put_last(key, entry)
        self._remember(key, entry)
        return True
