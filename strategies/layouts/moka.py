"""moka-py: a concurrent cache in Rust with TinyLFU admission, out of the collector's sight."""

from __future__ import annotations

from typing import Any

from moka_py import Moka

from strategies.interface import Pending, Update, layout
from strategies.parts.value_cache import ValueCache


@layout(
    "moka",
    use="many keys are asked for once only: TinyLFU keeps them out",
    avoid="an update must stay cached, or evictions must be seen",
    sees="nothing of the cache; an entry by its own header until its first collection, which lets "
    "go of a tuple of numbers",
    eviction="approximate",
    evictions="unreported",
    rehash="unseen",
    packages=("moka_py",),
    slack=64,
    bytes_per_entry=700,
)
class MokaCache(ValueCache):
    """moka_py.Moka of tuples: TinyLFU, which may turn a new key away rather than an old one out.

    Evictions come in batches, some time after the insertion, and are announced later still: the
    cache may hold more than its capacity in between, and what it evicts is taken as unreported.
    When its table re-hashes cannot be seen from outside.

    Source: github.com/deliro/moka-py.
    Left out: policy="lru", expiry, the eviction listener and the `cached` decorator.
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
        self._cache: Moka[int, tuple[Any, ...]] = Moka(capacity)

    def fetch(self, key: int) -> tuple[Any, ...] | None:
        return self._cache.get(key)

    def put(self, key: int, entry: tuple[Any, ...]) -> None:
        self._cache.set(key, entry)

    def settle(self) -> None:
        self._cache.run_pending_tasks()

    def __len__(self) -> int:
        self.settle()
        return self._cache.count()

    def close(self) -> None:
        super().close()
        self._cache.clear()
