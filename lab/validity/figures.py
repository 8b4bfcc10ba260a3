"""What the checks look at: plain numbers and arrays, filled in by whoever ran the trial.

Every field has the value of a trial in which nothing is to be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class Generator:
    """How the lab kept its own schedule.

    Attributes
    ----------
    late_blocks
        Blocks handed over later than their first request was due, to a worker that had nothing
        else to do.
    late_requests
        Requests in them that were due before they were handed over.
    worst_late_ns
        The largest lateness of one block.
    starved_s
        How long workers stood still with an empty ring, summed over workers: past the due time of
        the next request in an open loop, past the end of the last one in a closed loop.
    clock_faults, first_fault
        How often the clock check failed, and which one first.
    """

    late_blocks: int = 0
    late_requests: int = 0
    worst_late_ns: int = 0
    starved_s: float = 0.0
    clock_faults: int = 0
    first_fault: str = ""


@dataclass(frozen=True)
class Noise:
    """The machine's own noise floor around the trial, in ns; None where it was not measured.

    Attributes
    ----------
    p999_ns, max_ns
        Of the meters before and after (and, for the maximum, beside) the trial.
    before_p99_ns, after_p99_ns
        Of the meter on the worker's core, before and after.
    reasons
        Why a meter gave no figures.
    """

    p999_ns: float | None = None
    max_ns: float | None = None
    before_p99_ns: float | None = None
    after_p99_ns: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collector:
    """What the collector did, over all workers, and its settings.

    Attributes
    ----------
    kind
        ``generational``, ``incremental``, ``free-threaded``, ``incminimark``, ``concurrent``, or
        ``none``.
    state_warm, state_end
        ``enabled``, ``thresholds`` and ``frozen`` as the policy saw them after warm-up and at the
        end; None where there is no answer.
    policy_sets
        Which of these three the policy itself changes during the measured phase.
    young, full
        Collections of the measured phase: generations 0 and 1; 2.
    cycles
        Of the measured phase, those that ran beside the operations.
    collected
        Objects that the young ones freed.
    lost_events
        Events that were overwritten before they were read.
    tracked_objects
        What a full collection walks, per worker, after warm-up; None: not counted.
    """

    kind: str = "generational"
    state_warm: Mapping[str, Any] | None = None
    state_end: Mapping[str, Any] | None = None
    policy_sets: tuple[str, ...] = ()
    young: int = 0
    full: int = 0
    cycles: int = 0
    collected: int = 0
    lost_events: int = 0
    tracked_objects: int | None = None


@dataclass(frozen=True, eq=False)
class TrialFigures:
    """One trial, as the checks need it.

    Attributes
    ----------
    status, reason, wrong
        How it ended; why, where it is not ok; whether the reason is a wrong answer.
    closed_loop, ramp
        What kind of load it was.
    unverified
        Why no answer was compared with the model, in words; None: they were.
    own_eviction
        Whether the layout evicts by a rule of its own.
    workers, own_cores
        How many workers, and whether there was a core for each and one more.
    pinning_error
        Why neither the lab nor its workers were bound to cores; None: they were, or there were not
        enough cores.
    scheduled_s
        Length of the schedule; None: it ended with a trace.
    measured_s
        From the start of the measured phase to the end of its last operation.
    requests
        How many were measured.
    busy_s
        Service, commit and policy time, summed over workers.
    run_delay_s
        How long workers were ready to run and had no core, summed over workers; None: not known.
    latency_ns
        ``p50`` to ``p99.9`` and ``max`` of response time (service time in a closed loop); a
        percentile with too few requests beyond it is None.
    longest_service_ns
        The longest single operation.
    over_range
        Requests that were too long for the histograms.
    entries, entries_warm, entries_end
        Capacity; how many the cache held after warm-up and at the end. All workers together.
    interval_p50_ns
        Shape (n,): the median of each 100 ms interval that has requests, in order.
    rss_at_s, rss_bytes
        Shape (m,): samples of resident memory in the measured phase.
    """

    status: Literal["ok", "invalid", "failed"] = "ok"
    reason: str | None = None
    wrong: bool = False
    closed_loop: bool = False
    ramp: bool = False
    unverified: str | None = None
    own_eviction: bool = False
    workers: int = 1
    own_cores: bool = True
    pinning_error: str | None = None
    scheduled_s: float | None = 10.0
    measured_s: float = 10.0
    requests: int = 0
    busy_s: float | None = None
    run_delay_s: float | None = None
    latency_ns: Mapping[str, float | None] = field(default_factory=dict)
    longest_service_ns: float = 0
    over_range: int = 0
    entries: int = 0
    entries_warm: int | None = None
    entries_end: int | None = None
    generator: Generator = field(default_factory=Generator)
    noise: Noise = field(default_factory=Noise)
    collector: Collector = field(default_factory=Collector)
    interval_p50_ns: Floats = field(default_factory=_none)
    rss_at_s: Floats = field(default_factory=_none)
    rss_bytes: Floats = field(default_factory=_none)
