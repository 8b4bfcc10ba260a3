"""An OrderedDict of one integer per entry: both fields in one number."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.parts.object_lru import ObjectLRU

_HEADER_BYTES = 12
"""A message id of 64 and mentions of 32 bits."""
Entry = int | bytes


@layout(
    "packed",
    use="two numbers fit in one and nothing else is stored",
    avoid="the state has more fields",
    sees="every node of the OrderedDict; no entry ever, since numbers and bytes hold no reference",
    bytes_per_entry=240,
)
class Packed(ObjectLRU):
    """OrderedDict of ``message_id << 32 | mentions``, a new number for every update.

    With a payload an entry is one bytes object: the same number in 12 little-endian bytes, and the
    payload behind it.

    Source: Objects/longobject.c and bytesobject.c: neither type has the collector's flag
    (``Py_TPFLAGS_HAVE_GC``).
    Left out: ``update=in-place``, which no number has.
    """

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        packed = message_id << 32 | mentions
        if not self._payload_bytes:
            return packed
        header = packed.to_bytes(_HEADER_BYTES, "little")
        return header + payload_for(message_id, self._payload_bytes)

    def unpack(self, entry: Entry) -> tuple[int, int]:
        packed = (
            entry if isinstance(entry, int) else int.from_bytes(entry[:_HEADER_BYTES], "little")
        )
        return packed >> 32, packed & MENTIONS_MAX

    def payload_of(self, entry: Entry) -> bytes:
        return b"" if isinstance(entry, int) else entry[_HEADER_BYTES:]

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return self.unpack(entry)

    def ack(self, key: int, message_id: int) -> bool:
        if key not in self._entries:
            return False
        entry = self._entries[key] = self.new_entry(message_id, 0)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        message_id, mentions = self.unpack(entry)
        entry = self.new_entry(message_id, mentions + 1 if mentions < MENTIONS_MAX else mentions)
        self._entries[key] = entry
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True
