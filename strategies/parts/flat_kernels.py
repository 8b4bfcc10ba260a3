"""The flat table's operations compiled by numba: one call per operation, scalars in and out.

A call that takes numpy arrays spends 0.3 us on unpacking each of them. Here every operation takes
the address of one header: an int64 array with the table's scalars and its columns' addresses, so
that only integers pass. The algorithms are those of `strategies.parts.flat_lru` and
`strategies.parts.flat_table`, step by step, and leave the same bytes in the columns.

Everything is compiled when this module is imported, for fixed signatures, and kept in numba's
cache beside it (or in the user's cache folder): the first import takes several seconds, the next
ones a fraction of one, and no operation ever waits for the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

CAPACITY, MASK, SHIFT, SIZE, HEAD, TAIL, SEALED, PAYLOAD_BYTES = range(8)
INDEX, RECORDS, PAYLOAD, RING, VICTIM, MENTION_WRITES_PAYLOAD = range(8, 14)
HEADER_WORDS = 14
_RECORD: Any = np.dtype(
    [
        ("key", "i8"),
        ("id", "u8"),
        ("mentions", "u4"),
        ("older", "i4"),
        ("newer", "i4"),
        ("waits", "u4"),
    ]
)
"""The record of `strategies.parts.flat_lru`."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MENTIONS_MAX = np.uint32(2**32 - 1)

Function = Callable[..., Any]
_numba: Any = numba  # its own types do not know what its compiler makes of them
njit, carray = _numba.njit, _numba.carray


def compiled(signature: str | None = None) -> Callable[[Function], Any]:
    """Compile now for that signature, from the cache where one can be written.

    Without a signature: a helper, compiled into those that call it.
    """

    def compile_now(function: Function) -> Any:
        given = (signature,) if signature else ()
        try:
            return njit(*given, cache=True)(function)
        except RuntimeError:  # numba found no folder in which it may write
            return njit(*given)(function)

    return compile_now


def _pointer_at(_typing: Any, address: Any) -> Any:
    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), build


pointer: Any = intrinsic(_pointer_at)


@compiled()
def header_at(base: Any) -> Any:
    """View the header at an address."""
    return carray(pointer(base), HEADER_WORDS, np.int64)


@compiled()
def records_of(header: Any) -> Any:
    """View the records of all slots."""
    return carray(pointer(header[RECORDS]), header[CAPACITY] + 1, _RECORD)


@compiled()
def find(header: Any, key: Any) -> Any:
    """Return the key's slot; 0: it is not there."""
    mask = header[MASK]
    index = carray(pointer(header[INDEX]), mask + 1, np.int32)
    records = records_of(header)
    place = np.int64(np.uint64(key) * _MULTIPLIER >> np.uint64(header[SHIFT]))
    slot = index[place]
    while slot:
        if records[slot].key == key:
            return np.int64(slot)
        place = (place + 1) & mask
        slot = index[place]
    return np.int64(0)


@compiled()
def append(header: Any, slot: Any) -> Any:
    """Make the slot the most recent one."""
    records = records_of(header)
    last = records[0].older
    records[last].newer = slot
    records[slot].older = last
    records[slot].newer = 0
    records[0].older = slot


@compiled()
def touch(header: Any, slot: Any) -> Any:
    """Move the slot to the recent end."""
    records = records_of(header)
    after = records[slot].newer
    if after:
        before = records[slot].older
        records[before].newer = after
        records[after].older = before
        append(header, slot)


@compiled()
def changed(header: Any, slot: Any) -> Any:
    """Let the slot wait for its commit, once."""
    records = records_of(header)
    if not records[slot].waits:
        records[slot].waits = 1
        ring = carray(pointer(header[RING]), header[CAPACITY], np.int32)
        ring[header[TAIL] % header[CAPACITY]] = slot
        header[TAIL] += 1


@compiled()
def write_payload(header: Any, slot: Any, message_id: Any) -> Any:
    """Write the id's little-endian bytes over the slot's payload, again and again."""
    size = header[PAYLOAD_BYTES]
    payload = carray(pointer(header[PAYLOAD]), (header[CAPACITY] + 1) * size, np.uint8)
    for byte in range(size):
        payload[slot * size + byte] = np.uint8(message_id >> np.uint64((byte & 7) * 8))


