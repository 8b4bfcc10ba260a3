"""Runs a plan's trials one after another and stores each as it ends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Protocol

from lab.environment import describe_environment
from lab.plan import Plan, PlannedTrial
from lab.runner.process import ContractBrokenError, WorkerFailedError, worker_command
from lab.runner.resources import Cores
from lab.runner.result import trial_result, warning
from lab.runner.trial import Observer, Trial
from lab.store import RunWriter, StoredRun, load_run

Json = dict[str, Any]


class RunObserver(Observer, Protocol):
    """Told how a run goes on."""

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Learn that a trial begins."""

    def end(self, planned: PlannedTrial, result: Json) -> None:
        """Learn how a trial ended."""


def run_plan(plan: Plan, writer: RunWriter, observer: RunObserver) -> StoredRun:
    """Run every trial; a failed one does not stop the others.

    Raises
    ------
    KeyboardInterrupt
        After the trial under way was stored as failed and the run as interrupted.
    """
    status = "interrupted"
    cores = Cores()
    with _collector_out_of_the_way():
        try:
            for planned in (_on_these_cores(planned, cores) for planned in plan.trials):
                observer.begin(planned, len(plan.trials))
                with cores.for_workers(planned.spec.service.workers) as cpus:
                    result = _run_trial(planned, writer, cpus, observer)
                observer.end(planned, result)
            status = "complete"
        finally:
            writer.finish(status, _run_warnings(cores, plan))
    return load_run(writer.folder)


def describe_run(plan: Plan, command: list[str]) -> Json:
    """Return what ``run.json`` says of the run before its first trial."""
    return {
        "name": plan.experiment.name,
        "command": command,
        "experiment": plan.experiment.to_json(),
        "traces": {path: asdict(facts) for path, facts in plan.traces.items()},
        "environment": describe_environment(),
    }


def _run_trial(
    planned: PlannedTrial, writer: RunWriter, cpus: list[int | None], observer: Observer
) -> Json:
    folder = writer.begin_trial(planned.number, planned.spec.label)
    trial = Trial(
        planned.spec, planned.keys, folder, command=worker_command(), cpus=cpus, observer=observer
    )
    status, reason = "failed", None
    try:
        exact = planned.strategy.layout_facts.eviction == "exact-lru"
        reason = trial.run(verify=planned.verified, exact=exact)
        status = "invalid" if reason else "ok"
    except ContractBrokenError as error:
        status, reason = "invalid", str(error)
    except WorkerFailedError as error:
        reason = str(error)
    except KeyboardInterrupt:
        reason = "interrupted"
        raise
    except Exception as error:
        reason = f"the lab itself failed: {type(error).__name__}: {error}"
        raise
    finally:
        result = trial_result(planned, trial, status=status, reason=reason, cpus=cpus)
        writer.finish_trial(folder, result)
    return result


def _on_these_cores(planned: PlannedTrial, cores: Cores) -> PlannedTrial:
    """Let a worker that shares its core sleep: spinning, it would starve the lab."""
    if cores.enough_for(planned.spec.service.workers):
        return planned
    load = replace(planned.spec.load, wait="sleep")
    return replace(planned, spec=replace(planned.spec, load=load))


def _run_warnings(cores: Cores, plan: Plan) -> list[Json]:
    found = [warning("unavailable", reason) for reason in plan.experiment.unavailable]
    if cores.error:
        found.append(warning("pinning_failed", f"the lab could not be pinned: {cores.error}"))
    return found


@contextmanager
def _collector_out_of_the_way() -> Iterator[None]:
    """Keep this process's own collector from delaying the feeder: nothing here makes cycles."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
