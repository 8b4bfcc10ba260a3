"""Records the stalls of the machine itself, in an idle process beside the test.

Method: jHiccup (Gil Tene, https://github.com/giltene/jHiccup): a process that has nothing to do
and yet is late was kept waiting by the machine. Run by path, in a process of its own; whoever
starts it reads its standard output: int64 in native order, a header (`HEADER`) and one lateness in
nanoseconds per sample. Sample ``i`` was due at ``begin_ns + i * period_ns``, so that no time has
to be stored with it.

Two modes:

- ``spin``: a number of samples on the core that is measured, written when all are taken.
- ``sleep``: until standard input is closed, on another core, 100 samples at a time.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from array import array
from collections.abc import Callable
from time import monotonic_ns, sleep

HEADER = 2
"""Integers before the samples: ``begin_ns``, and 1 where the meter runs at real-time priority."""
BATCH = 100
"""Samples that are written at once, and the most that come after the end was asked for."""
_LEAD_NS = 2_000_000
"""From choosing the first due time to that time: what is prepared in between is in no sample."""
_PR_SET_TIMERSLACK = 29
_LOWEST_REAL_TIME = 1

Clock = Callable[[], int]


def spin(samples: array[int], begin_ns: int, period_ns: int, now: Clock = monotonic_ns) -> None:
    """Take one sample per period, spinning until each is due: what an idle worker would see.

    Timing model: ``late[i] = max(due[i], end of sample i - 1) - due[i]`` with
    ``due[i] = begin_ns + i * period_ns``. Due times never move, so that a stall is in every sample
    that fell due in it (no coordinated omission). A lateness includes one clock read.

    Nothing that is allocated here is tracked by the collector but one iterator.

    Parameters
    ----------
    samples : array of int64, shape (n,)
        Nanoseconds late; every element is overwritten.
    begin_ns, period_ns : int
        When the first one is due on the clock of ``now``, and the time between two.
    """
    due_ns = begin_ns
    for i in range(len(samples)):
        while (at_ns := now()) < due_ns:
            pass
        samples[i] = at_ns - due_ns
        due_ns += period_ns


def watch(
    batch: array[int],
    begin_ns: int,
    period_ns: int,
    write: Callable[[array[int]], object],
    ended: Callable[[], bool],
    now: Clock = monotonic_ns,
    pause: Callable[[float], object] = sleep,
) -> None:
    """Take one sample per period, sleeping until each is due, until ``ended`` says so.

    Timing model as in `spin`, but each lateness includes what it takes to wake up: the reader
    subtracts the smallest one seen, as jHiccup does. A batch is handed to ``write`` when it is
    full and then used again: memory does not grow.
    """
    due_ns = begin_ns
    while not ended():
        for i in range(len(batch)):
            ahead_ns = due_ns - now()
            if ahead_ns > 0:
                pause(ahead_ns * 1e-9)
            batch[i] = now() - due_ns
            due_ns += period_ns
        write(batch)


def _wake_exactly() -> None:
    """Ask the kernel not to put off this process's timers (50 us by default), where it can."""
    try:
        import ctypes  # noqa: PLC0415 - not every interpreter has it

        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def _before_all_others() -> bool:
    """Take real-time priority where that is allowed: the lab's own work then delays no sample."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_LOWEST_REAL_TIME))
    except OSError:
        return False
    return True


def _input_closed() -> bool:
    return bool(select.select([0], [], [], 0)[0])


def _write(samples: array[int]) -> None:
    """Write to standard output to the last byte: a pipe may take less than it is given."""
    rest = memoryview(samples).cast("B")
    while rest:
        rest = rest[os.write(1, rest) :]


def main(arguments: list[str]) -> int:
    """Measure: ``MODE CORE PERIOD_NS SAMPLES``; a core of ``-`` is any, SAMPLES is spin's."""
    mode, core, period, count = arguments
    if core != "-":
        try:
            os.sched_setaffinity(0, {int(core)})
        except OSError as error:
            sys.stderr.write(f"cannot be pinned to core {core}: {error.strerror}\n")
            return 1
    gc.disable()
    period_ns = int(period)
    if mode == "spin":
        samples = array("q", bytes(8 * int(count)))
        begin_ns = monotonic_ns() + _LEAD_NS
        spin(samples, begin_ns, period_ns)
        _write(array("q", (begin_ns, 0)))
        _write(samples)
    else:
        _wake_exactly()
        real_time = _before_all_others()
        begin_ns = monotonic_ns() + _LEAD_NS
        _write(array("q", (begin_ns, real_time)))
        watch(array("q", bytes(8 * BATCH)), begin_ns, period_ns, _write, _input_closed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
