"""Opens the store that a trial's spec names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.stores.interface import StateStore
from lab.stores.memory import memory_store
from lab.stores.timed import TimedStore
from strategies.errors import unknown


def _memory(spec: dict[str, Any]) -> StateStore:
    return memory_store(spec["keys"], dense=spec["dense"])


def _sqlite(spec: dict[str, Any]) -> StateStore:  # noqa: ARG001 - a database needs no size
    from lab.stores.sqlite import SqliteStore  # noqa: PLC0415 - not into every measured process

    return SqliteStore()


def _redis(spec: dict[str, Any]) -> StateStore:  # noqa: ARG001
    from lab.stores.redis import RedisStore  # noqa: PLC0415

    return RedisStore()


STORES: dict[str, Callable[[dict[str, Any]], StateStore]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
}


def check_store(name: str) -> str:
    """Return the name of a store that there is.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if name not in STORES:
        raise unknown("store", name, STORES)
    return name


def missing_server(name: str) -> str | None:
    """Say in one line which server a store needs and how to get it; None: it can be opened."""
    from strategies.parts.redis_server import redis_binary  # noqa: PLC0415

    if name != "redis" or redis_binary() is not None:
        return None
    return "store 'redis' needs redis-server: apt-get install redis-server"


def open_store(spec: dict[str, Any]) -> StateStore:
    """Open the store of a worker's spec.

    ``name``, ``keys`` (how many there can be), ``dense`` (whether they are 0 to n - 1),
    ``miss_penalty_ns`` (added to every load once the store is to `charge` it), ``commit``
    (``inline`` or ``thread``), ``step``. Whatever is not the bare store in memory is timed.
    """
    store = STORES[check_store(spec["name"])](spec)
    far, writer = None, None
    if spec["miss_penalty_ns"]:
        from lab.stores.far import FarStore  # noqa: PLC0415

        store = far = FarStore(store, spec["miss_penalty_ns"])
    if spec["commit"] == "thread":
        from lab.stores.threaded import ThreadedStore  # noqa: PLC0415

        store = writer = ThreadedStore(store, spec["step"])
    if spec["name"] == "memory" and far is None and writer is None:
        return store
    return TimedStore(store, far=far, writer=writer)
