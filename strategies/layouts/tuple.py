"""An OrderedDict of plain tuples: the cheapest entry that needs no class."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, layout
from strategies.parts.tuple_lru import TupleLRU


@layout(
    "tuple",
    use="states that are rarely updated",
    avoid="updates are frequent: each makes a tuple that is tracked until it is first collected",
    sees="every node of the OrderedDict; an entry until its first collection, which finds nothing "
    "but numbers in it and lets go of it",
    bytes_per_entry=300,
)
class Tuples(TupleLRU):
    """OrderedDict of tuples (message id, mentions[, payload]), a new one for every update.

    A pending record (key, entry) is such a tuple too.

    Source: ``_PyTuple_MaybeUntrack`` in Objects/tupleobject.c, CPython 3.11 to 3.15.
    Left out: ``update=in-place``, which no tuple has.
    """

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0], entry[1]

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
        mentions = entry[1] + 1 if entry[1] < MENTIONS_MAX else MENTIONS_MAX
        entry = self._entries[key] = self.new_entry(entry[0], mentions)
        self._entries.move_to_end(key)
        self._remember(key, entry)
        return True
