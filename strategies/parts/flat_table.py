"""An exact LRU in flat arrays: no Python object per entry and no re-hash, ever.

The columns of `strategies.parts.flat_lru` under one open-addressing index from key to slot,
preallocated as they are. Deletion shifts the followers back (Knuth, The Art of Computer
Programming vol. 3, 6.4, algorithm R), so that there are no tombstones to clean up.
"""

from __future__ import annotations

from strategies.buffers import release
from strategies.interface import MASK64
from strategies.parts.flat_lru import FlatLRU

_MULTIPLIER = 0x9E3779B97F4A7C15
"""2^64 / golden ratio: multiplicative hashing spreads consecutive keys over the table."""


def index_places(capacity: int) -> int:
    """Return the size of an index for that many keys: a power of two, at most two thirds taken."""
    places = 8
    while places * 2 < capacity * 3:
        places *= 2
    return places


class FlatTable(FlatLRU):
    """The flat layout with its index in one more column; 0 in the index means free."""

    def _make_index(self, capacity: int) -> None:
        places = index_places(capacity)
        self._mask = places - 1
        self._shift = 64 - self._mask.bit_length()
        self._index = self.column("i", places)

    def _find(self, key: int) -> int:
        index, keys, mask = self._index, self._keys, self._mask
        place = (key * _MULTIPLIER & MASK64) >> self._shift
        slot: int = index[place]
        while slot:
            if keys[slot] == key:
                return slot
            place = (place + 1) & mask
            slot = index[place]
        return 0

    def _enter(self, key: int, slot: int) -> None:
        index, mask = self._index, self._mask
        place = (key * _MULTIPLIER & MASK64) >> self._shift
        while index[place]:
            place = (place + 1) & mask
        index[place] = slot

    def _unindex(self, key: int, slot: int) -> None:
        """Free the slot's place; shift back whoever stands behind it out of its own place."""
        index, keys, mask, shift = self._index, self._keys, self._mask, self._shift
        hole = (key * _MULTIPLIER & MASK64) >> shift
        while index[hole] != slot:
            hole = (hole + 1) & mask
        place = (hole + 1) & mask
        while index[place]:
            home = (keys[index[place]] * _MULTIPLIER & MASK64) >> shift
            if (place - home) & mask >= (place - hole) & mask:
                index[hole] = index[place]
                hole = place
            place = (place + 1) & mask
        index[hole] = 0

    def close(self) -> None:
        super().close()
        release(self._index)
