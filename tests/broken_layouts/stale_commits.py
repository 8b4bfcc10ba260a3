from __future__ import annotations

from strategies.interface import Typed, layout
from strategies.layouts.slots import Slots


@layout("stale-commits", sees="every entry")
class StaleCommits(Slots):
    """Hands out an older state of a key after its eviction has committed the newest one."""

    _evicted: int | None = None

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicted = super().insert(key, message_id, mentions, changed)
        if evicted:
            self._evicted = self.victim[0]
        return evicted

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        count = super().take_pending(limit, keys, ids, mentions)
        if self._evicted is not None and count < limit:
            keys[count], ids[count], mentions[count] = self._evicted, 1, 0
            self._evicted = None
            count += 1
        return count
