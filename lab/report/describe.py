"""Says in words what a run did: for captions of tables and charts."""

from __future__ import annotations

from lab.store import StoredRun
from strategies.units import format_count


def describe(stored: StoredRun) -> str:
    """Return workload, load, interpreter and machine in two lines."""
    if not stored.trials:
        return "no trial"
    trial = stored.run["experiment"]["trials"][0]
    workload, result = trial["workload"], stored.trials[0].result
    load, mix = result["load"], workload["mix"]
    total = mix["read"] + mix["ack"] + mix["mention"]
    shares = "/".join(f"{100 * mix[name] / total:.0f}" for name in ("read", "ack", "mention"))
    keys = (
        f"trace {workload['trace'].rsplit('/', 1)[-1]}"
        if workload["trace"]
        else f"{workload['popularity']} over {workload['key_space']:g}x keys"
    )
    arrivals = (
        "closed loop"
        if load["closed_loop"]
        else "the trace's own arrival times"
        if load["rate"] is None
        else f"{format_count(load['rate'])}/s {load['arrivals']}, open loop"
    )
    runtime = result["runtime"] or {"name": "unknown interpreter", "version": ""}
    machine = stored.run["environment"]
    return (
        f"{format_count(result['entries'])} entries, {keys}, "
        f"{shares} % reads/acks/mentions; {arrivals}, {load['wait']}ning\n"
        f"{runtime['name']} {runtime['version']}, {machine['cpu']}, {machine['cores']} cores"
    ).replace("sleepning", "sleeping")
