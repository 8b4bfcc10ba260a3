"""What the layouts share that keep their entries in a database or a server of their own."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from strategies.buffers import bits
from strategies.interface import Pending, Typed, Update


class OutsideLRU:
    """Pending keys, recency counter and victim; a subclass has the entries and their order.

    Only the numbers of the keys that wait for a commit are in this process. Their states are read
    where they are when their turn comes; a key that is evicted, and so committed, stops waiting.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",  # noqa: ARG002 - what is outside is always written anew
        pending: Pending = "record",  # noqa: ARG002 - and waits as a key either way
    ) -> None:
        self.victim = array("q", [0, 0, 0])
        self._victim_bits = bits(self.victim)
        self._capacity = capacity
        self._payload_bytes = payload_bytes
        self._size = 0
        self._uses = 0
        self._pending: dict[int, None] = {}
        self._batch: dict[int, None] = {}

    def states(self, keys: Sequence[int]) -> Iterable[tuple[int, int]]:
        """Return the (message id, mentions) of keys that are all there, without touching them."""
        raise NotImplementedError

    def next_use(self) -> int:
        """Return the number of the use that begins: larger is more recent."""
        self._uses += 1
        return self._uses

    def evicted(self, key: int, message_id: int, mentions: int) -> None:
        """Report an entry that was put out."""
        self.victim[0] = key
        self._victim_bits[1] = message_id
        self.victim[2] = mentions
        self._pending.pop(key, None)
        self._batch.pop(key, None)

    def seal_pending(self) -> None:
        if self._batch:
            self._batch.update(self._pending)
        else:
            self._batch = self._pending
        self._pending = {}

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        batch = self._batch
        wanted = [batch.popitem()[0] for _ in range(min(limit, len(batch)))]
        if wanted:
            for row, (message_id, seen) in enumerate(self.states(wanted)):
                keys[row], ids[row], mentions[row] = wanted[row], message_id, seen
        return len(wanted)

    def __len__(self) -> int:
        return self._size

    def index_epoch(self) -> int:
        return 0

    def close(self) -> None:
        self._size = 0
        self._pending, self._batch = {}, {}
