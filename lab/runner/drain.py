"""Takes the measured blocks in: histograms, slow requests, counts, the clock check."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.causes.diagnosis import Diagnostician
from lab.causes.stalls import Instrument
from lab.causes.tally import Tally
from lab.histogram import Histogram, IntervalLog
from lab.runner.slow import SlowRequests
from lab.trial.block import (
    EVICTED,
    EVIDENCE_RECORD_WORDS,
    GC_RECORD_WORDS,
    MISS,
    Operation,
)

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 99.99)
BEYOND = 10
"""A percentile is printed only with this many requests beyond it."""
NO_EVENTS = np.empty((0, GC_RECORD_WORDS), np.int64)
NO_EVIDENCE = np.empty((0, EVIDENCE_RECORD_WORDS), np.int64)
_REQUEST = np.dtype([("due_ns", "<i8"), ("service_ns", "<i8"), ("outcome", "u1")])


@dataclass(frozen=True)
class Stamped:
    """A measured block as it came back; all columns of one length."""

    due: NDArray[np.int64]
    started: NDArray[np.int64]
    finished: NDArray[np.int64]
    keys: NDArray[np.int64]
    operations: NDArray[np.uint8]
    outcomes: NDArray[np.uint8]
    sent_ns: int
    received_ns: int
    worker: int
    events: NDArray[np.int64] = field(default_factory=NO_EVENTS.copy)
    """GC records of the time in which they were served; shape (m, 6)."""
    evidence: NDArray[np.int64] = field(default_factory=NO_EVIDENCE.copy)
    """Evidence records of these operations; shape (w, 12)."""


@dataclass(frozen=True)
class _Told:
    """A measured block with the causes of its operations."""

    due: NDArray[np.int64]
    started: NDArray[np.int64]
    finished: NDArray[np.int64]
    keys: NDArray[np.int64]
    operations: NDArray[np.uint8]
    outcomes: NDArray[np.uint8]
    cause: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    queued: NDArray[np.bool_]


def _merged(parts: list[_Told], *, closed_loop: bool) -> _Told:
    """Lay the workers' blocks together, in the order of their intended (or actual) start."""
    if len(parts) == 1:
        return parts[0]
    stamps = [part.started if closed_loop else part.due for part in parts]
    order = np.argsort(np.concatenate(stamps), kind="stable")
    names = [field.name for field in fields(_Told)]
    columns = (np.concatenate([getattr(part, name) for part in parts])[order] for name in names)
    return _Told(**dict(zip(names, columns, strict=True)))


@dataclass
class Counts:
    """What was counted over the measured phase."""

    operations: int = 0
    commits: int = 0
    misses: int = 0
    evictions: int = 0
    busy_ns: int = 0
    late_blocks: int = 0
    late_requests: int = 0
    worst_late_ns: int = 0
    starved_ns: int = 0
    """How long workers waited for a block, past its first request's due time in an open loop."""
    clock_faults: int = 0
    last_finished_ns: int = 0
    first_fault: str = field(default="")


