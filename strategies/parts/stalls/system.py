"""Stalls that the operating system makes: another process on the core, page faults."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
from time import monotonic_ns

from strategies.errors import UsageError
from strategies.parts.stalls.base import Stall

_LOWEST_PRIORITY = 19
_MAPPED_BYTES = 32 * 2**20
_PAGES_AT_ONCE = 64
"""Touched between two readings of the clock, which then cost next to nothing."""

_HELPER = """
import os, sys, time
os.closerange(2, 65536)
pause_ns = int(sys.argv[1])
os.write(1, b"+")
while os.read(0, 1):
    end = time.monotonic_ns() + pause_ns
    while time.monotonic_ns() < end:
        pass
"""
"""Holds nothing of its parent's open but the two pipes, and ends when the first of them closes."""


class Fault(Stall):
    """Maps fresh memory and touches page after page until the time is up, then unmaps it.

    Each first touch is a page fault that the kernel serves with a zeroed page of the small size.
    When the mapping is used up its pages are given back and it begins again.
    """

    def __init__(self, pause_ns: int) -> None:
        self._pause_ns = pause_ns
        self._stride = mmap.PAGESIZE
        self._written = bytes(_PAGES_AT_ONCE)

    def cause(self, begin_ns: int) -> None:
        end, place = begin_ns + self._pause_ns, 0
        step, stride, written = self._stride * _PAGES_AT_ONCE, self._stride, self._written
        with mmap.mmap(-1, _MAPPED_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            with contextlib.suppress(OSError):  # a kernel without huge pages
                memory.madvise(mmap.MADV_NOHUGEPAGE)
            while monotonic_ns() < end:
                memory[place : place + step : stride] = written
                place += step
                if place == _MAPPED_BYTES:
                    memory.madvise(mmap.MADV_DONTNEED)
                    place = 0


class Spin(Stall):
    """Wakes a helper process that takes the core away: this process is descheduled meanwhile.

    The helper is started on the one core that this process is pinned to. So that it gets nearly
    all of it, this process lowers its own priority to a niceness of 19, for good: no privilege is
    needed for that, but a process without one cannot go back. The helper keeps the niceness that
    this process had. It ends with this process.

    Raises
    ------
    UsageError
        This process is not pinned to one core, or the helper does not start.
    """

    def __init__(self, pause_ns: int) -> None:
        require_one_core()
        self._helper, self._wake = _start_helper(pause_ns)
        os.setpriority(os.PRIO_PROCESS, 0, _LOWEST_PRIORITY)

    def cause(self, begin_ns: int) -> None:  # noqa: ARG002 - the scheduler does the rest
        os.write(self._wake, b"+")

    def close(self) -> None:
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1
            os.waitpid(self._helper, 0)


def require_one_core() -> None:
    """Refuse a process that could step aside to another core."""
    cores = len(os.sched_getaffinity(0))
    if cores != 1:
        raise UsageError(
            f"known-pause: kind=spin needs a process pinned to one core, this one may run on "
            f"{cores}: start it with taskset -c 0"
        )


def _start_helper(pause_ns: int) -> tuple[int, int]:
    """Start the helper, wait until it is ready; return its process id and the pipe that wakes it.

    Not by `subprocess`, whose objects would be on the heap that is measured.
    """
    asleep, wake = os.pipe()
    ready, report = os.pipe()
    command = [sys.executable, "-I", "-S", "-c", _HELPER, str(pause_ns)]
    try:
        pid = os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, asleep, 0), (os.POSIX_SPAWN_DUP2, report, 1)],
        )
    finally:
        os.close(asleep)
        os.close(report)
    started = os.read(ready, 1)
    os.close(ready)
    if not started:
        os.close(wake)
        os.waitpid(pid, 0)
        raise UsageError(f"known-pause: kind=spin: its helper {sys.executable} did not start")
    return pid, wake
