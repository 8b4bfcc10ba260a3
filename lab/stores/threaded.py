"""Commits on a thread of their own, as a service with a background writer does.

Writes are queued in order, so that no older state overtakes a newer one, and stay readable from
memory until they are written. The queue's records are Python objects: what they cost the collector
is part of the choice. The serving thread hands over and goes on; it still shares the interpreter's
lock with the writer, which is why such a trial sleeps between requests rather than spin.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

from lab.stores.failing import StoreFailedError
from lab.stores.interface import StateStore
from strategies.interface import Typed

State = tuple[int, int]
Batch = list[tuple[int, State]]


class ThreadedStore:
    """Another store behind one writer thread; loads go past it."""

    def __init__(self, inner: StateStore, step: int) -> None:
        self._inner = inner
        self._waiting: dict[int, State] = {}
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Batch | threading.Event | None] = SimpleQueue()
        self._columns = _columns(max(step, 1))
        self._failed: BaseException | None = None
        self.cpu_ns = 0
        """CPU time that the writer has used so far."""
        self._writer = threading.Thread(target=self._write, name="commits", daemon=True)
        self._writer.start()

    def _write(self) -> None:
        while (job := self._queue.get()) is not None:
            if isinstance(job, threading.Event):
                job.set()
                continue
            if self._failed is None:
                try:
                    self._commit(job)
                except BaseException as error:  # noqa: BLE001 - told to the serving thread
                    self._failed = error
            self.cpu_ns = time.thread_time_ns()

    def _commit(self, batch: Batch) -> None:
        if len(batch) == 1:
            key, (message_id, mentions) = batch[0]
            self._inner.save(key, message_id, mentions)
        else:
            keys, ids, counts = self._columns
            for row, (key, state) in enumerate(batch):
                keys[row] = key
                ids[row], counts[row] = state
            self._inner.save_many(len(batch), keys, ids, counts)
        with self._lock:
            for key, state in batch:
                if self._waiting.get(key) is state:
                    del self._waiting[key]

    def _hand_over(self, batch: Batch) -> None:
        self._tell_failure()
        with self._lock:
            self._waiting.update(batch)
        self._queue.put(batch)

    def load(self, key: int) -> State:
        return self._waiting.get(key) or self._inner.load(key)

    def save(self, key: int, message_id: int, mentions: int) -> None:
        self._hand_over([(key, (message_id, mentions))])

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        self._hand_over([(keys[row], (ids[row], mentions[row])) for row in range(count)])

    def drain(self) -> None:
        """Wait until everything handed over so far is written."""
        written = threading.Event()
        self._queue.put(written)
        written.wait()
        self._tell_failure()

    def _tell_failure(self) -> None:
        """Raise what went wrong on the thread, the database's own failures as such."""
        error = self._failed
        if error is not None:
            kind = StoreFailedError if isinstance(error, StoreFailedError) else RuntimeError
            raise kind(f"the commit thread failed: {error}") from error

    def items(self) -> Iterator[tuple[int, int, int]]:
        self.drain()
        return self._inner.items()

    def close(self) -> None:
        self._queue.put(None)
        self._writer.join(timeout=10)
        self._inner.close()


def _columns(rows: int) -> tuple[Typed, Typed, Typed]:
    return (
        memoryview(bytearray(8 * rows)).cast("q"),
        memoryview(bytearray(8 * rows)).cast("Q"),
        memoryview(bytearray(4 * rows)).cast("I"),
    )
