"""A dict of linked nodes: the LRU of textbooks, written in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.parts.attribute_lru import AttributeLRU


class Node:
    """One Read State, between the next older and the next newer one; None outside the list."""

    __slots__ = ("key", "mentions", "message_id", "newer", "older")

    key: int
    older: Any
    newer: Any

    def __init__(self, message_id: int, mentions: int) -> None:
        self.message_id = message_id
        self.mentions = mentions


class PayloadNode(Node):
    """One Read State with an opaque payload."""

    __slots__ = ("payload",)

    def __init__(self, message_id: int, mentions: int, payload: bytes) -> None:
        self.message_id = message_id
        self.mentions = mentions
        self.payload = payload


@layout(
    "slots-linked",
    use="a recency order without OrderedDict's re-hash of two tables",
    avoid="the collector's walk is the problem: it has more to walk",
    sees="every node, and the dict's table, place by place",
    updates=("replace", "in-place"),
    bytes_per_entry=300,
)
class SlotsLinked(AttributeLRU):
    """Plain dict and a doubly linked list of nodes with __slots__, which hold the state too.

    A node that goes out lets go of its neighbours: a pending record would otherwise keep a chain
    of nodes alive. Neighbours refer to each other, so a cache that is dropped without `close` is
    left to the collector whole.

    Source: ``functools.lru_cache`` in Python (Lib/functools.py).
    Left out: its lock, and that it reuses the oldest node for the key that comes in.
    """

    entry = Node
    payload_entry = PayloadNode

    def new_index(self) -> Any:
        self._head = Node(0, 0)  # older: the most recent one; newer: the least recent one
        self._head.older = self._head.newer = self._head
        return {}

    def _append(self, key: int, node: Node) -> None:
        head = self._head
        last = head.older
        node.key, node.older, node.newer = key, last, head
        last.newer = head.older = node

    def _unlink(self, node: Node) -> None:
        older, newer = node.older, node.newer
        older.newer, newer.older = newer, older
        node.older = node.newer = None

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        evicted = super().insert(key, message_id, mentions, changed)
        self._append(key, self._entries[key])
        return evicted

    def evict(self) -> None:
        node = self._head.newer
        self._unlink(node)
        del self._entries[node.key]
        self.victim[0] = node.key
        self._victim_bits[1], self.victim[2] = node.message_id, node.mentions

    def read(self, key: int) -> tuple[int, int] | None:
        node = self._entries.get(key)
        if node is None:
            return None
        self._unlink(node)
        self._append(key, node)
        return node.message_id, node.mentions

    def ack(self, key: int, message_id: int) -> bool:
        node = self._entries.get(key)
        if node is None:
            return False
        self._unlink(node)
        if self._in_place:
            node.message_id, node.mentions = message_id, 0
            if self._payload_bytes:
                node.payload = payload_for(message_id, self._payload_bytes)
        else:
            node = self._entries[key] = self.new_entry(message_id, 0)
        self._append(key, node)
        self._remember(key, node)
        return True

    def mention(self, key: int) -> bool:
        node = self._entries.get(key)
        if node is None:
            return False
        self._unlink(node)
        mentions = node.mentions + 1 if node.mentions < MENTIONS_MAX else MENTIONS_MAX
        if self._in_place:
            node.mentions = mentions
        else:
            node = self._entries[key] = self.new_entry(node.message_id, mentions)
        self._append(key, node)
        self._remember(key, node)
        return True

    def items(self) -> Iterator[tuple[int, int, int]]:
        node = self._head.newer
        while node is not self._head:
            yield node.key, node.message_id, node.mentions
            node = node.newer

    def close(self) -> None:
        for node in self._entries.values():
            node.older = node.newer = None
        self._head.older = self._head.newer = self._head
        super().close()
