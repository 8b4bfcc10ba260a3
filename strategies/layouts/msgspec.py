"""An OrderedDict of msgspec Structs: compiled classes that the collector need not know."""

from __future__ import annotations

from msgspec import Struct

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


class Entry(Struct):
    """One Read State."""

    message_id: int
    mentions: int


class PayloadEntry(Entry):
    """One Read State with an opaque payload."""

    payload: bytes


@layout(
    "msgspec",
    use="structs of atoms, encoded and decoded anyway",
    avoid="one field may hold a container: then the struct is tracked",
    sees="every node of the OrderedDict; no entry, since a Struct is tracked only once a field "
    "holds something that is",
    updates=("replace", "in-place"),
    packages=("msgspec",),
    bytes_per_entry=300,
)
class Msgspec(AttributeLRU):
    """OrderedDict of msgspec Structs.

    Source: jcristharif.com/msgspec/structs.html, "Disabling Garbage Collection".
    Left out: what msgspec is made for, encoding and validation.
    """

    entry = Entry
    payload_entry = PayloadEntry