@compiled()
def unindex(header: Any, key: Any, slot: Any) -> Any:
    """Free the slot's place; shift back whoever stands behind it out of its own place."""
    mask, shift = header[MASK], np.uint64(header[SHIFT])
    index = carray(pointer(header[INDEX]), mask + 1, np.int32)
    records = records_of(header)
    hole = np.int64(np.uint64(key) * _MULTIPLIER >> shift)
    while index[hole] != slot:
        hole = (hole + 1) & mask
    place = (hole + 1) & mask
    while index[place]:
        home = np.int64(np.uint64(records[index[place]].key) * _MULTIPLIER >> shift)
        if (place - home) & mask >= (place - hole) & mask:
            index[hole] = index[place]
            hole = place
        place = (place + 1) & mask
    index[hole] = 0


@compiled()
def evict(header: Any) -> Any:
    """Unlink the least recent entry, report it and return its slot."""
    records = records_of(header)
    victim = carray(pointer(header[VICTIM]), 3, np.int64)
    slot = np.int64(records[0].newer)
    victim[0] = records[slot].key
    victim[1] = np.int64(records[slot].id)
    victim[2] = np.int64(records[slot].mentions)
    after = records[slot].newer
    records[0].newer = after
    records[after].older = 0
    unindex(header, records[slot].key, slot)
    return slot


@compiled("Optional(Tuple((uint64, uint32)))(int64, int64)")
def read(base: Any, key: Any) -> Any:
    """Return (message id, mentions) and touch recency; None is a miss."""
    header = header_at(base)
    slot = find(header, key)
    if not slot:
        return None
    touch(header, slot)
    records = records_of(header)
    return records[slot].id, records[slot].mentions


@compiled("boolean(int64, int64, uint64)")
def ack(base: Any, key: Any, message_id: Any) -> Any:
    """Set the message id and clear the mentions; False is a miss."""
    header = header_at(base)
    slot = find(header, key)
    if not slot:
        return False
    records = records_of(header)
    records[slot].id = message_id
    records[slot].mentions = 0
    write_payload(header, slot, message_id)
    touch(header, slot)
    changed(header, slot)
    return True


@compiled("boolean(int64, int64)")
def mention(base: Any, key: Any) -> Any:
    """Add one mention; False is a miss."""
    header = header_at(base)
    slot = find(header, key)
    if not slot:
        return False
    records = records_of(header)
    if records[slot].mentions < _MENTIONS_MAX:
        records[slot].mentions += np.uint32(1)
    if header[MENTION_WRITES_PAYLOAD]:
        write_payload(header, slot, records[slot].id)
    touch(header, slot)
    changed(header, slot)
    return True


@compiled("boolean(int64, int64, uint64, uint32, boolean)")
def insert(base: Any, key: Any, message_id: Any, seen: Any, is_changed: Any) -> Any:
    """Insert a key that is not there; True: it evicted."""
    header = header_at(base)
    evicted = header[SIZE] >= header[CAPACITY]
    if evicted:
        slot = evict(header)
    else:
        header[SIZE] += 1
        slot = header[SIZE]
    mask = header[MASK]
    index = carray(pointer(header[INDEX]), mask + 1, np.int32)
    place = np.int64(np.uint64(key) * _MULTIPLIER >> np.uint64(header[SHIFT]))
    while index[place]:
        place = (place + 1) & mask
    index[place] = slot
    records = records_of(header)
    records[slot].key = key
    records[slot].id = message_id
    records[slot].mentions = seen
    write_payload(header, slot, message_id)
    append(header, slot)
    if is_changed:
        changed(header, slot)
    return evicted


@compiled("int64(int64, int64, int64, int64, int64)")
def take(base: Any, limit: Any, to_keys: Any, to_ids: Any, to_mentions: Any) -> Any:
    """Write up to ``limit`` sealed states to the three addresses; return how many."""
    header = header_at(base)
    count = min(limit, header[SEALED] - header[HEAD])
    ring = carray(pointer(header[RING]), header[CAPACITY], np.int32)
    records = records_of(header)
    for row in range(count):
        slot = ring[(header[HEAD] + row) % header[CAPACITY]]
        records[slot].waits = 0
        carray(pointer(to_keys), limit, np.int64)[row] = records[slot].key
        carray(pointer(to_ids), limit, np.uint64)[row] = records[slot].id
        carray(pointer(to_mentions), limit, np.uint32)[row] = records[slot].mentions
    header[HEAD] += count
    return count
