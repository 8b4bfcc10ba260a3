"""An OrderedDict of named tuples: fields with names that cannot be changed."""

from __future__ import annotations

from typing import NamedTuple

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


class Entry(NamedTuple):
    """One Read State."""

    message_id: int
    mentions: int


class PayloadEntry(NamedTuple):
    """One Read State with an opaque payload."""

    message_id: int
    mentions: int
    payload: bytes


@layout(
    "namedtuple",
    use="states that are rarely updated",
    avoid="updates are frequent: each makes an object that stays tracked",
    sees="every entry, and every node of the OrderedDict: the collector lets go of plain tuples of "
    "numbers only, not of a subclass",
    bytes_per_entry=300,
)
class NamedTuples(AttributeLRU):
    """OrderedDict of named tuples, a new one for every update.

    Source: ``_PyTuple_MaybeUntrack`` in Objects/tupleobject.c, which asks for an exact tuple.
    Left out: ``_replace``, a slower way to make the next one; ``update=in-place``, which no tuple
    has.
    """

    entry = Entry
    payload_entry = PayloadEntry
