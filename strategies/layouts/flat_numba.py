"""The flat layout compiled by numba: the same arrays and algorithms, one compiled call each."""

from __future__ import annotations

import numpy as np

from strategies.interface import Pending, Typed, Update, layout
from strategies.parts import flat_kernels as kernels
from strategies.parts.flat_table import FlatTable

_COLUMNS = ("index", "records", "payload", "ring")
"""In the order of the header's addresses, from `kernels.INDEX` on."""


@layout(
    "flat-numba",
    use="as `flat`, faster, where numba may be installed",
    avoid="start-up time or the size of the installation matter",
    sees="nothing of the entries: a dozen arrays; numba's own objects, some 100,000, are on the "
    "heap and are walked if a collection comes",
    updates=("replace", "in-place"),
    rehash="none",
    packages=("numba", "numpy"),
    bytes_per_entry=60,
)
class FlatNumba(FlatTable):
    """The arrays of `flat`, worked on by code that numba compiled; exact LRU, no re-hash.

    Compiled when the module is imported, before the cache is built: no phase of a trial sees the
    compiler. The import itself costs some 100 MB of memory and half a second, several seconds the
    first time.

    Source: `flat`; numba.readthedocs.io, eager compilation by signature.
    Left out: numba's own typed dict as the index, several threads, releasing the GIL.
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
        header = np.zeros(kernels.HEADER_WORDS, dtype=np.int64)
        self._header = header.data
        self._header[kernels.CAPACITY] = capacity
        self._header[kernels.MASK] = self._mask
        self._header[kernels.SHIFT] = self._shift
        self._header[kernels.PAYLOAD_BYTES] = payload_bytes
        self._header[kernels.MENTION_WRITES_PAYLOAD] = self._mention_writes_payload
        for word, name in enumerate(_COLUMNS, kernels.INDEX):
            self._header[word] = address(getattr(self, f"_{name}"))
        self._header[kernels.VICTIM] = self.victim.buffer_info()[0]
        self._base = address(self._header)

    def column(self, typecode: str, length: int) -> Typed:
        return np.zeros(length, dtype=typecode).data

    def read(self, key: int) -> tuple[int, int] | None:
        state: tuple[int, int] | None = kernels.read(self._base, key)
        return state

    def ack(self, key: int, message_id: int) -> bool:
        hit: bool = kernels.ack(self._base, key, message_id)
        return hit

    def mention(self, key: int) -> bool:
        hit: bool = kernels.mention(self._base, key)
        return hit

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicted: bool = kernels.insert(self._base, key, message_id, mentions, changed)
        return evicted

    def seal_pending(self) -> None:
        self._header[kernels.SEALED] = self._header[kernels.TAIL]

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        rows = min(limit, len(keys), len(ids), len(mentions))
        taken: int = kernels.take(self._base, rows, address(keys), address(ids), address(mentions))
        return taken

    def __len__(self) -> int:
        size: int = self._header[kernels.SIZE]
        return size

    def close(self) -> None:
        # the compiled code knows addresses only: without one nothing reaches what is released
        self.__dict__.pop("_base", None)
        self._header[kernels.SIZE] = 0
        super().close()


def address(view: Typed) -> int:
    """Return where a typed memoryview's items begin."""
    return int(np.frombuffer(view, dtype=np.uint8).ctypes.data) if len(view) else 0
