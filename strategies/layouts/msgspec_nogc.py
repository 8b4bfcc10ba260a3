"""An OrderedDict of msgspec Structs without the collector's header."""

from __future__ import annotations

from msgspec import Struct

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


class Entry(Struct, gc=False):
    """One Read State."""

    message_id: int
    mentions: int


class PayloadEntry(Entry, gc=False):
    """One Read State with an opaque payload."""

    payload: bytes


@layout(
    "msgspec-nogc",
    use="objects with fields, without the collector walking them",
    avoid="an entry can be part of a reference cycle: it would leak",
    sees="every node of the OrderedDict; no entry, whatever its fields hold",
    updates=("replace", "in-place"),
    packages=("msgspec",),
    bytes_per_entry=280,
)
class MsgspecNogc(AttributeLRU):
    """OrderedDict of msgspec Structs with ``gc=False``: 16 bytes less each, never tracked.

    An entry does not count as an allocation for the collector either. A cycle through such an
    entry would leak.

    Source: jcristharif.com/msgspec/structs.html, "Disabling Garbage Collection".
    Left out: what msgspec is made for, encoding and validation.
    """

    entry = Entry
    payload_entry = PayloadEntry
