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
    packages=("numpy",),
    bytes_per_entry=60,
)
class Flat(FlatTable):
    """Flat numpy arrays under an open-addressing index; exact LRU, no re-hash."""

    def column(self, typecode: str, length: int) -> Typed:
        return np.zeros(length, dtype=typecode).data
