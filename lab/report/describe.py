"""Says in words what a run did: for captions of tables and charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.comparison import groups_of
from lab.analysis.comparison.groups import label_of
from lab.analysis.summary import runtime_of
from lab.store import StoredRun
from lab.workload.arrivals import check_arrivals
from strategies.units import format_count, format_duration

_WAITS = {"spin": "spinning", "sleep": "sleeping"}


def describe(stored: StoredRun) -> str:
    """Return workload, load, what served and the machine in two lines."""
    if not stored.trials:
        return "no trial"
    shown = next((each for each in stored.trials if not each.result.get("factors")), None)
    result = (shown or stored.trials[0]).result
    specs = stored.run["experiment"]["trials"]
    trial = next((spec for spec in specs if label_of(spec) == result["label"]), specs[0])
    workload = trial["workload"]
    load, mix = result["load"], workload["mix"]
    total = mix["read"] + mix["ack"] + mix["mention"]
    shares = "/".join(f"{100 * mix[name] / total:.0f}" for name in ("read", "ack", "mention"))
    keys = (
        f"trace {workload['trace'].rsplit('/', 1)[-1]}"
        if workload["trace"]
        else f"{workload['popularity']} over {workload['key_space']:g}x keys"
    )
    facts = stored.run.get("traces", {}).get(workload["trace"], {})
    operations = (
        "its own operations" if facts.get("has_operations") else f"{shares} % reads/acks/mentions"
    )
    arrivals = _arrivals(load)
    service = "".join(_service(result))
    served_by = " and ".join(filter(None, _runtimes(stored))) or "unknown runtime"
    machine = stored.run["environment"]
    return (
        f"{format_count(result['entries'])} entries, {keys}, "
        f"{operations}; {arrivals}, {_waiting(stored, load['wait'])}{service}{_differing(stored)}\n"
        f"{served_by}, {machine['cpu']}, {machine['cores']} cores"
    )


def by_runtime(stored: StoredRun) -> str:
    """Return a third line: which strategies each runtime served; "" where there is one only."""
    served = _runtimes(stored)
    if len(served) < 2:
        return ""
    named = (f"{name or 'not known'}: {', '.join(labels)}" for name, labels in served.items())
    return "\n" + "; ".join(named)


def _runtimes(stored: StoredRun) -> dict[str, list[str]]:
    """Return the strategies that each runtime served, both in the order of the run."""
    found: dict[str, list[str]] = {}
    for group in groups_of(stored).values():
        if group.trials:
            found.setdefault(runtime_of(group.trials), []).append(group.label)
    return found


def _waiting(stored: StoredRun, wait: str) -> str:
    """Say how loops waited, and which strategies' did not so; labels with factors say more."""
    plain = [trial for trial in stored.trials if not trial.result.get("factors")]
    others = {t.label: t.result["load"]["wait"] for t in plain if t.result["load"]["wait"] != wait}
    named = f" ({', '.join(others)} {_WAITS[next(iter(others.values()))]})" if others else ""
    return _WAITS[wait] + named


def _differing(stored: StoredRun) -> str:
    """Say that not all trials are so; what a label names is what differs."""
    factors = {str(trial.result.get("factors", {})) for trial in stored.trials}
    return "; unless its label says otherwise" if len(factors) > 1 else ""


def _arrivals(load: dict[str, Any]) -> str:
    """Say when requests arrived; runs of before there were ramps do not have that key."""
    if load["closed_loop"]:
        return "closed loop"
    if load["rate"] is None:
        return "the trace's own arrival times"
    rates = [format_count(step["rate"]) for step in load.get("ramp") or ()]
    rate = f"{', '.join(rates)}/s in turn," if rates else f"{format_count(load['rate'])}/s"
    kind, burst = check_arrivals(load["arrivals"])
    if burst is not None:
        kind = (
            f"in bursts ({burst.factor:g} times that rate for {format_duration(burst.on)}, "
            f"{burst.rest:.2g} times for {format_duration(burst.off)}, on average)"
        )
    return f"{rate} {kind}, open loop"


def _service(result: dict[str, Any]) -> Iterator[str]:
    """Say what differs from one worker in front of a store in memory.

    Runs of before there was a choice do not have these keys.
    """
    if result["store"] != "memory":
        yield f"; store {result['store']}"
    if result.get("miss_penalty_ns"):
        yield f"; {format_duration(result['miss_penalty_ns'])} more per load"
    if result.get("commit", "inline") != "inline":
        yield "; commits on a thread"
    if result.get("workers", 1) > 1:
        yield f"; {result['workers']} workers"
    request = {"objects": 0, "in_flight": 0, "burst": 1, "cycles": 0, **result.get("request", {})}
    if request["objects"] or request["in_flight"] or request["burst"] > 1:
        yield (
            f"; {request['objects']} objects per request, {request['in_flight']} in flight, "
            f"finished {request['burst']} at a time"
        )
    if request["cycles"]:
        yield f"; a cycle in {100 * request['cycles']:g} % of the requests"
