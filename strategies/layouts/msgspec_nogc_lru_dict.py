"""Structs without the collector's header in lru-dict's C table: Python objects it never walks."""

from __future__ import annotations

from lru import LRU

from strategies.interface import layout
from strategies.layouts.msgspec_nogc import Entry, PayloadEntry
from strategies.parts.lru_dict_lru import LruDictLRU


@layout(
    "msgspec-nogc-lru-dict",
    use="objects with fields, and nothing per entry that a collection visits",
    avoid="an entry can be part of a reference cycle: it would leak",
    sees="nothing but the pending records: neither the entries nor the table",
    updates=("replace", "in-place"),
    packages=("lru", "msgspec"),
    bytes_per_entry=250,
)
class MsgspecNogcLruDict(LruDictLRU):
    """lru-dict of msgspec Structs with ``gc=False``: nothing per entry that a collection visits.

    A cycle that passes through an entry or the table leaks.

    Source: `msgspec-nogc` and `lru-dict`.
    Left out: the table's own eviction and callback; encoding and validation.
    """

    table = LRU
    entry = Entry
    payload_entry = PayloadEntry
