"""An OrderedDict of plain objects: what most Python services have."""

from __future__ import annotations

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


class Entry:
    """One Read State; its fields are kept as CPython keeps them, without a dict until asked."""

    def __init__(self, message_id: int, mentions: int) -> None:
        self.message_id = message_id
        self.mentions = mentions


class PayloadEntry(Entry):
    """One Read State with an opaque payload."""

    def __init__(self, message_id: int, mentions: int, payload: bytes) -> None:
        self.message_id = message_id
        self.mentions = mentions
        self.payload = payload


@layout(
    "object",
    use="small caches, for plain code",
    avoid="memory matters: `slots` is the same in less",
    sees="every entry, and every node of the OrderedDict; no dict per entry, since CPython makes "
    "an object's __dict__ only when it is asked for",
    updates=("replace", "in-place"),
    bytes_per_entry=350,
    update_objects=1,
)
class Objects(AttributeLRU):
    """OrderedDict of objects of a plain class, without __slots__.

    Source: Objects/typeobject.c, CPython 3.11 to 3.15 (an object's fields are kept inside it).
    Left out: expiry.
    """

    entry = Entry
    payload_entry = PayloadEntry
