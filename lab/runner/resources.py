"""What the operating system says of the worker, seen from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import psutil

PERIOD_NS = 250_000_000
COLUMNS = (
    "elapsed_ns",
    "phase",
    "rss_bytes",
    "cpu_s",
    "voluntary_switches",
    "involuntary_switches",
)


class Meter:
    """Samples a process four times a second into ``resources.csv``, through all phases."""

    def __init__(self, path: Path, pid: int) -> None:
        self._file: TextIO = path.open("x", encoding="ascii")
        self._file.write(",".join(COLUMNS) + "\n")
        self._process = psutil.Process(pid)
        self._begin_ns = self._next_ns = time.monotonic_ns()

    def sample(self, phase: str) -> None:
        """Take a sample if one is due."""
        now_ns = time.monotonic_ns()
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + PERIOD_NS
        try:
            with self._process.oneshot():
                rss = self._process.memory_info().rss
                cpu = self._process.cpu_times()
                switches = self._process.num_ctx_switches()
        except psutil.Error:
            return  # it is gone: the token pipe says so with a reason
        self._file.write(
            f"{now_ns - self._begin_ns},{phase},{rss},{cpu.user + cpu.system:.3f},"
            f"{switches.voluntary},{switches.involuntary}\n"
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Cores:
    """Gives the worker a core of its own, where there are two or more, and keeps off it."""

    def __init__(self) -> None:
        self._before = os.sched_getaffinity(0)
        cores = sorted(self._before)
        self.worker: int | None = cores[-1] if len(cores) > 1 else None
        self.error: str | None = None

    def __enter__(self) -> Cores:
        if self.worker is not None:
            try:
                os.sched_setaffinity(0, self._before - {self.worker})
            except OSError as error:
                self.worker, self.error = None, error.strerror
        return self

    def __exit__(self, *_: object) -> None:
        os.sched_setaffinity(0, self._before)


@contextmanager
def pinned_to_worker_core() -> Iterator[None]:
    """Run in this process what otherwise runs in the worker, on the core that it would get."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
