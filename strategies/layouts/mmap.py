"""The flat layout in a memory-mapped file: what is in the cache survives the process's crash."""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path

from strategies.errors import UsageError
from strategies.interface import Pending, Typed, Update, layout
from strategies.parts.flat_lru import RECORD_BYTES, fields_of
from strategies.parts.flat_table import FlatTable, index_places

_MAGIC = b"gclab-mmap-2\0\0\0\0"
_WORDS = 8
_CAPACITY, _SIZE, _SLOT, _OLD_ID, _OLD_MENTIONS, _OUT_KEY, _OUT_ID, _OUT_MENTIONS = range(_WORDS)
_UNFINISHED = 2**63
"""In `_SLOT`, beside the slot: an entry is being written there, and nothing is to be restored."""
_HEADER_BYTES = len(_MAGIC) + 8 * _WORDS
_NO_VICTIM = 2**32
"""In `_OUT_MENTIONS`, which no counter reaches: nothing was evicted yet."""


def columns_of(capacity: int, payload_bytes: int) -> Iterator[tuple[str, int]]:
    """Yield (typecode, length) of the columns in the order in which the table asks for them."""
    slots = capacity + 1
    yield "i", index_places(capacity)
    yield from (("B", slots * RECORD_BYTES), ("B", slots * payload_bytes), ("i", capacity))


def _aligned(length: int) -> int:
    return -(-length // 8) * 8


@layout(
    "mmap",
    use="the cache must survive a crash of its process",
    avoid="it need not: `flat` does the same with less",
    sees="nothing: a dozen views of one mapped file",
    updates=("replace", "in-place"),
    rehash="none",
    bytes_per_entry=60,
)
class MappedFlat(FlatTable):
    """The code of `flat` over a mapped file, with a note that makes an operation undoable.

    Without ``path`` the file has no name and goes with the process. With ``path=FILE`` it is there
    until `close`, and `reopen` reads the states out of it after a crash. Before an update the old
    state is noted in the header, and an evicted one stays noted until the next eviction: whatever
    instruction a kill strikes, no acknowledged state is lost. A mention needs no note: it is one
    store, and the payload that it writes anew has the same bytes. The pages belong to the kernel,
    so this holds for a crash of the process, not of the machine.

    Source: `flat`; mmap(2) of Linux, MAP_SHARED.
    Left out: msync; and restoring the payload, which a state's message id gives.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        path: str = "",
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        self._path = Path(path) if path else None
        sizes = (array(code).itemsize * n for code, n in columns_of(capacity, payload_bytes))
        self._file = self._open(_HEADER_BYTES + sum(map(_aligned, sizes)))
        self._view = memoryview(self._file)
        self._offset = _HEADER_BYTES
        self._noted = self._view[len(_MAGIC) : _HEADER_BYTES].cast("Q")
        self._noted[_CAPACITY] = capacity
        self._noted[_OUT_MENTIONS] = _NO_VICTIM
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._view[: len(_MAGIC)] = _MAGIC

    def _open(self, length: int) -> mmap.mmap:
        if self._path is None:
            folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
            with tempfile.TemporaryFile(prefix="gclab-mmap-", dir=folder) as file:
                file.truncate(length)
                return mmap.mmap(file.fileno(), length)
        try:
            with self._path.open("x+b") as file:
                file.truncate(length)
                return mmap.mmap(file.fileno(), length)
        except FileExistsError:
            raise UsageError(
                f"mmap: {self._path} is there, maybe from a crash: reopen or delete it first"
            ) from None
        except OSError as error:
            raise UsageError(f"mmap: {self._path}: {error.strerror}; name another path") from None

    def column(self, typecode: str, length: int) -> Typed:
        begin, end = self._offset, self._offset + length * array(typecode).itemsize
        self._offset += _aligned(end - begin)
        column: Typed = self._view[begin:end]
        return column.cast(typecode)

    def ack(self, key: int, message_id: int) -> bool:
        slot = self._find(key)
        if not slot:
            return False
        noted = self._noted
        noted[_OLD_ID] = self._ids[slot]
        noted[_OLD_MENTIONS] = self._mentions[slot]
        noted[_SLOT] = slot
        self._ids[slot] = message_id
        self._mentions[slot] = 0
        if self._payload_bytes:
            self._write_payload(slot, message_id)
        noted[_SLOT] = 0
        self._touch(slot)
        if not self._waits[slot]:
            self._wait(slot)
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicts = self._size >= self._capacity
        slot = self._newer[0] if evicts else self._size + 1
        if evicts:
            self._note_victim(slot)
        self._noted[_SLOT] = slot | _UNFINISHED
        self._noted[_SIZE] = max(self._size, slot)
        super().insert(key, message_id, mentions, changed)
        self._noted[_SLOT] = 0
        return evicts

    def _note_victim(self, slot: int) -> None:
        """Note the entry to be evicted; until it is whole, what was noted before counts for none.

        The one noted before is in the store by now: it was committed before the next operation.
        """
        noted = self._noted
        noted[_OUT_MENTIONS] = _NO_VICTIM
        noted[_OUT_KEY] = self._keys[slot] % 2**64
        noted[_OUT_ID] = self._ids[slot]
        noted[_OUT_MENTIONS] = self._mentions[slot]

    def close(self) -> None:
        super().close()
        self._noted.release()
        self._view.release()
        self._file.close()
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()


def reopen(path: Path) -> list[tuple[int, int, int]]:
    """Read the acknowledged (key, message id, mentions) out of the file that a crash left.

    The entry evicted last comes first, since its commit may not have happened; then the cache,
    least recent first. Every state is the newest of its key: to commit all of them, whether they
    were committed before or not, brings the store up to date.

    Raises
    ------
    UsageError
        The file cannot be read, is none of this layout's, or is cut short.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"mmap: {path}: {error.strerror}; name the layout's path") from None
    if content[: len(_MAGIC)] != _MAGIC or len(content) < _HEADER_BYTES:
        raise UsageError(f"mmap: {path} holds no cache of this layout; name the layout's path")
    noted = struct.unpack_from(f"={_WORDS}Q", content, len(_MAGIC))
    index, records, *_ = columns_of(noted[_CAPACITY], 0)
    at = _HEADER_BYTES + _aligned(array(index[0]).itemsize * index[1])
    if at + records[1] > len(content):
        raise UsageError(f"mmap: {path} is cut short; take a whole copy")
    keys, ids, mentions, _, newer, _ = fields_of(memoryview(content)[at : at + records[1]])
    states = {}
    for slot in _by_recency(newer, noted[_SIZE]):
        if slot == noted[_SLOT]:
            states[keys[slot]] = (noted[_OLD_ID], noted[_OLD_MENTIONS])
        elif slot | _UNFINISHED != noted[_SLOT]:
            states[keys[slot]] = (ids[slot], mentions[slot])
    evicted = []
    if noted[_OUT_MENTIONS] != _NO_VICTIM:
        key = noted[_OUT_KEY] - (noted[_OUT_KEY] >> 63 << 64)
        if key not in states:
            evicted.append((key, noted[_OUT_ID], noted[_OUT_MENTIONS]))
    return evicted + [(key, *state) for key, state in states.items()]


def _by_recency(newer: Typed, size: int) -> list[int]:
    """Follow the links; the slot that was being moved is the most recent one, if they miss it."""
    order: dict[int, None] = {}
    slot = newer[0]
    while slot and slot not in order:
        order[slot] = None
        slot = newer[slot]
    order.update(dict.fromkeys(s for s in range(1, size + 1) if s not in order))
    return list(order)
