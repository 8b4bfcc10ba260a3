"""The reference: a few-line exact LRU with the true state of every key, played beside the trial."""

from __future__ import annotations

from array import array
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from lab.trial.block import EVICTED, MISS, Operation
from strategies.interface import MENTIONS_MAX


class ReferenceModel:
    """What every answer must be, in memory bounded by the number of distinct keys.

    It also knows what must be durable: once as many records have been handed out as were sealed,
    every update before that seal is in the store. ``step`` records go per commit, in order.

    With ``exact=False`` a cache may evict what it likes: hits and misses are taken as it answers
    them, and every value is compared all the same. It may hold ``slack`` entries too many.
    """

    def __init__(
        self, capacity: int, keys: int, *, dense: bool, exact: bool = True, slack: int = 0
    ) -> None:
        self._exact, self._slack = exact, slack
        self._capacity = capacity
        self._lru: OrderedDict[int, None] = OrderedDict()
        self._rows: dict[int, int] | None = None if dense else {}
        self._ids = array("Q", bytes(8 * keys))
        self._mentions = array("I", bytes(4 * keys))
        self._updated = array("q", bytes(8 * keys))  # number of the last update, from 1; 0: none
        self._updates = self._sealed = self._undrained = self._durable = 0

    def replay(
        self,
        operations: NDArray[np.uint8],
        keys: NDArray[np.int64],
        arguments: NDArray[np.uint64],
        answered: NDArray[np.uint8],
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
        """Play one block; return the expected outcome and the expected argument column.

        ``answered`` is the outcome column that came back: what is expected where it is not exact.
        """
        lru, ids, mentions, rows = self._lru, self._ids, self._mentions, self._rows
        exact = self._exact
        outcomes = bytearray(len(keys)) if exact else bytearray(answered.tobytes())
        seen = array("Q", arguments.tobytes())
        for i, (operation, key, argument) in enumerate(
            zip(operations.tolist(), keys.tolist(), arguments.tolist(), strict=True)
        ):
            if operation == Operation.COMMIT:
                self._commit(argument)
                continue
            if not exact:
                pass
            elif key in lru:
                lru.move_to_end(key)
            else:
                outcomes[i] = MISS
                if len(lru) >= self._capacity:
                    lru.popitem(last=False)
                    outcomes[i] = MISS | EVICTED
                lru[key] = None
            row = key if rows is None else rows.setdefault(key, len(rows))
            if operation == Operation.READ:
                seen[i] = ids[row]
                continue
            if operation == Operation.ACK:
                ids[row], mentions[row] = argument, 0
            elif mentions[row] < MENTIONS_MAX:
                mentions[row] += 1
            self._updates += 1
            self._updated[row] = self._updates
        return np.frombuffer(outcomes, np.uint8), np.frombuffer(seen, np.uint64)

    def _commit(self, argument: int) -> None:
        if argument == 0:
            self._undrained += self._updates - self._sealed
            self._sealed = self._updates
        else:
            self._undrained = max(0, self._undrained - argument)
        if self._undrained == 0:
            self._durable = self._sealed

    def _row(self, key: int) -> int | None:
        if self._rows is not None:
            return self._rows.get(key)
        return key if 0 <= key < len(self._ids) else None

    def check_items(
        self, keys: NDArray[np.int64], ids: NDArray[np.uint64], mentions: NDArray[np.int64]
    ) -> str | None:
        """Compare the dumped cache, least recent first; return what differs, in one line."""
        if not self._exact:
            most = self._capacity + self._slack
            if len(keys) > most:
                return f"the cache holds {len(keys):,} entries where {most:,} are the most"
            self._lru = OrderedDict.fromkeys(keys.tolist())
        expected = np.fromiter(self._lru, np.int64, len(self._lru))
        if len(keys) != len(expected):
            return f"the cache holds {len(keys):,} entries, the model {len(expected):,}"
        wrong = np.flatnonzero(keys != expected)
        if len(wrong):
            at = wrong[0]
            return (
                f"place {at:,} of the recency order holds key {keys[at]}, the model {expected[at]}"
            )
        for key, message_id, count in zip(
            keys.tolist(), ids.tolist(), mentions.tolist(), strict=True
        ):
            row = self._row(key)
            if row is None or (self._ids[row], self._mentions[row]) != (message_id, count):
                return self._differs("the cache", key, row, message_id, count)
        return None

    def check_store(
        self, keys: NDArray[np.int64], ids: NDArray[np.uint64], mentions: NDArray[np.int64]
    ) -> str | None:
        """Compare the dumped store with every acknowledged state that must be there by now."""
        stored_ids = np.zeros(len(self._ids), np.uint64)
        stored_mentions = np.zeros(len(self._ids), np.int64)
        for key, message_id, count in zip(
            keys.tolist(), ids.tolist(), mentions.tolist(), strict=True
        ):
            row = self._row(key)
            if row is None:
                return f"the store holds key {key}, which no request ever named"
            stored_ids[row], stored_mentions[row] = message_id, count
        updated = np.frombuffer(self._updated, np.int64)
        cached = np.zeros(len(updated), bool)
        rows = [self._row(key) for key in self._lru]
        cached[np.array(rows, dtype=np.int64)] = True
        must = ~cached | (updated <= self._durable)  # never updated: nothing but (0, 0)
        true_ids = np.frombuffer(self._ids, np.uint64)
        true_mentions = np.frombuffer(self._mentions, np.uint32)
        wrong = np.flatnonzero(
            must & ((stored_ids != true_ids) | (stored_mentions != true_mentions))
        )
        if not len(wrong):
            return None
        row = int(wrong[0])
        key = row if self._rows is None else next(k for k, r in self._rows.items() if r == row)
        return f"{len(wrong):,} acknowledged states are not in the store, such as: " + (
            self._differs("the store", key, row, int(stored_ids[row]), int(stored_mentions[row]))
        )

    def _differs(self, where: str, key: int, row: int | None, ident: int, count: int) -> str:
        truth = "nothing" if row is None else f"({self._ids[row]}, {self._mentions[row]})"
        return f"{where} holds ({ident}, {count}) for key {key}, the model {truth}"
