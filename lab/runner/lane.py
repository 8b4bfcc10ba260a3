"""One worker of a trial: its process, its block file, the tokens and answers between."""

from __future__ import annotations

import itertools
import select
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.runner.process import WorkerFailedError, WorkerProcess, block_folder, failure_of
from lab.trial.block import Block, BlockFile, Phase
from lab.workload.read_states import Columns

BLOCKS = 16
"""Blocks in the ring: at 100 ms of schedule each, the feeder may fall behind by 1.6 s."""
GC_CAPACITY = 65_536
EVIDENCE_CAPACITY = 65_536
WATCHDOG_S = 120.0
NOTHING = Columns(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.uint64),
    np.empty(0, np.uint8),
)
_NUMBERS = itertools.count()


@dataclass
class Sent:
    """A block on its way: what it was sent with, when, and when it came back (0: not yet)."""

    lane: Lane
    block: Block
    columns: Columns
    sent_ns: int = field(default=0)
    received_ns: int = field(default=0)


Section = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64], int]
"""A dumped section: keys, message ids, mentions, and how many payloads are not intact."""


class Lane:
    """One worker, from its block file to its end; a context manager around the process."""

    def __init__(self, number: int, block_size: int) -> None:
        self.number = number
        self.path = block_folder() / f"gclab-{time.time_ns():x}-{next(_NUMBERS)}.block"
        self.file = BlockFile.create(
            self.path,
            blocks=BLOCKS,
            block_size=block_size,
            gc_capacity=GC_CAPACITY,
            evidence_capacity=EVIDENCE_CAPACITY,
        )
        self._ring = self.file.cycle()
        self._under_way: deque[Sent] = deque()
        self.answers: dict[str, dict[str, Any]] = {}

    def start(self, command: list[str], spec: dict[str, Any]) -> WorkerProcess:
        """Start the worker; the caller ends it."""
        self.worker = WorkerProcess(command, {**spec, "block_file": str(self.path)})
        return self.worker

    def discard(self) -> None:
        """Remove the block file if the worker did not come to unlink it."""
        self.path.unlink(missing_ok=True)

    def send(self, phase: Phase, columns: Columns) -> Sent:
        """Put columns into the next block of the ring and hand it over; never more than fit."""
        sent = self.put(phase, columns)
        self.hand_over(sent)
        return sent

    def put(self, phase: Phase, columns: Columns) -> Sent:
        """Put columns into the next block of the ring, to be handed over in the same order."""
        block, count = next(self._ring), len(columns)
        block.count, block.phase = count, phase
        np.asarray(block.due)[:count] = columns.due
        np.asarray(block.keys)[:count] = columns.keys
        np.asarray(block.arguments)[:count] = columns.arguments
        np.asarray(block.operations)[:count] = columns.operations
        np.asarray(block.outcomes)[:count] = 0
        np.asarray(block.finished)[:count] = 0
        return Sent(self, block, columns)

    def hand_over(self, sent: Sent) -> None:
        """Pass the token of a block that was put."""
        sent.sent_ns = time.monotonic_ns()
        self._under_way.append(sent)
        self.worker.send(sent.block.phase)

    def receive(self) -> None:
        """Take the tokens that came back and stamp their blocks."""
        tokens = self.worker.tokens()
        received_ns = time.monotonic_ns()
        for _ in tokens:
            self._under_way.popleft().received_ns = received_ns

    def wait_for(self, event: str) -> dict[str, Any]:
        """Wait for one of the worker's answers.

        Raises
        ------
        WorkerFailedError
            It failed, died or fell silent.
        """
        deadline = time.monotonic() + WATCHDOG_S
        while event not in self.answers:
            select.select([self.worker.answers, self.worker.done], [], [], 0.25)
            for line in self.worker.lines():
                if failure := failure_of(line):
                    raise failure
                self.answers[str(line.get("event"))] = line
            if event not in self.answers:
                self.worker.tokens()  # raises when the worker is gone
            if time.monotonic() > deadline:
                raise WorkerFailedError(f"no {event!r} from the worker for {WATCHDOG_S:g} s")
        return self.answers[event]

    def fetch_section(self) -> Section:
        """Fetch the next dumped section: the cache's content first, then the store's."""
        parts: list[tuple[NDArray[Any], ...]] = []
        differing = 0
        while True:
            sent = self.send(Phase.DUMP, NOTHING)
            wait_for_tokens([self], "dump")
            block, count = sent.block, sent.block.count
            if not count:
                break
            columns = (block.keys, block.arguments, block.due)
            parts.append(tuple(np.asarray(column)[:count].copy() for column in columns))
            differing += int(np.asarray(block.outcomes)[:count].sum())
        if not parts:
            empty = np.empty(0, np.int64)
            return empty, empty.astype(np.uint64), empty, 0
        keys, ids, mentions = (np.concatenate(column) for column in zip(*parts, strict=True))
        return keys, ids, mentions, differing


def wait_for_tokens(
    lanes: list[Lane], phase_name: str, meanwhile: Callable[[], None] | None = None
) -> None:
    """Wait until a token came back on any lane; give up on workers that are silent.

    ``meanwhile()`` is called four times a second at least.

    Raises
    ------
    WorkerFailedError
        A worker is gone, or none answered for two minutes.
    """
    deadline = time.monotonic() + WATCHDOG_S
    by_descriptor = {lane.worker.done: lane for lane in lanes}
    while True:
        readable, _, _ = select.select(list(by_descriptor), [], [], 0.25)
        if meanwhile is not None:
            meanwhile()
        for descriptor in readable:
            by_descriptor[descriptor].receive()
        if readable:
            return
        if time.monotonic() > deadline:
            raise WorkerFailedError(f"no answer for {WATCHDOG_S:g} s in phase {phase_name}")
