"""Runs a plan's trials one after another and stores each as it ends."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, Protocol

from lab.environment import describe_environment
from lab.plan import Plan, PlannedTrial
from lab.runner.floor import NoiseFloor
from lab.runner.process import ContractBrokenError, WorkerFailedError, worker_command
from lab.runner.resources import Cores, Placement
from lab.runner.result import trial_result
from lab.runner.trial import Observer, Trial
from lab.store import RunWriter, StoredRun, load_run
from lab.validity import is_spoiled, run_warnings
from lab.validity.agreement import disagreement

Json = dict[str, Any]


class RunObserver(Observer, Protocol):
    """Told how a run goes on."""

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Learn that a trial begins."""

    def end(self, planned: PlannedTrial, result: Json) -> None:
        """Learn how a trial ended."""


def run_plan(plan: Plan, writer: RunWriter, observer: RunObserver, *, again: int = 0) -> StoredRun:
    """Run every trial that the writer does not have yet; a failed one does not stop the others.

    Then up to ``again`` trials that the machine spoiled are played once more. Both are kept: the
    one that is valid counts.

    Raises
    ------
    KeyboardInterrupt
        After the trial under way was stored as failed and the run as interrupted.
    """
    status = "interrupted"
    cores = Cores()
    results = writer.finished()
    done = {_key(result) for result in results}
    left = [each for each in plan.trials if (each.spec.label, each.spec.repeat) not in done]

    def play(trials: Iterable[PlannedTrial]) -> None:
        for planned in (_on_these_cores(planned, cores) for planned in trials):
            observer.begin(planned, len(plan.trials))
            with cores.for_workers(planned.spec.service.workers) as placement:
                result = _run_trial(planned, writer, placement, observer)
            results.append(result)
            observer.end(planned, result)

    with _collector_out_of_the_way():
        try:
            play(left)
            play(islice(_spoiled(plan, results), again))
            status = "complete"
        finally:
            writer.finish(
                status,
                run_warnings(
                    list(_disagreements(results)),
                    unavailable=plan.experiment.unavailable,
                    played_again=_twice(results),
                ),
            )
    return load_run(writer.folder)


def describe_run(plan: Plan, command: list[str]) -> Json:
    """Return what ``run.json`` says of the run before its first trial."""
    return {
        "name": plan.experiment.name,
        "command": command,
        "experiment": plan.experiment.to_json(),
        "traces": _traces(plan),
        "environment": describe_environment(),
    }


def _traces(plan: Plan) -> Json:
    """Return what was counted in each trace, by its path; read in another format too, with that."""
    named: Json = {}
    for (path, trace_format), facts in plan.traces.items():
        named[path if path not in named else f"{path} as {trace_format}"] = asdict(facts)
    return named


def _run_trial(
    planned: PlannedTrial, writer: RunWriter, placement: Placement, observer: Observer
) -> Json:
    floor = NoiseFloor(placement.cpus[0])
    observer.phase("noise")
    floor.before()  # before there is anything that an interruption could leave behind
    folder = writer.begin_trial(planned.number, planned.spec.label)
    trial = Trial(
        planned.spec,
        planned.keys,
        folder,
        command=worker_command(planned.python, program=planned.strategy.layout_facts.program),
        cpus=placement.cpus,
        floor=floor,
        observer=observer,
        strategy=planned.strategy.to_json(),
    )
    status, reason = "failed", None
    try:
        facts = planned.strategy.layout_facts
        exact = facts.eviction == "exact-lru"
        reason = trial.run(verify=planned.verified, exact=exact, slack=facts.slack)
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
        result = trial_result(planned, trial, status=status, reason=reason, placement=placement)
        writer.finish_trial(folder, result)
    return result


def _key(result: Json) -> tuple[str, int]:
    return result["label"], result["repeat"]


def _spoiled(plan: Plan, results: list[Json]) -> Iterator[PlannedTrial]:
    """Yield the trials that are to be played again, numbered behind those that were played."""
    valid = {_key(result) for result in results if result["valid"]}
    bad = [result for result in results if result["status"] == "ok" and not result["valid"]]
    spoiled = {_key(result) for result in bad if is_spoiled(result["warnings"])} - valid
    number = len(results)
    for planned in plan.trials:
        if (planned.spec.label, planned.spec.repeat) in spoiled:
            number += 1
            yield replace(planned, number=number)


def _twice(results: list[Json]) -> Iterator[str]:
    seen = set()
    for result in results:
        if (key := _key(result)) in seen:
            yield f"{result['label']} in round {result['repeat']}"
        seen.add(key)


def _on_these_cores(planned: PlannedTrial, cores: Cores) -> PlannedTrial:
    """Let a worker that shares its core sleep: spinning, it would starve the lab."""
    if cores.enough_for(planned.spec.service.workers):
        return planned
    load = replace(planned.spec.load, wait="sleep")
    return replace(planned, spec=replace(planned.spec, load=load))


def _disagreements(results: list[Json]) -> Iterator[tuple[str, str, str]]:
    """Yield (label, figure, what was seen) where the repeats of a strategy disagree."""
    for label in dict.fromkeys(result["label"] for result in results):
        mine = [_figures(r) for r in results if r["label"] == label and r["valid"]]
        for name in mine[0] if mine else ():
            values = [value for each in mine if (value := each[name]) is not None]
            if found := disagreement(values):
                yield label, name, found.advice


def _figures(result: Json) -> Json:
    """Return what the repeats of a strategy must agree about, in ns."""
    latency = result["service_ns" if result["load"]["closed_loop"] else "response_ns"]
    named = {name: latency[name] for name in ("p50", "p99", "p99.9", "max")}
    return {**named, "gc.max": result["gc"]["max_ns"]}


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
