"""Checks an experiment before anything is measured: strategies, traces, memory."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from lab.environment import available_memory_bytes
from lab.runnable import runnable
from lab.spec import DEFAULT_RATE, ExperimentSpec, TrialSpec, not_served
from lab.stores.opening import missing_server
from lab.workload.traces import TraceFacts, open_trace, scan
from strategies.catalogue import Strategy, parse, unavailable
from strategies.errors import UsageError
from strategies.units import format_count, parse_number

MEMORY_SHARE = 0.9
"""Of the memory that is available, what a trial may take."""

_MODEL_PER_ENTRY, _PER_KEY = 180, 60
"""Bytes: the reference's LRU per entry; store, truth and popularity tables per key."""


@dataclass(frozen=True)
class KeyRange:
    """Which keys can occur: how many, and whether they are 0 to n - 1."""

    keys: int
    dense: bool


@dataclass(frozen=True)
class PlannedTrial:
    """A trial that can be run: checked, its rate settled, its keys known."""

    number: int
    spec: TrialSpec
    strategy: Strategy
    keys: KeyRange
    python: str = sys.executable
    """The interpreter that its workers run in, by path."""

    @property
    def verified(self) -> bool:
        """Whether its answers are compared with the reference model's."""
        return self.spec.verify and self.strategy.layout_facts.eviction != "none"


@dataclass(frozen=True)
class Plan:
    """The trials of a run in their order, and what is known of the traces they play."""

    experiment: ExperimentSpec
    trials: tuple[PlannedTrial, ...]
    traces: dict[tuple[str, str], TraceFacts]
    """By path and format: a matrix may read one file in several ways."""


def make_plan(experiment: ExperimentSpec) -> Plan:
    """Check everything that can be checked beforehand.

    Raises
    ------
    UsageError
        An unknown strategy or interpreter, a strategy that its interpreter cannot run or that
        cannot serve what is asked for, a store whose server is not installed, a trace that cannot
        be read to its end, or too little memory.
    """
    strategies = {trial.strategy: parse(trial.strategy) for trial in experiment.trials}
    experiment, pythons = runnable(experiment)
    traces: dict[tuple[str, str], TraceFacts] = {}
    planned = []
    for number, trial in enumerate(experiment.trials, 1):
        facts = None
        if trial.workload.trace:
            trace = trial.workload.trace, trial.workload.trace_format
            if trace not in traces:
                traces[trace] = scan(open_trace(*trace))
            facts = traces[trace]
        keys = key_range(trial, facts)
        settled = settle_wait(settle_rate(trial, facts), strategies[trial.strategy])
        _check_program(settled)
        _check_memory(settled, strategies[trial.strategy], keys)
        python = pythons[trial.service.python]
        planned.append(PlannedTrial(number, settled, strategies[trial.strategy], keys, python))
    return Plan(experiment, tuple(planned), traces)


def key_range(trial: TrialSpec, facts: TraceFacts | None) -> KeyRange:
    """Return the range of a trial's keys."""
    if facts is None:
        return KeyRange(trial.workload.keys, dense=True)
    return KeyRange(max(facts.distinct_keys, 1), dense=False)


def settle_wait(trial: TrialSpec, strategy: Strategy) -> TrialSpec:
    """Let a worker with other threads sleep: spinning, it would keep the interpreter's lock."""
    if trial.service.commit != "thread" and not strategy.layout_facts.threads:
        return trial
    return replace(trial, load=replace(trial.load, wait="sleep"))


def settle_rate(trial: TrialSpec, facts: TraceFacts | None) -> TrialSpec:
    """Give a trace without times of its own, or a closed loop, the default rate."""
    if trial.load.rate is not None or (
        facts is not None and facts.has_times and not trial.load.closed_loop
    ):
        return trial
    return replace(trial, load=replace(trial.load, rate=parse_number(DEFAULT_RATE)))


def memory_needed(trial: TrialSpec, strategy: Strategy, keys: KeyRange) -> int:
    """Return about how many bytes a trial takes: the cache, and what checks it beside."""
    workload = trial.workload
    entries = min(workload.entries, keys.keys) if workload.trace else workload.entries
    cache = entries * (strategy.layout_facts.bytes_per_entry + workload.payload_bytes)
    return cache + keys.keys * _PER_KEY + (entries * _MODEL_PER_ENTRY if trial.verify else 0)


def _check_program(trial: TrialSpec) -> None:
    missing = missing_server(trial.service.store)
    if reason := unavailable(trial.strategy) or not_served(trial) or missing:
        raise UsageError(reason)


def _check_memory(trial: TrialSpec, strategy: Strategy, keys: KeyRange) -> None:
    need, there = memory_needed(trial, strategy, keys), available_memory_bytes()
    if need > MEMORY_SHARE * there:
        raise UsageError(
            f"{trial.strategy} with {format_count(trial.workload.entries)} entries needs about "
            f"{need / 1e9:.1f} GB, {there / 1e9:.1f} GB are available: take fewer --entries"
        )
