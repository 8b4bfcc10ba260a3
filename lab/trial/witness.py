"""Takes down what a slow operation leaves behind, so that its cause can be told afterwards.

The timed loop asks one thing of every operation: whether its end lies beyond a limit. The witness,
called only then, sets the limit ``slow_ns`` ahead of that end. So it is called at most every
``slow_ns``, and after every operation that took longer by itself. Of such a one it writes how far
the process's counters moved since it last looked, at the latest since the end of the block before,
into the block file's evidence ring. What they mean is decided outside (`lab.causes`).

A look costs some ten microseconds and allocates one short-lived tuple (``getrusage``), after an
operation that took at least 25 times as long and its stamp. What else was done since the last look
must not be taken for that operation's: so, where nothing is due for a while, the witness glances at
the counters that are read without such a tuple, and these count from there.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from time import monotonic_ns, thread_time_ns
from typing import Protocol

from lab.trial.block import EVIDENCE_RECORD_WORDS, Block, BlockFile, Word

NEVER_NS = 2**62
OLD_NS = 5_000_000
"""A look or a glance of that age is followed by another glance when there is time."""
IDLE_NS = 50_000
"""There is time where nothing is due for so long: a glance takes a tenth of it."""
_CLOCK, _FIRST_COUNTER = 2, 3


class StoreClock(Protocol):
    """What the database took so far."""

    load_ns: int
    save_ns: int


class Witness:
    """Sees nothing and is never called: for loops that are measured by themselves."""

    __slots__ = ("finished_ns", "limit_ns")

    def __init__(self) -> None:
        self.limit_ns = NEVER_NS
        """Whatever ends later is to be checked."""
        self.finished_ns = monotonic_ns()
        """When the last operation of the block before ended."""

    def check(self, block: Block, i: int, finished_ns: int) -> int:  # noqa: ARG002
        """Look into operation ``i``, which ended just now; return the next limit."""
        return NEVER_NS

    def look(self) -> None:
        """Read the counters, so that later differences count from here."""


class EvidenceWitness(Witness):
    """Reads the process's counters; one record for each operation that was slow by itself."""

    __slots__ = (
        "_capacity",
        "_clock",
        "_epoch",
        "_events",
        "_schedstat",
        "_seen",
        "_slow_ns",
        "_words",
    )

    def __init__(
        self, file: BlockFile, slow_ns: int, epoch: Callable[[], int], clock: StoreClock
    ) -> None:
        super().__init__()
        self._words, self._events = file.words, file.evidence
        self._capacity = file.words[Word.EVIDENCE_CAPACITY]
        self._epoch, self._clock = epoch, clock
        self._schedstat = _open_schedstat()
        self._seen = memoryview(bytearray(8 * EVIDENCE_RECORD_WORDS)).cast("q")
        self._slow_ns = slow_ns
        self.limit_ns = self.finished_ns + slow_ns
        self.look()

    def check(self, block: Block, i: int, finished_ns: int) -> int:
        """Write a record if the operation's own time was long: not its wait to be due."""
        began_ns = max(block.due[i], block.finished[i - 1] if i else self.finished_ns)
        if finished_ns - began_ns > self._slow_ns:
            self._testify(finished_ns)
        elif (
            finished_ns - self._seen[_CLOCK] > OLD_NS
            and i + 1 < block.count
            and block.due[i + 1] - finished_ns > IDLE_NS
        ):
            self._glance(finished_ns)
        return finished_ns + self._slow_ns

    def _glance(self, finished_ns: int) -> None:
        """Let run delay, processor time, re-hashes and the database's time count from here.

        Not where it was held up: that makes the next operation slow, whose record has to show it.
        """
        run_delay_ns = self._run_delay_ns()
        epoch = self._epoch()
        load_ns = self._clock.load_ns
        save_ns = self._clock.save_ns
        cpu_ns = thread_time_ns()
        now_ns = monotonic_ns()
        if now_ns - finished_ns > IDLE_NS:
            return
        seen = self._seen
        seen[3] = run_delay_ns
        seen[4] = cpu_ns
        seen[9] = epoch
        seen[10] = load_ns
        seen[11] = save_ns
        seen[_CLOCK] = now_ns

    def _testify(self, finished_ns: int) -> None:
        events, written = self._events, self._words[Word.EVIDENCE_WRITTEN]
        base = written % self._capacity * EVIDENCE_RECORD_WORDS
        events[base] = finished_ns
        seen = self._seen
        events[base + 1] = seen[_CLOCK]
        for word in range(_FIRST_COUNTER, EVIDENCE_RECORD_WORDS):
            events[base + word] = -seen[word]
        self.look()
        events[base + 2] = seen[_CLOCK]
        for word in range(_FIRST_COUNTER, EVIDENCE_RECORD_WORDS):
            events[base + word] += seen[word]
        self._words[Word.EVIDENCE_WRITTEN] = written + 1

    def look(self) -> None:
        """Read the counters; the order is that of the record."""
        seen, clock = self._seen, self._clock
        seen[3] = self._run_delay_ns()
        used = getrusage(RUSAGE_SELF)
        seen[5] = used.ru_nvcsw
        seen[6] = int(used.ru_stime * 1e9)
        seen[7] = used.ru_minflt
        seen[8] = used.ru_majflt
        seen[9] = self._epoch()
        seen[10] = clock.load_ns
        seen[11] = clock.save_ns
        seen[4] = thread_time_ns()
        seen[_CLOCK] = monotonic_ns()

    def _run_delay_ns(self) -> int:
        if self._schedstat < 0:
            return 0
        line = os.pread(self._schedstat, 128, 0)
        begin = line.index(b" ") + 1
        return int(line[begin : line.index(b" ", begin)])


def _open_schedstat() -> int:
    try:
        return os.open("/proc/thread-self/schedstat", os.O_RDONLY)
    except OSError:
        return -1


def fault_cost_ns(pages: int = 1_024, batches: int = 16) -> int:
    """Return what the first touch of a fresh page costs here where it is dear.

    The reading of evidence needs it: page faults are counted by the kernel, not timed. They cost
    twice as much where a hypervisor has to find the page too, so the upper eighth of batches of
    pages is taken. The pages are all of one mapping: those that a batch gave back would be the
    next one's, still in the processor's cache, and cost half as much as those of a growing heap.
    """
    step, costs = mmap.PAGESIZE, []
    size = pages // batches * step
    with mmap.mmap(-1, batches * size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as fresh:
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            fresh.madvise(mmap.MADV_NOHUGEPAGE)
        for first in range(0, batches * size, size):
            begin = monotonic_ns()
            for page in range(first, first + size, step):
                fresh[page] = 1
            costs.append((monotonic_ns() - begin) * step // size)
    return sorted(costs)[batches * 7 // 8]
