"""What the operating system says of the worker, seen from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    """Samples the workers four times a second into ``resources.csv``, through all phases.

    Figures are sums over the workers of a trial.
    """

    def __init__(self, path: Path, pids: list[int]) -> None:
        self._file: TextIO = path.open("x", encoding="ascii")
        self._file.write(",".join(COLUMNS) + "\n")
        self._processes = [psutil.Process(pid) for pid in pids]
        self._begin_ns = self._next_ns = time.monotonic_ns()
        self.rss: list[tuple[float, int]] = []
        """(seconds, bytes) of each sample in the measured phase."""

    def sample(self, phase: str) -> None:
        """Take a sample if one is due."""
        now_ns = time.monotonic_ns()
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + PERIOD_NS
        rss, cpu_s, voluntary, involuntary = 0, 0.0, 0, 0
        for process in self._processes:
            try:
                with process.oneshot():
                    rss += process.memory_info().rss
                    cpu = process.cpu_times()
                    switches = process.num_ctx_switches()
            except psutil.Error:
                return  # it is gone: the token pipe says so with a reason
            cpu_s += cpu.user + cpu.system
            voluntary += switches.voluntary
            involuntary += switches.involuntary
        elapsed_ns = now_ns - self._begin_ns
        if phase == "measure":
            self.rss.append((elapsed_ns / 1e9, rss))
        self._file.write(f"{elapsed_ns},{phase},{rss},{cpu_s:.3f},{voluntary},{involuntary}\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def machine_ticks(stat: Path = Path("/proc/stat")) -> tuple[int, int]:
    """Return the processor time of the whole machine so far and what of it was stolen, in ticks.

    Stolen by the hypervisor, for other machines; zeros where the kernel does not say.
    """
    try:
        fields = stat.read_text(encoding="ascii").splitlines()[0].split()
    except (OSError, IndexError):
        return 0, 0
    # user nice system idle iowait irq softirq steal; guest time is in user already
    ticks = [int(field) for field in fields[1:9]]
    return sum(ticks), ticks[7] if len(ticks) == 8 else 0


@dataclass(frozen=True)
class Placement:
    """Where the workers of a trial run: their cores, None for one that must share or is not bound.

    ``refused`` says why none is bound though there are enough cores.
    """

    cpus: list[int | None]
    refused: str | None = None


class Cores:
    """Gives each worker a core of its own, where there is one more for everything else."""

    def __init__(self) -> None:
        self._all = os.sched_getaffinity(0)
        self.error: str | None = None

    def enough_for(self, workers: int) -> bool:
        """Whether that many workers and the lab have a core each."""
        return len(self._all) > workers

    @contextmanager
    def for_workers(self, workers: int) -> Iterator[Placement]:
        """Give the workers' cores, and keep this process off them."""
        cpus: list[int | None] = [None] * workers
        if self.enough_for(workers) and self.error is None:
            mine = sorted(self._all)[-workers:]
            try:
                os.sched_setaffinity(0, self._all - set(mine))
                cpus = list(mine)
            except OSError as error:
                self.error = error.strerror
        try:
            yield Placement(cpus, self.error if self.enough_for(workers) else None)
        finally:
            if None not in cpus:  # where it was refused, taking it back would be too
                os.sched_setaffinity(0, self._all)


@contextmanager
def pinned_to_worker_core() -> Iterator[None]:
    """Run in this process what otherwise runs in the worker, on the core that it would get."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
