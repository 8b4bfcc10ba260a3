"""What the LRU caches from PyPI share: entries are plain tuples, the package keeps the order."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, Pending, Update
from strategies.parts.tuple_lru import Entry, TupleLRU


class PackageLRU(TupleLRU):
    """An exact LRU that a package provides, of (message id, mentions[, payload]) under their key.

    Subclasses make the package's cache in `new_index` and say how an eviction is noticed. Its
    ``get`` and its item assignment both count as a use of the key.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        return entry[0], entry[1]

    def ack(self, key: int, message_id: int) -> bool:
        if key not in self._entries:
            return False
        entry = self._entries[key] = self.new_entry(message_id, 0)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        mentions = entry[1] + 1 if entry[1] < MENTIONS_MAX else MENTIONS_MAX
        entry = self._entries[key] = self.new_entry(entry[0], mentions)
        self._remember(key, entry)
        return True

    def evicted(self, key: int, entry: Entry) -> None:
        """Report in `victim` what the package has put out."""
        self.victim[0] = key
        self._victim_bits[1], self.victim[2] = entry[0], entry[1]


class SelfEvicting(PackageLRU):
    """The package evicts when a key is assigned, and calls back to say what."""

    evicts_first = True
    """Whether the old entry goes out before the new one comes in: it decides the re-hashes."""

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        entries = self._entries
        used = len(entries)
        evicts = used >= self._capacity
        self._rehash.insertion(used - (evicts and self.evicts_first))
        entry = entries[key] = self.new_entry(message_id, mentions)
        if changed:
            self._remember(key, entry)
        return evicts
