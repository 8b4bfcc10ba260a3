"""A dict of channels per user, users in LRU order: the shape of the case study's cache."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from strategies.interface import (
    MENTIONS_MAX,
    Count,
    Pending,
    Typed,
    Update,
    layout,
    payload_for,
)
from strategies.parts.pending import batch_queue
from strategies.parts.rehash import RehashCount


class Entry:
    """One Read State; ``waits`` until it is handed out for its commit."""

    __slots__ = ("mentions", "message_id", "payload", "waits")

    def __init__(self, message_id: int, mentions: int, payload: bytes) -> None:
        self.message_id = message_id
        self.mentions = mentions
        self.payload = payload
        self.waits = False


@layout(
    "nested",
    use="whole users come and go together",
    avoid="one user can hold a large part of the cache",
    sees="every entry, every user's dict and every node of the OrderedDict of users",
    eviction="approximate",
    evictions="unreported",
    updates=("replace", "in-place"),
    bytes_per_entry=300,
)
class Nested:
    """OrderedDict user -> {channel -> slotted entry}; evicts whole users, least recent first.

    A key is user * ``channels`` + channel. A use of one channel keeps all of its user's states,
    and the capacity counts states, so room for one may cost many. An insertion can report one
    victim only, so none is reported: a state that is evicted before its commit stays in its
    pending record and is found by `uncommitted` until the record's turn has come. Re-hashes are
    counted for the OrderedDict; a user's dict is too small to stall.

    Source: Discord's "Why Discord is switching from Go to Rust" (Read States of a user's channels,
    an LRU of users).
    Left out: expiry, and a limit to what one user may hold.
    """

    def __init__(
        self,
        capacity: int,
        *,
        channels: Count = 16,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        self.victim = array("q", [0, 0, 0])
        self._capacity, self._channels = capacity, channels
        self._payload_bytes = payload_bytes
        self._in_place = update == "in-place"
        self._users: OrderedDict[int, dict[int, Entry]] = OrderedDict()
        self._size = 0
        self._evicted: dict[int, Entry] = {}
        self._rehash = RehashCount()
        self._queue = batch_queue(pending, self._write)

    def _new_entry(self, message_id: int, mentions: int) -> Entry:
        size = self._payload_bytes
        return Entry(message_id, mentions, payload_for(message_id, size) if size else b"")

    def _find(self, key: int) -> Entry | None:
        user, channel = divmod(key, self._channels)
        states = self._users.get(user)
        return None if states is None else states.get(channel)

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._find(key)
        if entry is None:
            return None
        self._users.move_to_end(key // self._channels)
        return entry.message_id, entry.mentions

    def ack(self, key: int, message_id: int) -> bool:
        entry = self._find(key)
        if entry is None:
            return False
        if self._in_place:
            entry.message_id, entry.mentions = message_id, 0
            if self._payload_bytes:
                entry.payload = payload_for(message_id, self._payload_bytes)
        else:
            entry = self._new_entry(message_id, 0)
        self._put(key, entry)
        return True

    def mention(self, key: int) -> bool:
        entry = self._find(key)
        if entry is None:
            return False
        mentions = entry.mentions + 1 if entry.mentions < MENTIONS_MAX else MENTIONS_MAX
        if self._in_place:
            entry.mentions = mentions
        else:
            entry = self._new_entry(entry.message_id, mentions)
        self._put(key, entry)
        return True

    def _put(self, key: int, entry: Entry) -> None:
        user, channel = divmod(key, self._channels)
        self._users[user][channel] = entry
        self._users.move_to_end(user)
        entry.waits = True
        self._queue.add(key, entry)

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        user, channel = divmod(key, self._channels)
        users = self._users
        if user in users:
            users.move_to_end(user)
        while self._size >= self._capacity:
            self._evict()
        if user not in users:
            self._rehash.insertion(len(users))
            users[user] = {}
        entry = users[user][channel] = self._new_entry(message_id, mentions)
        self._size += 1
        if changed:
            self._put(key, entry)
        return False

    def _evict(self) -> None:
        user, states = self._users.popitem(last=False)
        self._size -= len(states)
        first = user * self._channels
        for channel, entry in states.items():
            if entry.waits:
                self._evicted[first + channel] = entry

    def uncommitted(self, key: int) -> tuple[int, int] | None:
        """Return the state of a key that was evicted before its commit; None: ask the store."""
        entry = self._evicted.get(key)
        return None if entry is None else (entry.message_id, entry.mentions)

    def seal_pending(self) -> None:
        self._queue.seal()

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        return self._queue.take(limit, keys, ids, mentions)

    def _write(
        self, records: Iterable[tuple[int, Entry]], keys: Typed, ids: Typed, mentions: Typed
    ) -> int:
        evicted = self._evicted
        count = 0
        for key, entry in records:
            cached = self._find(key)
            # a clean one was read back in since the eviction, and is the same state
            waiting = cached if cached is not None and cached.waits else evicted.get(key)
            if waiting is entry:
                keys[count] = key
                ids[count], mentions[count] = entry.message_id, entry.mentions
                count += 1
                entry.waits = False
                evicted.pop(key, None)
        return count

    def __len__(self) -> int:
        return self._size

    def items(self) -> Iterator[tuple[int, int, int]]:
        for user, states in self._users.items():
            first = user * self._channels
            for channel, entry in states.items():
                yield first + channel, entry.message_id, entry.mentions

    def payload(self, key: int) -> bytes:
        user, channel = divmod(key, self._channels)
        return self._users[user][channel].payload

    def index_epoch(self) -> int:
        return self._rehash.epoch

    def close(self) -> None:
        self._users.clear()
        self._evicted.clear()
        self._size = 0
        self._queue = batch_queue("record", self._write)
