"""An OrderedDict of dataclass instances: the plain class of typed code."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import layout
from strategies.parts.attribute_lru import AttributeLRU


@dataclass
class Entry:
    """One Read State."""

    message_id: int
    mentions: int


@dataclass
class PayloadEntry(Entry):
    """One Read State with an opaque payload."""

    payload: bytes


@layout(
    "dataclass",
    use="a small cache, for readable code",
    avoid="the cache is large: it is `object` with a nicer constructor",
    sees="every entry, and every node of the OrderedDict: what it sees of `object`",
    updates=("replace", "in-place"),
    bytes_per_entry=350,
    update_objects=1,
)
class Dataclasses(AttributeLRU):
    """OrderedDict of dataclasses without slots: `object` with a generated constructor.

    Source: PEP 557.
    Left out: ``slots=True``, which makes it `slots`; ``frozen=True``, whose constructor is slower.
    """

    entry = Entry
    payload_entry = PayloadEntry
