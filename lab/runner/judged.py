"""Gathers what the checks of validity look at from a trial that has ended, or broken off."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.plan import PlannedTrial
from lab.runner.drain import summarise
from lab.runner.resources import Placement
from lab.runner.trial import Trial
from lab.validity import Collector, Generator, Noise, TrialFigures

Json = dict[str, Any]


def judged(
    planned: PlannedTrial,
    trial: Trial,
    *,
    status: str,
    reason: str | None,
    placement: Placement,
    answers: dict[str, Json],
) -> TrialFigures:
    """Return a trial's figures for `lab.validity.trial_warnings`.

    Parameters
    ----------
    answers
        What the workers said, merged: ``ready``, ``warm``, ``finished``; empty where they did not.
    """
    spec, recorder = planned.spec, trial.recorder
    counts = recorder.counts if recorder else None
    latency = (recorder.response or recorder.service) if recorder else None
    warm, finished = answers["warm"], answers["finished"]
    medians = recorder.interval_medians_ns if recorder else np.empty(0)
    rss = np.array(trial.rss_samples, dtype=np.float64).reshape(-1, 2)
    scheduled_ns = spec.load.duration_ns
    return TrialFigures(
        status="ok" if status == "ok" else "invalid" if status == "invalid" else "failed",
        reason=reason,
        wrong=trial.wrong is not None,
        closed_loop=spec.load.closed_loop,
        ramp=bool(spec.load.ramp),
        unverified=_unverified(planned),
        own_eviction=planned.strategy.layout_facts.eviction == "approximate",
        workers=spec.service.workers,
        own_cores=None not in placement.cpus or placement.refused is not None,
        pinning_error=placement.refused,
        scheduled_s=None if scheduled_ns is None else scheduled_ns / 1e9,
        measured_s=(counts.last_finished_ns - trial.t0_ns) / 1e9 if counts else 0.0,
        requests=counts.operations if counts else 0,
        busy_s=counts.busy_ns / 1e9 if counts else None,
        run_delay_s=_run_delay_s(finished),
        latency_ns=summarise(latency),
        longest_service_ns=recorder.service.max if recorder else 0,
        over_range=recorder.service.over_range if recorder else 0,
        entries=spec.workload.entries,
        entries_warm=warm.get("entries"),
        entries_end=finished.get("entries"),
        generator=_generator(trial),
        noise=_noise(trial),
        collector=_collector(planned, trial, answers),
        interval_p50_ns=medians.astype(np.float64),
        rss_at_s=rss[:, 0],
        rss_bytes=rss[:, 1],
    )


def _run_delay_s(finished: Json) -> float | None:
    waited_ns = finished.get("usage", {}).get("run_delay_ns")
    return None if waited_ns is None else waited_ns / 1e9


def _unverified(planned: PlannedTrial) -> str | None:
    if planned.verified:
        return None
    return "an instrument keeps nothing" if planned.spec.verify else "--no-verify"


def _generator(trial: Trial) -> Generator:
    if trial.recorder is None:
        return Generator()
    counts = trial.recorder.counts
    return Generator(
        late_blocks=counts.late_blocks,
        late_requests=counts.late_requests,
        worst_late_ns=counts.worst_late_ns,
        starved_s=counts.starved_ns / 1e9,
        clock_faults=counts.clock_faults,
        first_fault=counts.first_fault,
    )


def _noise(trial: Trial) -> Noise:
    floor, meters = trial.floor.noise_ns(), trial.floor.to_json()
    return Noise(
        p999_ns=floor["p99.9"],
        max_ns=floor["max"],
        before_p99_ns=meters["before_ns"]["p99"],
        after_p99_ns=meters["after_ns"]["p99"],
        reasons=tuple(meters["reasons"]),
    )


def _collector(planned: PlannedTrial, trial: Trial, answers: dict[str, Json]) -> Collector:
    events, warm = trial.events, answers["warm"]
    return Collector(
        kind=(answers["ready"].get("runtime") or {}).get("collector", "generational"),
        state_warm=warm.get("gc"),
        state_end=answers["finished"].get("gc"),
        policy_sets=planned.strategy.policy_facts.sets,
        young=events.young,
        full=events.full,
        cycles=events.cycles,
        collected=events.collected_young,
        lost_events=events.lost + trial.lost_evidence,
        tracked_objects=warm.get("tracked_objects"),
    )
