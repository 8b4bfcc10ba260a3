"""Runs one trial: fresh workers, five phases, everything drained, verified and stored."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np

from lab.causes.stalls import Instrument
from lab.collectors import CONCURRENT, collector_of, frees_at_once
from lab.plan import KeyRange
from lab.runner.drain import Recorder, Stamped
from lab.runner.feed import BLOCK_SIZE, Feed
from lab.runner.floor import NoiseFloor
from lab.runner.holding import Holding
from lab.runner.lane import BLOCKS, NOTHING, Lane, Sent, wait_for_tokens
from lab.runner.model import ReferenceModel
from lab.runner.pauses import GcEvents
from lab.runner.resources import Meter
from lab.runner.route import Router
from lab.runner.verify import Checksum, Verifier, combined
from lab.runner.worker_spec import NOT_TOLD, WITNESSED_NS, worker_spec
from lab.spec import TrialSpec
from lab.trial.block import Phase, Word
from lab.workload.read_states import Columns

LEAD_NS = 50_000_000
"""From choosing t0 to t0 itself: time to put the first blocks into the ring."""
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
        cpus: list[int | None],
        floor: NoiseFloor,
        observer: Observer,
        strategy: Mapping[str, object] = NOT_TOLD,
    ) -> None:
        self._strategy = strategy
        self.spec, self._folder, self._observer = spec, folder, observer
        self._cpus, self._command, self._keys = cpus, command, keys
        self._feed = Feed(spec)
        self._router = Router(spec.service.workers, spec.workload.commit)
        self.phases_s: dict[str, float] = {}
        self.recorder: Recorder | None = None
        self.t0_ns = 0
        self.lanes = [Lane(number, BLOCK_SIZE) for number in range(spec.service.workers)]
        self._checksums = [Checksum() for _ in self.lanes]
        self.verifiers = [Verifier(None) for _ in self.lanes]
        self.events = GcEvents(*(lane.file for lane in self.lanes))
        self.floor = floor
        self._holding = Holding([lane.file for lane in self.lanes])
        self._meter: Meter | None = None
        self.dumped = {"entries": 0, "stored": 0}

    @property
    def capacity(self) -> int:
        """Entries per worker."""
        return -(-self.spec.workload.entries // len(self.lanes))

    @property
    def checksum(self) -> str:
        """The workers' checksums as one."""
        return combined(self._checksums)

    @property
    def wrong(self) -> str | None:
        """The first wrong answer, or None."""
        return next((verifier.wrong for verifier in self.verifiers if verifier.wrong), None)

    @property
    def rss_samples(self) -> list[tuple[float, int]]:
        """(seconds, bytes) over the measured phase."""
        return self._meter.rss if self._meter else []

    @property
    def lost_evidence(self) -> int:
        """Evidence records that were overwritten before they were read."""
        return self._holding.lost_evidence

    def run(self, verify: bool, exact: bool = True, slack: int = 0) -> str | None:
        """Serve all phases.

        Parameters
        ----------
        exact, slack
            Whether the layout is an exact LRU, and if not, how many entries it may have too many.

        Returns
        -------
        str or None
            The first wrong answer, in one line.

        Raises
        ------
        WorkerFailedError
            A worker died, threw, or fell silent.
        """
        if verify:
            self.verifiers = [Verifier(self._model(exact, slack)) for _ in self.lanes]
        asked = worker_spec(self.spec, self._keys, self.capacity, self._strategy)
        try:
            with ExitStack() as stack:
                for lane, cpu in zip(self.lanes, self._cpus, strict=True):
                    stack.enter_context(lane.start(self._command, {**asked, "cpu": cpu}))
                pids = [lane.worker.pid for lane in self.lanes]
                self._meter = Meter(self._folder / "resources.csv", pids)
                self._serve_all()
        finally:
            for lane in self.lanes:
                lane.discard()
            self.events.drain()
            self.events.close()
            self._record(everything=True)
            if self.recorder is not None:
                self.recorder.close()
            if self._meter is not None:
                self._meter.close()
        self.floor.after()
        return self.wrong

    def _model(self, exact: bool, slack: int) -> ReferenceModel:
        keys = self._keys
        return ReferenceModel(self.capacity, keys.keys, dense=keys.dense, exact=exact, slack=slack)

    def _serve_all(self) -> None:
        self._await("ready")
        self._play(Phase.FILL, self._feed.fill())
        self._play(Phase.AGE, self._feed.age())
        self._play(Phase.WARM_UP, self._feed.warm_up())
        self._await("warm")
        with self.floor.beside(self._folder / "noise.csv", lambda: self.t0_ns):
            self._play(Phase.MEASURE, self._from_now())
        self._await("finished")
        self._record(everything=True)
        self.events.drain()
        self.events.close()  # what the dump makes the collector do is no pause
        self._take_dump()
        for lane in self.lanes:
            lane.worker.send(Phase.QUIT)

    def _await(self, event: str) -> None:
        for lane in self.lanes:
            lane.wait_for(event)

    @property
    def _collector(self) -> str:
        return collector_of(self.lanes[0].answers["ready"])

    def _instrument(self) -> Instrument:
        return Instrument(
            slow_ns=WITNESSED_NS,
            fault_ns=max(lane.answers["ready"].get("fault_ns", 0) for lane in self.lanes),
            spinning=self.spec.load.wait == "spin",
            frees_at_once=frees_at_once(self._collector),
        )

    def _from_now(self) -> Iterator[Columns]:
        """Choose t0 with the first block and make its due times absolute."""
        closed = self.spec.load.closed_loop
        self.t0_ns = t0_ns = time.monotonic_ns() + (0 if closed else LEAD_NS)
        start_epoch_s = time.time() + (t0_ns - time.monotonic_ns()) / 1e9
        for lane in self.lanes:
            lane.file.words[Word.T0_NS] = t0_ns
        self.events.drain()
        self._holding.begin(concurrent=self._collector == CONCURRENT)
        self.events.measure(t0_ns, self._folder / "gc.csv", self._collector)
        self.recorder = Recorder(
            self._folder,
            t0_ns=t0_ns,
            start_epoch_s=start_epoch_s,
            closed_loop=closed,
            seed=self.spec.seed,
            keep_requests=self.spec.keep_requests,
            workers=len(self.lanes),
            slow_ns=self.floor.slow_ns,
            instrument=self._instrument(),
        )
        shift = 0 if closed else t0_ns
        for columns in self._feed.measure():
            yield Columns(columns.due + shift, columns.keys, columns.arguments, columns.operations)

    def _play(self, phase: Phase, stream: Iterator[Columns]) -> None:
        """Send a phase's blocks, never more than the rings hold, and an empty one at its end."""
        name = PHASE_NAMES[phase]
        self._observer.phase(name)
        begin_ns = time.monotonic_ns()
        under_way: deque[list[Sent]] = deque()
        ended = False
        while under_way or not ended:
            while not ended and len(under_way) < BLOCKS:
                columns = next(stream, None)
                ended = columns is None
                under_way.append(self._send(phase, columns))
            wait_for_tokens(self.lanes, name, self._meanwhile(name))
            while under_way and all(sent.received_ns for sent in under_way[0]):
                self._receive(phase, under_way.popleft())
        self.phases_s[name] = round((time.monotonic_ns() - begin_ns) / 1e9, 3)

    def _meanwhile(self, phase_name: str) -> Callable[[], None]:
        def look() -> None:
            if self._meter is not None:
                self._meter.sample(phase_name)
            self.events.drain()

        return look

    def _send(self, phase: Phase, columns: Columns | None) -> list[Sent]:
        if columns is None:
            return [lane.send(phase, NOTHING) for lane in self.lanes]
        parts = zip(self.lanes, self._router.split(columns), strict=True)
        return [lane.send(phase, part) for lane, part in parts if len(part)]

    def _receive(self, phase: Phase, parts: list[Sent]) -> None:
        stamped = []
        for sent in parts:
            count, block, columns = len(sent.columns), sent.block, sent.columns
            if not count:
                continue
            outcomes = np.asarray(block.outcomes)[:count]
            arguments = np.asarray(block.arguments)[:count]
            number = sent.lane.number
            self.verifiers[number].block(phase, columns, outcomes, arguments)
            if phase == Phase.MEASURE:
                self._checksums[number].answers(columns.operations, outcomes, arguments)
                stamped.append(
                    Stamped(
                        columns.due,
                        np.asarray(block.started)[:count],
                        np.asarray(block.finished)[:count],
                        columns.keys,
                        columns.operations,
                        outcomes,
                        sent.sent_ns,
                        sent.received_ns,
                        number,
                    )
                )
        if stamped:
            self._holding.add(stamped)
            self._record()
        self._observer.progress(self.recorder, self.events)

    def _record(self, *, everything: bool = False) -> None:
        """Hand the recorder what is known well enough, or all."""
        for parts in self._holding.ready(everything=everything):
            if self.recorder is not None:
                self.recorder.take(*parts)

    def _take_dump(self) -> None:
        """Fetch the cache's content, then the store's, and check both."""
        begin_ns = time.monotonic_ns()
        self._observer.phase(PHASE_NAMES[Phase.DUMP])
        for lane, verifier, checksum in zip(
            self.lanes, self.verifiers, self._checksums, strict=True
        ):
            keys, ids, mentions, differing = lane.fetch_section()
            checksum.items(keys, ids, mentions)
            verifier.cache(keys, ids, mentions)
            verifier.payloads(differing)
            self.dumped["entries"] += len(keys)
            keys, ids, mentions, _ = lane.fetch_section()
            verifier.store(keys, ids, mentions)
            self.dumped["stored"] += len(keys)
        self.phases_s["dump"] = round((time.monotonic_ns() - begin_ns) / 1e9, 3)
