"""A Redis server as the cache: every operation is one round trip over a real socket."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from strategies.errors import UsageError
from strategies.interface import Pending, Update, layout, payload_for
from strategies.parts.outside_lru import OutsideLRU
from strategies.parts.redis_server import RedisServer, Reply, redis_binary

if redis_binary() is None:
    raise UsageError("layout 'redis' needs redis-server: apt-get install redis-server")

_KEY = struct.Struct(">q")
_STATE = struct.Struct("<QI")
_ORDER = b"order"
"""The sorted set of keys by their last use; the keys themselves have 8 bytes."""
_PAGE = 10_000

_READ = b"""
local state = redis.call('GET', KEYS[1])
if state then redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1]) end
return state"""
_ACK = b"""
if redis.call('SET', KEYS[1], ARGV[2], 'XX') then
  redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
  return 1
end
return 0"""
_MENTION = b"""
local state = redis.call('GET', KEYS[1])
if not state then return 0 end
local seen = struct.unpack('<I4', state, 9)
if seen < 4294967295 then
  redis.call('SETRANGE', KEYS[1], 8, struct.pack('<I4', seen + 1))
end
redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
return 1"""
_MENTION_REPLACING = b"""
local state = redis.call('GET', KEYS[1])
if not state then return 0 end
local seen = struct.unpack('<I4', state, 9)
if seen < 4294967295 then seen = seen + 1 end
local id, size = string.sub(state, 1, 8), #state - 12
local payload = string.sub(string.rep(id, math.floor(size / 8) + 1), 1, size)
redis.call('SET', KEYS[1], id .. struct.pack('<I4', seen) .. payload)
redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
return 1"""
_INSERT = b"""
local out = {}
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then
  local key = redis.call('ZPOPMIN', KEYS[2])[1]
  out = {key, redis.call('GET', key)}
  redis.call('DEL', key)
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
return out"""


@layout(
    "redis",
    use="several processes share the cache, and its memory is another's",
    avoid="a response must take microseconds: each is a round trip",
    sees="nothing of the entries, which are in another process",
    rehash="unseen",
    bytes_per_entry=250,
)
class RedisCache(OutsideLRU):
    """A redis-server of its own: strings, and a sorted set for the order; exact LRU by Lua scripts.

    Each operation is one script, so one round trip, atomic: some 100 us of waiting and one
    wake-up of this process. The server's memory is not in this process's figures, and when its
    tables re-hash, step by step, is not seen here. It listens on a free loopback port and ends
    with the layout.

    Source: Redis's documentation, "Scripting with Lua" and "Key eviction".
    Left out: Redis's own ``maxmemory`` eviction, an approximated LRU by bytes that does not say
    what it evicts, and pipelining of requests.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._server = RedisServer()
        self._call = self._server.client.call
        mention = _MENTION_REPLACING if payload_bytes else _MENTION
        self._scripts = [self._load(script) for script in (_READ, _ACK, mention, _INSERT)]
        self._read, self._ack, self._mention, self._insert = self._scripts

    def _load(self, script: bytes) -> bytes:
        digest = self._call(b"SCRIPT", b"LOAD", script)
        if not isinstance(digest, bytes):
            raise UsageError("layout 'redis': the server takes no scripts; use Redis 5 or later")
        return digest

    def _run(self, script: bytes, key: int, *arguments: bytes) -> Reply:
        use = b"%d" % self.next_use()
        return self._call(b"EVALSHA", script, b"2", _KEY.pack(key), _ORDER, use, *arguments)

    def _packed(self, message_id: int, mentions: int) -> bytes:
        return _STATE.pack(message_id, mentions) + payload_for(message_id, self._payload_bytes)

    def read(self, key: int) -> tuple[int, int] | None:
        state = self._run(self._read, key)
        if not isinstance(state, bytes):
            return None
        message_id, mentions = _STATE.unpack_from(state)
        return message_id, mentions

    def ack(self, key: int, message_id: int) -> bool:
        if not self._run(self._ack, key, self._packed(message_id, 0)):
            return False
        self._pending[key] = None
        return True

    def mention(self, key: int) -> bool:
        if not self._run(self._mention, key):
            return False
        self._pending[key] = None
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        packed = self._packed(message_id, mentions)
        out = self._run(self._insert, key, packed, b"%d" % self._capacity)
        if changed:
            self._pending[key] = None
        if not isinstance(out, list) or not out:
            self._size += 1
            return False
        self.evicted(*_KEY.unpack(out[0]), *_STATE.unpack_from(out[1]))
        return True

    def states(self, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
        found = self._call(b"MGET", *map(_KEY.pack, keys))
        for state in found if isinstance(found, list) else []:
            message_id, mentions = _STATE.unpack_from(state)
            yield message_id, mentions

    def items(self) -> Iterator[tuple[int, int, int]]:
        for begin in range(0, self._size, _PAGE):
            page = self._call(b"ZRANGE", _ORDER, b"%d" % begin, b"%d" % (begin + _PAGE - 1))
            keys = [_KEY.unpack(key)[0] for key in page] if isinstance(page, list) else []
            for key, state in zip(keys, self.states(keys), strict=True):
                yield key, *state

    def payload(self, key: int) -> bytes:
        state = self._call(b"GET", _KEY.pack(key))
        if not isinstance(state, bytes):
            raise KeyError(key)
        return state[_STATE.size :]

    def close(self) -> None:
        super().close()
        self._server.close()
