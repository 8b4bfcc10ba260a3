"""Slotted objects in lru-dict's C table: index and recency in one, without an OrderedDict."""

from __future__ import annotations

from lru import LRU

from strategies.interface import layout
from strategies.layouts.slots import Entry, PayloadEntry
from strategies.parts.lru_dict_lru import LruDictLRU


@layout(
    "slots-lru-dict",
    use="slotted objects under an index that is not walked",
    avoid="an entry can be part of a reference cycle: it would leak",
    sees="every entry, by its own header; nothing of the table, whose references it cannot follow",
    updates=("replace", "in-place"),
    packages=("lru",),
    bytes_per_entry=270,
)
class SlotsLruDict(LruDictLRU):
    """lru-dict of objects with __slots__: exact LRU in C.

    A cycle that passes through the table leaks.

    Source: `slots` and `lru-dict`.
    Left out: the table's own eviction and callback.
    """

    table = LRU
    entry = Entry
    payload_entry = PayloadEntry
