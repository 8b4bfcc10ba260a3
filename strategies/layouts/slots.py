"""An OrderedDict of slotted objects: what a careful Python service does today."""

from __future__ import annotations

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


class Entry:
    """One Read State."""

    __slots__ = ("mentions", "message_id")

    def __init__(self, message_id: int, mentions: int) -> None:
        self.message_id = message_id
        self.mentions = mentions


class PayloadEntry(Entry):
    """One Read State with an opaque payload."""

    __slots__ = ("payload",)

    def __init__(self, message_id: int, mentions: int, payload: bytes) -> None:
        self.message_id = message_id
        self.mentions = mentions
        self.payload = payload


@layout(
    "slots",
    use="what a careful service does today; the reference here",
    avoid="the cache is large and updated often: every spike of this lab is its own",
    sees="every entry, and every node of the OrderedDict",
    updates=("replace", "in-place"),
    bytes_per_entry=300,
    update_objects=1,
)
class Slots(AttributeLRU):
    """OrderedDict of objects with __slots__: no dict per entry.

    Source: docs.python.org/3/reference/datamodel.html, __slots__.
    Left out: expiry, and a slot for weak references.
    """

    entry = Entry
    payload_entry = PayloadEntry
