"""The specs: frozen, checked, ready to be run and stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.spec.raw import Raw
from lab.trial.requests import RequestShape
from lab.workload.arrivals import RampStep, ramp_steps
from lab.workload.read_states import CommitPlan, Mix


@dataclass(frozen=True)
class WorkloadSpec:
    """Which operations on which keys."""

    entries: int
    key_space: float = 2.0
    popularity: str = "zipf:0.99"
    mix: Mix = field(default_factory=Mix)
    commit: CommitPlan = field(default_factory=CommitPlan)
    payload_bytes: int = 0
    request: RequestShape = field(default_factory=RequestShape)
    trace: str = ""
    trace_format: str = ""
    fill: bool = True
    fresh: bool = False
    """Not aged: every entry lies where it was first put, as in a process that just started."""

    @property
    def keys(self) -> int:
        """How many keys a synthetic stream draws from."""
        return max(1, round(self.entries * self.key_space))


@dataclass(frozen=True)
class LoadSpec:
    """When they arrive. In a closed loop ``rate`` and ``duration_ns`` only say how many."""

    arrivals: str = "poisson"
    """As `lab.workload.arrivals.check_arrivals` reads it, with every option."""
    rate: float | None = 20_000.0
    """Per second; None: the trace's own arrival times, or the default where it has none."""
    ramp: tuple[float, ...] = ()
    """Rates to be played one after another in a shuffled order; ``rate`` is their mean."""
    duration_ns: int | None = 10_000_000_000
    """None: to the end of the trace."""
    warm_up_ns: int = 1_000_000_000
    wait: str = "spin"
    closed_loop: bool = False


@dataclass(frozen=True)
class ServiceSpec:
    """What serves the requests besides the cache."""

    store: str = "memory"
    miss_penalty_ns: int = 0
    """Added to every load: a database that is farther away."""
    commit: str = "inline"
    """``inline``: commits stall the requests behind them; ``thread``: a thread writes them."""
    workers: int = 1
    """Processes, each with its part of the keys and of the entries."""
    python: str = ""
    """The interpreter as it was asked for, a path, name or version; "": the lab's own."""


def label_of(strategy: str, factors: Iterable[Sequence[str]]) -> str:
    """Write a strategy with what else the matrix varies: ``slots entries=1M``.

    A switch is named where it is on: ``slots closed_loop``.
    """
    written = (
        name if value == "True" else f"{name}={value}"
        for name, value in factors
        if value != "False"
    )
    return " ".join((strategy, *written))


@dataclass(frozen=True)
class TrialSpec:
    """One fresh process that serves one workload under one load with one strategy, once."""

    strategy: str
    workload: WorkloadSpec
    load: LoadSpec
    service: ServiceSpec = field(default_factory=ServiceSpec)
    seed: int = 1
    repeat: int = 1
    factors: tuple[tuple[str, str], ...] = ()
    """What the matrix varies beside the strategy: (name, value as written)."""
    verify: bool = True
    keep_requests: bool = False

    @property
    def label(self) -> str:
        """The strategy, with the other factors where there are any."""
        return label_of(self.strategy, self.factors)

    @property
    def ramp_steps(self) -> tuple[RampStep, ...]:
        """The steps of the ramp in the order in which they are played; none without a ramp."""
        load = self.load
        if not load.ramp or load.duration_ns is None:
            return ()
        return ramp_steps(load.ramp, load.duration_ns, seed=self.seed, repeat=self.repeat)


@dataclass(frozen=True)
class ExperimentSpec:
    """A question and a matrix of trials."""

    name: str
    question: str
    expect: str
    source: str
    trials: tuple[TrialSpec, ...]
    unavailable: tuple[str, ...]
    """What ``all`` could not stand for here, each with its reason."""
    raw: Raw
    labels: tuple[str, ...] = ()
    """Every label once, in the order in which they were written: the order of all tables."""
    order: str = ""
    """How the trials of a round were ordered, in words."""

    def to_json(self) -> dict[str, Any]:
        """Return what is stored in run.json."""
        stored = {k: v for k, v in asdict(self).items() if k != "raw"}
        return {**stored, "file": self.raw}
