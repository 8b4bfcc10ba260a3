"""Flat numpy arrays: payload, key index and recency links without an object per entry."""

from __future__ import annotations

import numpy as np

from strategies.interface import Typed, layout
from strategies.parts.flat_table import FlatTable


@layout(
    "flat",
    use="fixed-size states in large numbers and no spike at any price",
    avoid="states hold Python objects, or the size is not known beforehand",
    sees="nothing: a dozen arrays, whatever the number of entries",
    updates=("replace", "in-place"),
    rehash="none",
    packages=("numpy",),
    bytes_per_entry=60,
)
class Flat(FlatTable):
    """Flat numpy arrays under an open-addressing index; exact LRU, no re-hash.

    With ``update=replace`` an update writes the whole state over the old one in its slot, payload
    included; with ``in-place`` only what changes.

    Source: bigcache and freecache do it in Go, which does not scan memory without pointers; the
    index is of Knuth, The Art of Computer Programming vol. 3, 6.4.
    Left out: growth, and payloads of different lengths: both sizes are settled beforehand.
    """

    def column(self, typecode: str, length: int) -> Typed:
        return np.zeros(length, dtype=typecode).data
