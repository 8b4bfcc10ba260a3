"""The flat columns under a Python dict as the index: faster lookups, and the dict's own stalls."""

from __future__ import annotations

import numpy as np

from strategies.interface import Typed, layout
from strategies.parts.flat_lru import FlatLRU
from strategies.parts.rehash import RehashCount


@layout(
    "flat-dict",
    use="lookups faster than `flat`, without an object per entry",
    avoid="spikes matter: the dict is walked, and re-hashes",
    sees="up to 3.13 nothing, since a dict of numbers is not tracked; from 3.14 on one dict, and "
    "with it every key and slot number that it holds",
    updates=("replace", "in-place"),
    packages=("numpy",),
    bytes_per_entry=180,
)
class FlatDict(FlatLRU):
    """Flat numpy arrays under a dict from key to slot number; exact LRU, but the dict re-hashes.

    What is at hand first when entries move into numpy. The dict's lookup is compiled, so a hit
    costs less than in `flat`; it holds two int objects per entry and is rebuilt whole each time
    its table is used up, which stalls as long as in any other dict of that size.

    Source: `flat`; the dict's rules: Objects/dictobject.c, CPython 3.11 to 3.15.
    Left out: what `flat` leaves out, though the dict would grow.
    """

    def column(self, typecode: str, length: int) -> Typed:
        return np.zeros(length, dtype=typecode).data

    def _make_index(self, capacity: int) -> None:  # noqa: ARG002 - a dict grows by itself
        self._slots: dict[int, int] = {}
        self._rehash = RehashCount()

    def _find(self, key: int) -> int:
        return self._slots.get(key, 0)

    def _enter(self, key: int, slot: int) -> None:
        self._rehash.insertion(len(self._slots))
        self._slots[key] = slot

    def _unindex(self, key: int, slot: int) -> None:  # noqa: ARG002
        del self._slots[key]

    def index_epoch(self) -> int:
        return self._rehash.epoch

    def close(self) -> None:
        super().close()
        self._slots.clear()
