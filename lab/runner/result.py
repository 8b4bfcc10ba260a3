"""Turns a finished or broken trial into its stored result (schema 1)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lab.plan import PlannedTrial
from lab.runner.drain import summarise
from lab.runner.trial import Trial

Json = dict[str, Any]


def warning(code: str, message: str) -> Json:
    """Make a warning: data, rendered once, wherever it is shown."""
    return {"code": code, "message": message}


def trial_result(
    planned: PlannedTrial, trial: Trial, *, status: str, reason: str | None, cpus: list[int | None]
) -> Json:
    """Return the object that ``trial.json`` and ``gclab run --json`` hold.

    Figures that the trial did not come to are null; the keys are always there.
    """
    spec, recorder = planned.spec, trial.recorder
    ready, warm, finished = (_answers(trial, event) for event in ("ready", "warm", "finished"))
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
        "entries": spec.workload.entries,
        "load": {
            "rate": spec.load.rate,
            "arrivals": spec.load.arrivals if spec.load.rate is not None else "trace",
            "closed_loop": spec.load.closed_loop,
            "wait": spec.load.wait,
            "duration_s": None if spec.load.duration_ns is None else spec.load.duration_ns / 1e9,
        },
        "store": spec.service.store,
        "miss_penalty_ns": spec.service.miss_penalty_ns,
        "commit": spec.service.commit,
        "workers": spec.service.workers,
        "request": asdict(spec.workload.request),
        "seed": spec.seed,
        "repeat": spec.repeat,
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
        "gc": {**trial.events.to_json(), "state": finished.get("gc"), "state_warm": warm.get("gc")},
        "memory": {
            "rss_bytes": rss,
            "bytes_per_entry": round((rss - warm["rss_before_bytes"]) / entries, 1)
            if entries
            else None,
            "rss_after_bytes": finished.get("rss_bytes"),
            "peak_rss_bytes": finished.get("peak_rss_bytes"),
        },
        "index_epoch": finished.get("index_epoch"),
        "busy_s": _busy_s(counts.busy_ns, finished) if counts else None,
        "policy_s": round(finished.get("policy_ns", 0) / 1e9, 6),
        "cpu_s": used.get("cpu_s"),
        "run_delay_ns": used.get("run_delay_ns"),
        "usage": used,
        "observer": {k: finished.get(k) for k in ("gen0_before", "gen0_after")},
        "cpus": cpus,
        "warnings": _warnings(planned, trial, status=status, reason=reason, cpus=cpus),
    }


_CODES = {"failed": "failed", "invalid": "contract_broken"}
_SUMMED = (
    *("rss_before_bytes", "rss_bytes", "peak_rss_bytes", "entries", "index_epoch"),
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
    if "usage" in merged:
        merged["usage"] = {
            name: sum(answer["usage"][name] for answer in answers) for name in merged["usage"]
        }
    return merged


def _busy_s(served_ns: int, finished: Json) -> float:
    """Service and commit time, the policy's own time, and the CPU time of other threads."""
    beside_ns = int(finished.get("policy_ns", 0)) + int(finished.get("commit_thread_ns", 0))
    return round((served_ns + beside_ns) / 1e9, 6)


def _warnings(
    planned: PlannedTrial,
    trial: Trial,
    *,
    status: str,
    reason: str | None,
    cpus: list[int | None],
) -> list[Json]:
    spec, counts = planned.spec, trial.recorder.counts if trial.recorder else None
    found = []
    if reason:
        code = "wrong_answers" if trial.wrong else _CODES[status]
        found.append(warning(code, reason))
    if spec.load.closed_loop:
        found.append(
            warning(
                "closed_loop",
                "closed loop: no intended start, so only service time; a stall delays nobody "
                "behind it (coordinated omission)",
            )
        )
    if not planned.verified:
        why = "--no-verify" if not spec.verify else "an instrument keeps nothing"
        found.append(warning("unverified", f"answers were not compared with the model: {why}"))
    if planned.verified and planned.strategy.layout_facts.eviction == "approximate":
        found.append(
            warning(
                "own_eviction",
                "evicts by a rule of its own: every value was verified, hits and misses are its "
                "own and no checksum compares with that of an LRU",
            )
        )
    if None in cpus:
        found.append(
            warning(
                "shared_core",
                "workers share a core with each other or with the lab: they sleep until requests "
                "are due, and response times hold that noise; it takes a core each and one more",
            )
        )
    if trial.events.lost:
        found.append(warning("lost_events", f"{trial.events.lost:,} GC events were overwritten"))
    if counts and counts.late_blocks:
        found.append(
            warning(
                "generator_late",
                f"{counts.late_blocks} blocks were handed over late, the worst by "
                f"{counts.worst_late_ns / 1e6:.1f} ms: their response times include the lab's "
                "own delay; lower --rate or free the other core",
            )
        )
    if counts and counts.clock_faults:
        found.append(
            warning(
                "clock_fault",
                f"the clock check failed {counts.clock_faults} times, first: {counts.first_fault}",
            )
        )
    if trial.recorder and trial.recorder.service.over_range:
        found.append(warning("over_range", f"{trial.recorder.service.over_range} values above 1 h"))
    return found