class Recorder:
    """Writes a trial's ``response.hlog``, ``service.hlog`` and ``slow.csv`` while it runs.

    Slow are the requests above ``slow_ns``; each gets a cause, and so does, for the shares, every
    other one.

    Response time counts from the intended start. In a closed loop there is none, so that only
    service time is recorded, in intervals of the actual start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        t0_ns: int,
        start_epoch_s: float,
        closed_loop: bool,
        seed: int,
        keep_requests: bool,
        workers: int,
        slow_ns: int,
        instrument: Instrument,
    ) -> None:
        self._slow_ns = slow_ns
        self._diagnosticians = [
            Diagnostician(instrument, closed_loop=closed_loop) for _ in range(workers)
        ]
        self.causes = Tally()
        self._ended_ns = [t0_ns] * workers
        self._t0_ns = self._latest_ns = t0_ns
        self._closed = closed_loop
        self._service = IntervalLog(folder / "service.hlog", start_epoch_s, t0_ns)
        self._response = (
            None if closed_loop else IntervalLog(folder / "response.hlog", start_epoch_s, t0_ns)
        )
        self._slow = SlowRequests(folder / "slow.csv", seed)
        self._requests_path = folder / "requests.npy" if keep_requests else None
        self._requests = (folder / "requests.raw").open("xb") if keep_requests else None
        self.counts = Counts(last_finished_ns=t0_ns)

    @property
    def service(self) -> Histogram:
        """All service times so far."""
        return self._service.total

    @property
    def response(self) -> Histogram | None:
        """All response times so far; None in a closed loop."""
        return self._response.total if self._response else None

    @property
    def recorded_s(self) -> float:
        """Seconds from the start to the end of the last operation so far."""
        return (self.counts.last_finished_ns - self._t0_ns) / 1e9

    @property
    def interval_medians_ns(self) -> NDArray[np.int64]:
        """The median latency of each interval that is over."""
        return np.array((self._response or self._service).medians_ns, np.int64)

    @property
    def over_range(self) -> int:
        """Requests of more than an hour: counted, and in no histogram."""
        return (self.response or self.service).over_range

    @property
    def slow(self) -> int:
        """Requests slower than the threshold so far."""
        return self._slow.count

    def take(self, *parts: Stamped) -> None:
        """Count the blocks of one stretch of schedule, one per worker that had a part in it."""
        for part in parts:
            self._check_clock(part)
        block = _merged([self._told(part) for part in parts], closed_loop=self._closed)
        counts = self.counts
        counts.busy_ns += int((block.finished - block.started).sum())
        counts.last_finished_ns = max(counts.last_finished_ns, int(block.finished.max()))
        request = block.operations != Operation.COMMIT
        due, started, finished = block.due[request], block.started[request], block.finished[request]
        outcomes = block.outcomes[request]
        counts.operations += len(due)
        counts.commits += len(request) - len(due)
        counts.misses += int(np.count_nonzero(outcomes & MISS))
        counts.evictions += int(np.count_nonzero(outcomes & EVICTED))
        # where a clock fault was counted above, figures are kept in range: it ends no run
        service = np.maximum(finished - started, 0)
        at = np.maximum.accumulate(np.maximum(started, self._latest_ns)) if self._closed else due
        self._latest_ns = int(at[-1]) if len(at) else self._latest_ns
        times = service if self._closed else np.maximum(finished - due, 0)
        self._service.record(at, service)
        if self._response is not None:
            self._response.record(at, times)
        causes = block.cause[request]
        self.causes.add(times, causes)
        slow = np.flatnonzero(times > self._slow_ns)
        if len(slow):
            self.causes.add_slow(causes[slow])
            numbers = counts.operations - len(due) + slow
            queued = np.zeros_like(slow) if self._closed else started[slow] - due[slow]
            operations, keys = block.operations[request][slow], block.keys[request][slow]
            self._slow.add(
                np.c_[
                    numbers,
                    at[slow] - self._t0_ns,
                    queued,
                    service[slow],
                    times[slow],
                    operations,
                    outcomes[slow],
                    keys,
                    causes[slow],
                    block.kind[request][slow],
                    block.queued[request][slow],
                ].astype(np.int64)
            )
        if self._requests is not None:
            rows = np.empty(len(due), _REQUEST)
            rows["due_ns"], rows["service_ns"], rows["outcome"] = (
                at - self._t0_ns,
                service,
                outcomes,
            )
            rows.tofile(self._requests)

    def _told(self, part: Stamped) -> _Told:
        diagnosis = self._diagnosticians[part.worker].diagnose(
            part.due,
            part.started,
            part.finished,
            part.operations,
            part.outcomes,
            part.sent_ns,
            part.events,
            part.evidence,
        )
        if not self._closed:
            request = part.operations != Operation.COMMIT
            waited_ns = int((part.started - part.due)[request].sum())
            self.causes.add_waiting(waited_ns, diagnosis.waiting_ns)
        return _Told(
            part.due,
            part.started,
            part.finished,
            part.keys,
            part.operations,
            part.outcomes,
            diagnosis.cause,
            diagnosis.kind,
            diagnosis.queued,
        )

    def _check_clock(self, block: Stamped) -> None:
        """Token sent <= started <= finished <= token received, due <= started, in this order."""
        counts = self.counts
        # late only where a worker waited for it: one that is behind has not been kept waiting
        before_ns = self._ended_ns[block.worker]
        wanted_ns = before_ns if self._closed else max(int(block.due[0]), before_ns)
        if block.sent_ns > wanted_ns:
            counts.starved_ns += block.sent_ns - wanted_ns
            if not self._closed:
                counts.late_blocks += 1
                counts.worst_late_ns = max(counts.worst_late_ns, block.sent_ns - wanted_ns)
                is_request = block.operations != Operation.COMMIT
                counts.late_requests += int((block.due[is_request] < block.sent_ns).sum())
        self._ended_ns[block.worker] = int(block.finished[-1])
        faults = {
            "due <= started": bool(np.all(block.due <= block.started)),
            "started <= finished": bool(np.all(block.started <= block.finished)),
            "one after another": bool(np.all(block.finished[:-1] <= block.started[1:])),
            "token sent <= started": block.sent_ns <= int(block.started[0]),
            "finished <= token received": int(block.finished[-1]) <= block.received_ns,
        }
        broken = [name for name, holds in faults.items() if not holds]
        counts.clock_faults += len(broken)
        if broken and not counts.first_fault:
            counts.first_fault = broken[0]

    def close(self) -> None:
        """Write what is still in memory."""
        self._service.close()
        if self._response is not None:
            self._response.close()
        self._slow.close()
        if self._requests is not None and self._requests_path is not None:
            self._requests.close()
            raw = Path(self._requests.name)
            rows: NDArray[np.void] = (
                np.memmap(raw, _REQUEST, "r") if raw.stat().st_size else np.empty(0, _REQUEST)
            )
            np.save(self._requests_path, rows)
            raw.unlink()
            self._requests = None


def summarise(histogram: Histogram | None) -> dict[str, float | int | None]:
    """Return mean, percentiles and max in ns; a percentile with too little beyond it is None."""
    names = ["mean", *(f"p{p:g}" for p in PERCENTILES), "max"]
    if histogram is None or not histogram.total:
        return dict.fromkeys(names)
    total = histogram.total
    values: list[float | int | None] = [round(histogram.mean, 1)]
    for p in PERCENTILES:
        beyond = round(total * (100 - p) / 100, 6)
        values.append(min(histogram.percentile(p), histogram.max) if beyond >= BEYOND else None)
    return dict(zip(names, [*values, histogram.max], strict=True))
