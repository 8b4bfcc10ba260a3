"""theine: Python dicts in shards under a W-TinyLFU policy written in Rust."""

from __future__ import annotations

from typing import Any

from theine import Cache

from strategies.interface import Pending, Update, layout
from strategies.parts.value_cache import ValueCache


@layout(
    "theine",
    use="a better hit rate than LRU's on skewed keys",
    avoid="evictions must be seen, or pending states need not be held twice",
    sees="an object per entry, the tuple in it until its first collection, and two dicts for each "
    "of 16 shards or more",
    eviction="approximate",
    evictions="unreported",
    rehash="unseen",
    threads=True,
    packages=("theine",),
    slack=64,
    bytes_per_entry=650,
)
class Theine(ValueCache):
    """theine.Cache of tuples: W-TinyLFU, evictions unreported.

    A policy in Rust decides on hashes of the keys; two keys of one hash, as -1 and -2, put each
    other out. The package's own Python thread wakes up every second. The shards' dicts
    re-hash each at its own time, which cannot be seen from outside.

    Source: github.com/Yiling-J/theine.
    Left out: expiry, `nolock`, and the `Memoize` decorator.
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
        self._cache: Cache[int, tuple[Any, ...]] = Cache(capacity)

    def fetch(self, key: int) -> tuple[Any, ...] | None:
        entry, _ = self._cache.get(key)
        return entry

    def put(self, key: int, entry: tuple[Any, ...]) -> None:
        self._cache.set(key, entry)

    def __len__(self) -> int:
        return len(self._cache)

    def close(self) -> None:
        super().close()
        self._cache.clear()
        self._cache.close()
