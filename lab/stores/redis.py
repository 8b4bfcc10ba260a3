"""The store `redis`: a server of its own over a real socket, commits pipelined.

A state is 12 bytes: message id and mentions, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from lab.stores.failing import FailuresOf
from strategies.interface import Typed
from strategies.parts.redis_server import RedisClient, RedisServer, Reply

_STATE = struct.Struct("<QI")
_PAGE = 10_000
_FAILURES = FailuresOf("redis", OSError, RuntimeError)


class RedisStore:
    """States in a redis-server that lives and ends with this store.

    Two connections, so that the commit thread and a load never share one.
    """

    def __init__(self) -> None:
        self._server = RedisServer()
        self._client = self._server.client
        self._reading = self._server.connect()

    def load(self, key: int) -> tuple[int, int]:
        state = _call(self._reading, b"GET", b"%d" % key)
        if not isinstance(state, bytes):
            return 0, 0
        message_id, mentions = _STATE.unpack(state)
        return message_id, mentions

    def save(self, key: int, message_id: int, mentions: int) -> None:
        _call(self._client, b"SET", b"%d" % key, _STATE.pack(message_id, mentions))

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        words = [b"MSET"]
        for row in range(count):
            words += (b"%d" % keys[row], _STATE.pack(ids[row], mentions[row]))
        _call(self._client, *words)

    def items(self) -> Iterator[tuple[int, int, int]]:
        seen = _call(self._client, b"KEYS", b"*")
        keys = seen if isinstance(seen, list) else []
        for begin in range(0, len(keys), _PAGE):
            page = keys[begin : begin + _PAGE]
            states = _call(self._client, b"MGET", *page)
            for key, state in zip(page, states if isinstance(states, list) else [], strict=True):
                message_id, mentions = _STATE.unpack(state)
                yield int(key), message_id, mentions

    def close(self) -> None:
        self._reading.close()
        self._server.close()


def _call(client: RedisClient, *words: bytes) -> Reply:
    with _FAILURES:
        return client.call(*words)
