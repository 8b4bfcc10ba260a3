"""A worker under examination: its process, its block file, and a limit on every wait."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.runner.process import WorkerProcess, block_folder, failure_of
from lab.testing.workers.known_blocks import BLOCK_SIZE
from lab.trial.block import Block, BlockFile, Phase
from lab.workload.read_states import Columns

_BLOCKS = 4
_RECORDS = 4_096
Section = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64], int]
"""A dumped section: keys, message ids, mentions, and how many payloads are not intact."""


@dataclass(frozen=True, eq=False)
class Returned:
    """A block that came back, with its stamps taken out of the ring."""

    sent: Columns
    started: NDArray[np.int64]
    finished: NDArray[np.int64]
    arguments: NDArray[np.uint64]
    outcomes: NDArray[np.uint8]
    sent_ns: int
    received_ns: int


class Session:
    """A context manager around one worker process.

    Parameters
    ----------
    command : list of str
        What starts it.
    spec : dict
        Without the block file and the pipes.
    limit_s : float
        How long it may take to do any one thing.
    """

    def __init__(self, command: list[str], spec: dict[str, Any], limit_s: float) -> None:
        self.path = block_folder() / f"gclab-check-{time.time_ns():x}.block"
        self.file = BlockFile.create(
            self.path,
            blocks=_BLOCKS,
            block_size=BLOCK_SIZE,
            gc_capacity=_RECORDS,
            evidence_capacity=_RECORDS,
        )
        self._ring = self.file.cycle()
        self._limit_s = limit_s
        self._answers: dict[str, dict[str, Any]] = {}
        self._tokens = b""
        try:
            self.worker = WorkerProcess(command, {**spec, "block_file": str(self.path)})
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise

    def answer(self, event: str) -> dict[str, Any]:
        """Wait for an answer.

        Raises
        ------
        AssertionError
            It did not come in time.
        WorkerFailedError
            The worker failed, or died.
        """
        deadline = time.monotonic() + self._limit_s
        while event not in self._answers:
            assert time.monotonic() < deadline, f"no answer {event!r} within {self._limit_s:g} s"
            select.select([self.worker.answers, self.worker.done], [], [], 0.05)
            for line in self.worker.lines():
                if failure := failure_of(line):
                    raise failure
                self._answers[str(line.get("event"))] = line
            if event not in self._answers:
                self.worker.tokens()  # raises when the worker is gone
        return self._answers[event]

    def play(self, phase: Phase, blocks: Iterable[Columns]) -> list[Returned]:
        """Have blocks served, as many at a time as the ring holds."""
        returned: list[Returned] = []
        under_way: deque[tuple[Block, Columns, int]] = deque()
        for columns in blocks:
            if len(under_way) == _BLOCKS:
                returned.append(self._take(phase, *under_way.popleft()))
            under_way.append(self._send(phase, columns))
        while under_way:
            returned.append(self._take(phase, *under_way.popleft()))
        return returned

    def end_phase(self, phase: Phase) -> None:
        """Send an empty block."""
        nothing = np.empty(0, np.int64)
        empty = Columns(nothing, nothing, nothing.astype(np.uint64), nothing.astype(np.uint8))
        self._await_token(phase, self._send(phase, empty)[0])

    def dump(self) -> Section:
        """Fetch the next dumped section."""
        parts: list[tuple[NDArray[Any], ...]] = []
        differing = 0
        while True:
            block = next(self._ring)
            block.count, block.phase = 0, Phase.DUMP
            np.asarray(block.outcomes)[:] = 0
            self.worker.send(Phase.DUMP)
            self._await_token(Phase.DUMP, block)
            if not block.count:
                break
            columns = (block.keys, block.arguments, block.due)
            parts.append(tuple(np.asarray(each)[: block.count].copy() for each in columns))
            differing += int(np.asarray(block.outcomes)[: block.count].sum())
        if not parts:
            nothing = np.empty(0, np.int64)
            return nothing, nothing.astype(np.uint64), nothing, 0
        keys, ids, mentions = (np.concatenate(column) for column in zip(*parts, strict=True))
        return keys, ids, mentions, differing

    def quit(self) -> int:
        """Tell it to quit and return its exit code."""
        self.worker.send(Phase.QUIT)
        return self.exit_code("after a quit token")

    def exit_code(self, when: str) -> int:
        """Wait for its end and return the exit code."""
        code = self.worker.ended(self._limit_s)
        assert code is not None, f"it goes on {when}, for {self._limit_s:g} s"
        return code

    def _send(self, phase: Phase, columns: Columns) -> tuple[Block, Columns, int]:
        block, count = next(self._ring), len(columns)
        block.count, block.phase = count, phase
        for column, values in (
            (block.due, columns.due),
            (block.keys, columns.keys),
            (block.arguments, columns.arguments),
            (block.operations, columns.operations),
        ):
            np.asarray(column)[:count] = values
        for column in (block.outcomes, block.started, block.finished):
            np.asarray(column)[:] = 0
        sent_ns = time.monotonic_ns()
        self.worker.send(phase)
        return block, columns, sent_ns

    def _take(self, phase: Phase, block: Block, columns: Columns, sent_ns: int) -> Returned:
        received_ns = self._await_token(phase, block)
        count = len(columns)
        return Returned(
            columns,
            np.asarray(block.started)[:count].copy(),
            np.asarray(block.finished)[:count].copy(),
            np.asarray(block.arguments)[:count].copy(),
            np.asarray(block.outcomes)[:count].copy(),
            sent_ns,
            received_ns,
        )

    def _await_token(self, phase: Phase, block: Block) -> int:
        """Wait for one token and return when it was there."""
        deadline = time.monotonic() + self._limit_s
        while not self._tokens:
            what = f"a block of {block.count} records"
            assert time.monotonic() < deadline, (
                f"phase {phase.name.lower()}: no token back for {what} within {self._limit_s:g} s"
            )
            select.select([self.worker.done], [], [], 0.05)
            self._tokens = self.worker.tokens()
        token, self._tokens = self._tokens[0], self._tokens[1:]
        assert token == phase, f"phase {phase.name.lower()}: token {token} back, not {int(phase)}"
        return time.monotonic_ns()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.worker.__exit__(kind, error, trace)
        Path(self.path).unlink(missing_ok=True)
