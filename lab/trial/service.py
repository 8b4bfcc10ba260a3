"""The Read States service around the cache: misses, evictions, write-behind commits.

After a miss it loads the state (unknown: (0, 0)), applies the operation to it and inserts the
outcome once. What that displaces is committed before the operation ends, clean or not.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.stores.interface import StateStore
from lab.trial.block import EVICTED, MISS, Block
from strategies.buffers import bits, rows
from strategies.interface import MENTIONS_MAX, Layout

State = tuple[int, int]


def _asked_first(
    uncommitted: Callable[[int], State | None], load: Callable[[int], State]
) -> Callable[[int], State]:
    """Load past a layout that evicts without a word: what it has not committed yet is newer."""

    def load_newest(key: int) -> State:
        return uncommitted(key) or load(key)

    return load_newest


class ReadStates:
    """Binds one layout to one store; `miss` and `commit` are called from the timed loop."""

    def __init__(self, layout: Layout, store: StateStore, commit_step: int) -> None:
        self._insert, self._victim = layout.insert, layout.victim
        self._seal, self._take = layout.seal_pending, layout.take_pending
        self._victim_bits = bits(layout.victim)
        self._load: Callable[[int], State] = store.load
        self._save, self._save_many = store.save, store.save_many
        uncommitted = getattr(layout, "uncommitted", None)
        if uncommitted is not None:
            self._load = _asked_first(uncommitted, store.load)
        count = max(commit_step, 1)
        self._keys, self._ids, self._mentions = rows("q", count), rows("Q", count), rows("I", count)

    def miss(self, block: Block, i: int, operation: int, key: int, argument: int) -> None:
        """Load, apply, insert, commit what was evicted; note the outcome in the block."""
        message_id, mentions = self._load(key)
        if operation == 0:
            block.arguments[i] = message_id
        elif operation == 1:
            message_id, mentions = argument, 0
        elif mentions < MENTIONS_MAX:
            mentions += 1
        if self._insert(key, message_id, mentions, operation != 0):
            self._save(self._victim[0], self._victim_bits[1], self._victim[2])
            block.outcomes[i] = MISS | EVICTED
        else:
            block.outcomes[i] = MISS

    def commit(self, argument: int) -> None:
        """Seal what is pending (0), or hand up to ``argument`` sealed states to the store."""
        if argument:
            count = self._take(argument, self._keys, self._ids, self._mentions)
            if count:
                self._save_many(count, self._keys, self._ids, self._mentions)
        else:
            self._seal()

    def commit_all(self, records: int) -> None:
        """Commit whatever is pending, ``records`` at most; after the measured phase only.

        A take that hands nothing out is no sign of the end: all it went through may be superseded.
        """
        for _ in range(2):  # what was sealed before, then what was not
            for _ in range(records // len(self._keys) + 1):
                self.commit(len(self._keys))
            self._seal()
        for _ in range(records // len(self._keys) + 1):
            self.commit(len(self._keys))
