"""Turns a finished or broken trial into its stored result (schema 1)."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lab.plan import PlannedTrial
from lab.runner.drain import Recorder, summarise
from lab.runner.judged import judged
from lab.runner.resources import Placement
from lab.runner.trial import Trial
from lab.spec import TrialSpec
from lab.validity import is_valid, trial_warnings

Json = dict[str, Any]


def trial_result(
    planned: PlannedTrial,
    trial: Trial,
    *,
    status: str,
    reason: str | None,
    placement: Placement,
) -> Json:
    """Return the object that ``trial.json`` and ``gclab run --json`` hold.

    Figures that the trial did not come to are null; the keys are always there.
    """
    spec, recorder = planned.spec, trial.recorder
    answers = {event: _answers(trial, event) for event in ("ready", "warm", "finished")}
    ready, warm, finished = answers.values()
    warnings = trial_warnings(
        judged(planned, trial, status=status, reason=reason, placement=placement, answers=answers)
    )
    counts = recorder.counts if recorder else None
    rss, entries = warm.get("rss_bytes"), warm.get("entries")
    used = finished.get("usage", {})
    elapsed_ns = counts.last_finished_ns - trial.t0_ns if counts else 0
    return {
        "strategy": spec.strategy,
        "label": spec.label,
        "factors": dict(spec.factors),
        "status": status,
        "reason": reason,
        "runtime": ready.get("runtime"),
        **_conditions(spec),
        "phases_s": dict(trial.phases_s),
        "measured_s": round(elapsed_ns / 1e9, 6),
        "operations": counts.operations if counts else 0,
        "commits": counts.commits if counts else 0,
        "hits": counts.operations - counts.misses if counts else 0,
        "misses": counts.misses if counts else 0,
        "evictions": counts.evictions if counts else 0,
        "checksum": trial.checksum if status != "failed" else None,
        "verified": planned.verified and status == "ok",
        "response_ns": summarise(recorder.response if recorder else None),
        "service_ns": summarise(recorder.service if recorder else None),
        "over_range": recorder.over_range if recorder else 0,
        "slow_requests": recorder.slow if recorder else 0,
        "slow_above_ns": trial.floor.slow_ns,
        "causes": _causes(recorder),
        "noise_ns": trial.floor.noise_ns(),
        "noise": trial.floor.to_json(),
        "gc": _collector(trial, warm, finished),
        "gc_cpu": finished.get("gc_cpu"),
        "memory": {
            "rss_bytes": rss,
            "bytes_per_entry": round((rss - warm["rss_before_bytes"]) / entries, 1)
            if entries
            else None,
            "rss_after_bytes": finished.get("rss_bytes"),
            "peak_rss_bytes": finished.get("peak_rss_bytes"),
        },
        "index_epoch": finished.get("index_epoch"),
        "busy_s": _busy_s(counts.busy_ns, finished, _processors_s(spec, ready, elapsed_ns))
        if counts
        else None,
        "policy_s": round(finished.get("policy_ns", 0) / 1e9, 6),
        "cpu_s": used.get("cpu_s"),
        "run_delay_ns": used.get("run_delay_ns"),
        "usage": used,
        "observer": {k: finished.get(k) for k in ("gen0_before", "gen0_after")},
        "cpus": placement.cpus,
        "valid": is_valid(warnings),
        "warnings": warnings,
    }


def _collector(trial: Trial, warm: Json, finished: Json) -> Json:
    return {
        **trial.events.to_json(),
        "tracked_objects": warm.get("tracked_objects"),
        "state": finished.get("gc"),
        "state_warm": warm.get("gc"),
    }


def _conditions(spec: TrialSpec) -> Json:
    """Return what the trial was run under."""
    return {
        "entries": spec.workload.entries,
        "load": {
            "rate": spec.load.rate,
            "arrivals": spec.load.arrivals if spec.load.rate is not None else "trace",
            "closed_loop": spec.load.closed_loop,
            "wait": spec.load.wait,
            "duration_s": None if spec.load.duration_ns is None else spec.load.duration_ns / 1e9,
            "ramp": [asdict(step) for step in spec.ramp_steps] or None,
        },
        "store": spec.service.store,
        "miss_penalty_ns": spec.service.miss_penalty_ns,
        "commit": spec.service.commit,
        "workers": spec.service.workers,
        "python": spec.service.python or None,
        "request": asdict(spec.workload.request),
        "seed": spec.seed,
        "repeat": spec.repeat,
    }


def _causes(recorder: Recorder | None) -> Json:
    """Return each cause's share of what was slow; empty where nothing was."""
    if recorder is None:
        return {"above_p99": {}, "above_p99.9": {}, "waiting_time": {}, "slow": {}}
    latency = recorder.response or recorder.service
    figures = summarise(latency)
    return {
        "above_p99": recorder.causes.above(figures["p99"], latency),
        "above_p99.9": recorder.causes.above(figures["p99.9"], latency),
        "waiting_time": recorder.causes.waiting(),
        "slow": dict(recorder.causes.slow),
    }


_SUMMED = (
    *("rss_before_bytes", "rss_bytes", "peak_rss_bytes", "entries", "index_epoch"),
    "tracked_objects",
    *("gen0_before", "gen0_after", "policy_ns", "commit_thread_ns"),
)


def _answers(trial: Trial, event: str) -> Json:
    """Return what the workers answered: the first one's, with the figures summed over all."""
    answers = [lane.answers[event] for lane in trial.lanes if event in lane.answers]
    if len(answers) < len(trial.lanes):
        return {}
    merged = dict(answers[0])
    for name in _SUMMED:
        if name in merged:
            merged[name] = sum(answer[name] for answer in answers)
    for group in ("usage", "gc_cpu"):
        if merged.get(group):
            merged[group] = {
                name: sum(answer[group][name] for answer in answers) for name in merged[group]
            }
    return merged


def _processors_s(spec: TrialSpec, ready: Json, elapsed_ns: int) -> float:
    """Return how long the processors of the workers were there, where they say how many."""
    each = (ready.get("runtime") or {}).get("procs")
    return elapsed_ns / 1e9 * spec.service.workers * each if each else math.inf


def _busy_s(served_ns: int, finished: Json, at_most_s: float) -> float:
    """Service and commit time, the policy's own time, and the CPU time of other threads.

    Of a collector what it does on threads of its own: what requests do for it (mark assist), and
    its pauses, lie in their service time, or in the time between them. So does what it does on the
    only processor while it is a request's turn: hence no more than there was time for.
    """
    beside_ns = int(finished.get("policy_ns", 0)) + int(finished.get("commit_thread_ns", 0))
    collecting_s = float((finished.get("gc_cpu") or {}).get("background_s", 0))
    return round(min((served_ns + beside_ns) / 1e9 + collecting_s, at_most_s), 6)
