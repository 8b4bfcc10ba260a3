"""The store `memory`: preallocated arrays, so that what is measured is the cache.

The collector does not walk arrays and none of these is ever resized or re-hashed. All pages are
touched on construction, which keeps the store out of the layout's bytes per entry.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from lab.stores.interface import StateStore
from strategies.interface import MASK64, Typed

_MULTIPLIER = 0x9E3779B97F4A7C15


class DenseStore:
    """States of the keys 0 to n - 1, the key being the row."""

    def __init__(self, keys: int) -> None:
        self._ids = array("Q", bytes(8 * keys))
        self._mentions = array("I", bytes(4 * keys))
        self._known = bytearray(keys)

    def load(self, key: int) -> tuple[int, int]:
        return self._ids[key], self._mentions[key]

    def save(self, key: int, message_id: int, mentions: int) -> None:
        self._ids[key] = message_id
        self._mentions[key] = mentions
        self._known[key] = 1

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        all_ids, all_mentions, known = self._ids, self._mentions, self._known
        for _, key, message_id, mention_count in zip(
            range(count), keys, ids, mentions, strict=False
        ):
            all_ids[key] = message_id
            all_mentions[key] = mention_count
            known[key] = 1

    def items(self) -> Iterator[tuple[int, int, int]]:
        for key, known in enumerate(self._known):
            if known:
                yield key, self._ids[key], self._mentions[key]

    def close(self) -> None:
        self._ids, self._mentions, self._known = array("Q"), array("I"), bytearray()


class HashedStore:
    """States of up to n keys anywhere in the signed 64-bit range: open addressing, half full."""

    def __init__(self, keys: int) -> None:
        places = 8
        while places < 2 * keys:
            places *= 2
        self._limit = keys
        self._mask = places - 1
        self._shift = 64 - self._mask.bit_length()
        self._keys = array("q", bytes(8 * places))
        self._rows = DenseStore(places)
        self._taken = bytearray(places)
        self._size = 0

    def _place(self, key: int) -> int:
        """Return the key's row, or the free one where it would go."""
        place = (key * _MULTIPLIER & MASK64) >> self._shift
        while self._taken[place] and self._keys[place] != key:
            place = (place + 1) & self._mask
        return place

    def load(self, key: int) -> tuple[int, int]:
        return self._rows.load(self._place(key))

    def save(self, key: int, message_id: int, mentions: int) -> None:
        place = self._place(key)
        if not self._taken[place]:
            if self._size >= self._limit:
                raise RuntimeError(f"the store was made for {self._limit} keys and met one more")
            self._size += 1
            self._taken[place] = 1
            self._keys[place] = key
        self._rows.save(place, message_id, mentions)

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        for row in range(count):
            self.save(keys[row], ids[row], mentions[row])

    def items(self) -> Iterator[tuple[int, int, int]]:
        for place, message_id, mentions in self._rows.items():
            yield self._keys[place], message_id, mentions

    def close(self) -> None:
        self._rows.close()
        self._keys, self._taken = array("q"), bytearray()


def memory_store(keys: int, *, dense: bool) -> StateStore:
    """Make a store for ``keys`` distinct keys; ``dense``: they are 0 to ``keys - 1``."""
    return DenseStore(keys) if dense else HashedStore(keys)
