"""What holds for every store, whatever keeps the states."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.stores.failing import StoreFailedError
from lab.stores.far import FarStore
from lab.stores.interface import StateStore
from lab.stores.memory import DenseStore, memory_store
from lab.stores.opening import STORES, missing_server, open_store
from lab.stores.redis import RedisStore
from lab.stores.sqlite import SqliteStore
from lab.stores.threaded import ThreadedStore
from lab.stores.timed import TimedStore
from strategies.errors import UsageError
from strategies.parts.redis_server import redis_binary

SPEC = {"keys": 100, "dense": False, "miss_penalty_ns": 0, "commit": "inline", "step": 8}
KINDS = [
    pytest.param(
        {**SPEC, "name": name, "commit": commit},
        id=f"{name}-{commit}",
        marks=pytest.mark.skipif(
            name == "redis" and redis_binary() is None, reason="redis-server is not installed"
        ),
    )
    for name in STORES
    for commit in ("inline", "thread")
]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Iterator[StateStore]:
    store = open_store(request.param)
    yield store
    store.close()


def columns(*states: tuple[int, int, int]) -> tuple[int, Any, Any, Any]:
    keys, ids, mentions = zip(*states, strict=True)
    return len(states), array("q", keys), array("Q", ids), array("I", mentions)


def test_an_unknown_key_is_nothing(store: StateStore) -> None:
    assert store.load(7) == (0, 0)
    assert list(store.items()) == []


def test_extremes_come_back_as_they_went(store: StateStore) -> None:
    states = {
        -(2**63): (2**64 - 1, 2**32 - 1),
        2**63 - 1: (2**63, 1),
        0: (0, 5),
        -1: (1, 0),
    }
    for key, (message_id, mentions) in states.items():
        store.save(key, message_id, mentions)

    assert {key: store.load(key) for key in states} == states
    assert {key: (i, m) for key, i, m in store.items()} == states


def test_a_batch_is_written_and_the_last_state_wins(store: StateStore) -> None:
    store.save(1, 10, 0)
    store.save_many(*columns((1, 11, 1), (2, 20, 2), (3, 30, 3)))
    store.save(3, 31, 0)
    count, *rest = columns((4, 40, 0), (5, 50, 0))
    store.save_many(count - 1, *rest)  # only the first rows count

    assert sorted(store.items()) == [(1, 11, 1), (2, 20, 2), (3, 31, 0), (4, 40, 0)]
    assert store.load(5) == (0, 0)


def test_an_unknown_store_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'sqlite'"):
        open_store({**SPEC, "name": "sqlit"})


def test_a_load_from_far_away_takes_its_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0]
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += round(seconds * 1e9)

    def now() -> int:
        clock[0] += 50_000
        return clock[0]

    monkeypatch.setattr("lab.stores.far.sleep", sleep)
    monkeypatch.setattr("lab.stores.far.monotonic_ns", now)

    class Slow(DenseStore):
        """Its own loads take as long as the penalty, and more."""

        def load(self, key: int) -> tuple[int, int]:
            clock[0] += 3_000_000
            return super().load(key)

    store = FarStore(Slow(10), 2_000_000)
    store.save(1, 10, 0)
    assert (clock[0], slept) == (0, []), "writes are as they were"
    assert store.load(1) == (10, 0)
    assert 3_000_000 <= clock[0] <= 3_200_000, "not charged yet"
    assert slept == []

    store.charge()
    clock[0] = 0
    assert store.load(1) == (10, 0)
    assert 5_000_000 <= clock[0] <= 5_200_000, "the penalty comes on top"
    assert len(slept) == 1


@pytest.mark.parametrize("commit", ["inline", "thread"])
def test_an_opened_store_charges_its_penalty_when_it_is_told_to(commit: str) -> None:
    store = open_store({**SPEC, "name": "memory", "commit": commit, "miss_penalty_ns": 20_000_000})
    assert isinstance(store, TimedStore)
    for _ in range(3):
        store.load(1)
    assert store.load_ns < 20_000_000
    store.charge()
    before = store.load_ns
    store.load(1)
    assert store.load_ns - before >= 20_000_000
    store.close()


class Gated(DenseStore):
    """A store whose writes wait until they may go on."""

    def __init__(self) -> None:
        super().__init__(10)
        self.gate = threading.Event()
        self.written: list[int] = []

    def save(self, key: int, message_id: int, mentions: int) -> None:
        assert self.gate.wait(10)
        self.written.append(message_id)
        super().save(key, message_id, mentions)


def test_what_is_handed_over_is_readable_before_it_is_written() -> None:
    inner = Gated()
    store = ThreadedStore(inner, 8)
    store.save(1, 10, 0)
    store.save(1, 11, 3)
    store.save(2, 20, 0)

    assert inner.written == []
    assert (store.load(1), store.load(2), store.load(3)) == ((11, 3), (20, 0), (0, 0))
    inner.gate.set()
    store.drain()
    assert inner.written == [10, 11, 20], "in order: no older state overtakes a newer one"
    assert store.load(1) == inner.load(1) == (11, 3)
    store.close()


def test_a_write_that_fails_is_told_to_the_serving_thread() -> None:
    store = ThreadedStore(memory_store(1, dense=False), 8)
    store.save(1, 10, 0)
    store.save(2, 20, 0)  # one key more than the store was made for

    with pytest.raises(RuntimeError, match="commit thread failed: the store was made for 1 keys"):
        store.drain()
    with pytest.raises(RuntimeError, match="commit thread failed"):
        store.save(3, 30, 0)
    store.close()


def test_a_timed_store_waits_for_its_writer_and_counts_its_time() -> None:
    store = open_store({**SPEC, "name": "sqlite", "commit": "thread"})
    assert isinstance(store, TimedStore)
    for key in range(50):
        store.save(key, key, 0)
    store.drain()
    assert list(store._inner._waiting) == []  # type: ignore[attr-defined]
    used = store.cpu_ns
    assert used > 0
    store.drain()
    assert store.cpu_ns == used, "it was idle"
    store.close()


def test_what_the_database_cannot_do_is_no_fault_of_a_layout() -> None:
    store = SqliteStore()
    store._database.execute("DROP TABLE state")
    for fails in (
        lambda: store.load(1),
        lambda: store.save(1, 1, 1),
        lambda: store.save_many(*columns((1, 1, 1))),
        lambda: list(store.items()),
    ):
        with pytest.raises(StoreFailedError, match=r"^store sqlite: no such table: state$"):
            fails()
    threaded = ThreadedStore(store, 8)
    threaded.save(1, 1, 1)
    with pytest.raises(StoreFailedError, match="the commit thread failed: store sqlite: no such"):
        threaded.drain()
    threaded.close()


@pytest.mark.skipif(redis_binary() is None, reason="redis-server is not installed")
def test_a_server_that_is_gone_is_a_store_that_failed() -> None:
    store = RedisStore()
    os.kill(store._server.pid, signal.SIGKILL)
    store._server._process.wait()
    for fails in (lambda: store.load(1), lambda: store.save(1, 1, 1)):
        with pytest.raises(StoreFailedError, match=r"^store redis: "):
            fails()
    store.close()


@pytest.mark.skipif(redis_binary() is None, reason="redis-server is not installed")
def test_a_server_ends_with_an_interpreter_that_never_closed_it() -> None:
    code = (
        "from strategies.parts.redis_server import RedisServer\n"
        "server = RedisServer()\n"
        "print(server.pid, server._folder.name, flush=True)\n"
        "raise SystemExit(3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid, folder = done.stdout.split()
    assert done.returncode == 3
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(folder).exists()


def test_a_store_without_its_server_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert (
        missing_server("redis") == "store 'redis' needs redis-server: apt-get install redis-server"
    )
    assert missing_server("sqlite") is None
