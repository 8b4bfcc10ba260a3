"""Runs one trial: a fresh worker, five phases, everything drained, verified and stored."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lab.plan import KeyRange
from lab.runner.drain import Recorder, Stamped
from lab.runner.feed import BLOCK_SIZE, Feed
from lab.runner.model import ReferenceModel
from lab.runner.pauses import GcEvents
from lab.runner.process import WorkerFailedError, WorkerProcess, block_folder, failure_of
from lab.runner.resources import Meter
from lab.runner.verify import Checksum, Verifier
from lab.spec import TrialSpec
from lab.trial.block import Block, BlockFile, Phase, Word
from lab.workload.read_states import Columns

BLOCKS = 16
"""Blocks in the ring: at 100 ms of schedule each, the feeder may fall behind by 1.6 s."""
GC_CAPACITY = 65_536
LEAD_NS = 50_000_000
"""From choosing t0 to t0 itself: time to put the first blocks into the ring."""
WATCHDOG_S = 120.0
PHASE_NAMES = {
    Phase.FILL: "fill",
    Phase.AGE: "age",
    Phase.WARM_UP: "warm_up",
    Phase.MEASURE: "measure",
    Phase.DUMP: "dump",
}


class Observer(Protocol):
    """Told how a trial goes on; called between blocks, a few times a second at most."""

    def phase(self, name: str) -> None:
        """Learn that a phase begins."""

    def progress(self, recorder: Recorder | None, events: GcEvents) -> None:
        """Look at what was recorded so far."""


@dataclass(frozen=True)
class _Sent:
    block: Block
    columns: Columns
    sent_ns: int


class Trial:
    """One trial in the making; `run` it once.

    Everything that was measured until a failure stays: the files are written as blocks come in.
    """

    def __init__(
        self,
        spec: TrialSpec,
        keys: KeyRange,
        folder: Path,
        *,
        command: list[str],
        cpu: int | None,
        observer: Observer,
    ) -> None:
        self.spec, self._folder, self._observer = spec, folder, observer
        self._cpu, self._command, self._keys = cpu, command, keys
        self._feed = Feed(spec)
        self.phases_s: dict[str, float] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.recorder: Recorder | None = None
        self.checksum = Checksum()
        self._path = block_folder() / f"gclab-{time.time_ns():x}.block"
        self._file = BlockFile.create(
            self._path, blocks=BLOCKS, block_size=BLOCK_SIZE, gc_capacity=GC_CAPACITY
        )
        self._ring = self._file.cycle()
        self.events = GcEvents(self._file)
        self.dump: dict[str, int] = {}
        self.t0_ns = 0
        self.verifier = Verifier(None)

    def run(self, verify: bool) -> Verifier:
        """Serve all phases.

        Returns
        -------
        Verifier
            With the first wrong answer, or none.

        Raises
        ------
        WorkerFailedError
            The worker died, threw, or fell silent.
        """
        model = (
            ReferenceModel(self.spec.workload.entries, self._keys.keys, dense=self._keys.dense)
            if verify
            else None
        )
        self.verifier = Verifier(model)
        try:
            with WorkerProcess(self._command, self._worker_spec()) as self._worker:
                self._meter = Meter(self._folder / "resources.csv", self._worker.pid)
                self._await("ready")
                self._play(Phase.FILL, self._feed.fill())
                self._play(Phase.AGE, self._feed.age())
                self._play(Phase.WARM_UP, self._feed.warm_up())
                self._await("warm")
                self._play(Phase.MEASURE, self._scheduled())
                self._await("finished")
                self.events.drain()
                self.events.close()  # what the dump makes the collector do is no pause
                self._take_dump()
                self._worker.send(Phase.QUIT)
        finally:
            self._path.unlink(missing_ok=True)
            self.events.drain()
            self.events.close()
            if self.recorder is not None:
                self.recorder.close()
            if hasattr(self, "_meter"):
                self._meter.close()
        return self.verifier

    def _worker_spec(self) -> dict[str, Any]:
        spec = self.spec
        return {
            "block_file": str(self._path),
            "strategy": spec.strategy,
            "capacity": spec.workload.entries,
            "payload_bytes": spec.workload.payload_bytes,
            "commit_step": spec.workload.commit.step,
            "store": {"name": "memory", "keys": self._keys.keys, "dense": self._keys.dense},
            "wait": spec.load.wait,
            "cpu": self._cpu,
        }

    def _scheduled(self) -> Iterator[Columns]:
        """Choose t0 with the first block and make its due times absolute."""
        t0_ns = time.monotonic_ns() + (0 if self.spec.load.closed_loop else LEAD_NS)
        start_epoch_s = time.time() + (t0_ns - time.monotonic_ns()) / 1e9
        self._file.words[Word.T0_NS] = t0_ns
        self.t0_ns = t0_ns
        self.events.drain()
        self.events.measure(t0_ns, self._folder / "gc.csv")
        self.recorder = Recorder(
            self._folder,
            t0_ns=t0_ns,
            start_epoch_s=start_epoch_s,
            closed_loop=self.spec.load.closed_loop,
            seed=self.spec.seed,
            keep_requests=self.spec.keep_requests,
        )
        shift = 0 if self.spec.load.closed_loop else t0_ns
        for columns in self._feed.measure():
            yield Columns(columns.due + shift, columns.keys, columns.arguments, columns.operations)

    def _play(self, phase: Phase, stream: Iterator[Columns]) -> None:
        """Send a phase's blocks, never more than the ring holds, and an empty one at its end."""
        name = PHASE_NAMES[phase]
        self._observer.phase(name)
        begin_ns = time.monotonic_ns()
        under_way: deque[_Sent] = deque()
        ended = False
        while under_way or not ended:
            while not ended and len(under_way) < BLOCKS:
                columns = next(stream, None)
                ended = columns is None
                under_way.append(self._send(phase, columns or _NOTHING))
            tokens = self._await_tokens(name)
            received_ns = time.monotonic_ns()
            for _ in tokens:
                self._receive(phase, under_way.popleft(), received_ns)
        self.phases_s[name] = round((time.monotonic_ns() - begin_ns) / 1e9, 3)

    def _send(self, phase: Phase, columns: Columns) -> _Sent:
        block, count = next(self._ring), len(columns)
        block.count, block.phase = count, phase
        np.asarray(block.due)[:count] = columns.due
        np.asarray(block.keys)[:count] = columns.keys
        np.asarray(block.arguments)[:count] = columns.arguments
        np.asarray(block.operations)[:count] = columns.operations
        np.asarray(block.outcomes)[:count] = 0
        np.asarray(block.finished)[:count] = 0
        sent_ns = time.monotonic_ns()
        self._worker.send(phase)
        return _Sent(block, columns, sent_ns)

    def _receive(self, phase: Phase, sent: _Sent, received_ns: int) -> None:
        count, block, columns = len(sent.columns), sent.block, sent.columns
        if not count:
            return
        outcomes = np.asarray(block.outcomes)[:count]
        arguments = np.asarray(block.arguments)[:count]
        if phase == Phase.MEASURE and self.recorder is not None:
            stamped = Stamped(
                columns.due,
                np.asarray(block.started)[:count],
                np.asarray(block.finished)[:count],
                columns.keys,
                columns.operations,
                outcomes,
                sent.sent_ns,
                received_ns,
            )
            self.recorder.take(stamped)
            self.checksum.answers(columns.operations, outcomes, arguments)
        self.verifier.block(phase, columns, outcomes, arguments)
        self._observer.progress(self.recorder, self.events)

    def _await_tokens(self, phase_name: str) -> bytes:
        """Wait for the next tokens, sampling meanwhile; give up on a worker that is silent."""
        deadline = time.monotonic() + WATCHDOG_S
        while True:
            readable, _, _ = select.select([self._worker.done], [], [], 0.25)
            self._meter.sample(phase_name)
            self.events.drain()
            if readable:
                return self._worker.tokens()
            if time.monotonic() > deadline:
                raise WorkerFailedError(f"no answer for {WATCHDOG_S:g} s in phase {phase_name}")

    def _await(self, event: str) -> None:
        """Wait for one of the worker's answers."""
        deadline = time.monotonic() + WATCHDOG_S
        while event not in self.answers:
            select.select([self._worker.answers, self._worker.done], [], [], 0.25)
            for line in self._worker.lines():
                if reason := failure_of(line):
                    raise WorkerFailedError(reason)
                self.answers[str(line.get("event"))] = line
            if event not in self.answers:
                self._worker.tokens()  # raises when the worker is gone
            if time.monotonic() > deadline:
                raise WorkerFailedError(f"no {event!r} from the worker for {WATCHDOG_S:g} s")

    def _take_dump(self) -> None:
        """Fetch the cache's content, then the store's, and check both."""
        begin_ns = time.monotonic_ns()
        self._observer.phase(PHASE_NAMES[Phase.DUMP])
        keys, ids, mentions, differing = self._take_section()
        self.checksum.items(keys, ids, mentions)
        self.verifier.cache(keys, ids, mentions)
        self.verifier.payloads(differing)
        self.dump["entries"] = len(keys)
        keys, ids, mentions, _ = self._take_section()
        self.verifier.store(keys, ids, mentions)
        self.dump["stored"] = len(keys)
        self.phases_s["dump"] = round((time.monotonic_ns() - begin_ns) / 1e9, 3)

    def _take_section(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64], int]:
        parts: list[tuple[NDArray[Any], ...]] = []
        differing = 0
        while True:
            block = self._send(Phase.DUMP, _NOTHING).block
            self._await_tokens("dump")
            count = block.count
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


_NOTHING = Columns(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.uint64),
    np.empty(0, np.uint8),
)
