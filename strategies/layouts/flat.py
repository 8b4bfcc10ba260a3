"""Flat numpy arrays: payload, key index and recency links without an object per entry."""

from __future__ import annotations

import numpy as np

from strategies.flat_table import FlatTable
from strategies.interface import Typed, layout


@layout(
    "flat",
    sees="nothing: a dozen arrays, whatever the number of entries",
    updates=("replace", "in-place"),
    packages=("numpy",),
    bytes_per_entry=60,
)
class Flat(FlatTable):
    """Flat numpy arrays under an open-addressing index; exact LRU, no re-hash."""

    def column(self, typecode: str, length: int) -> Typed:
        return np.zeros(length, dtype=typecode).data
