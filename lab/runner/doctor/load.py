"""What else used the processor while the doctor measured: before and after, compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.runner.doctor.finding import Figure, Finding, graded
from lab.runner.resources import machine_ticks

_STEAL_WARN, _STEAL_BAD = 0.001, 0.01
_BUSY_WARN, _BUSY_BAD = 0.05, 0.5
"""Shares: of all processor time stolen; of one core taken by another process."""


@dataclass(frozen=True)
class Process:
    """One line of ``/proc/PID/stat``, in part."""

    pid: int
    name: str
    parent: int
    ticks: int
    """Of processor time, user and system."""


@dataclass(frozen=True)
class Usage:
    """Processor time that was used until now, in ticks."""

    total: int
    steal: int
    processes: dict[int, Process]


def usage(root: Path) -> Usage:
    """Read what was used until now; zeros where the kernel does not say."""
    total, steal = machine_ticks(root / "proc/stat")
    found = (_process(path) for path in (root / "proc").glob("[0-9]*/stat"))
    return Usage(total, steal, {each.pid: each for each in found if each is not None})


def _process(path: Path) -> Process | None:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        # the name is in parentheses and may hold spaces and more parentheses
        head, _, tail = text.rpartition(")")
        pid, _, name = head.partition(" (")
        fields = tail.split()
        return Process(int(pid), name, int(fields[1]), int(fields[11]) + int(fields[12]))
    except (OSError, ValueError, IndexError):
        return None  # it ended while it was read


def load_findings(root: Path, before: Usage, after: Usage, seconds: float) -> Iterator[Finding]:
    """Say what was stolen and who else was busy between two readings."""
    yield steal(before, after)
    yield load_average(root)
    yield busiest_other(before, after, seconds)


def steal(before: Usage, after: Usage) -> Finding:
    """Tell which share of the processor time the hypervisor gave to others."""
    total = after.total - before.total
    if total <= 0:
        return Finding("steal", "not shown", "info")
    share = (after.steal - before.steal) / total
    state = graded(share, _STEAL_WARN, _STEAL_BAD)
    advice = "measure when its neighbours are idle, or on a dedicated host; --repeats 5"
    figures: dict[str, Figure] = {"steal_share": round(share, 6)}
    return Finding(
        "steal", f"{100 * share:.2f} %", state, None if state == "good" else advice, figures
    )


def load_average(root: Path) -> Finding:
    """Say how many processes wanted a core over the last minute, this one and others."""
    try:
        one = float((root / "proc/loadavg").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return Finding("load average", "not shown", "info")
    return Finding("load average", f"{one:.2f}", "info", figures={"load_average_1min": one})


def busiest_other(before: Usage, after: Usage, seconds: float) -> Finding:
    """Name the process that used most, of those that neither are this one nor come from it."""
    ours = _family(after, os.getpid())
    ticks_per_core = seconds * os.sysconf("SC_CLK_TCK")
    used = {
        pid: process.ticks - (before.processes[pid].ticks if pid in before.processes else 0)
        for pid, process in after.processes.items()
        if pid not in ours
    }
    pid = max(used, key=lambda each: used[each], default=None)
    if pid is None or used[pid] <= 0:
        return Finding("busiest other process", "none", "good")
    share, name = used[pid] / ticks_per_core, after.processes[pid].name
    state = graded(share, _BUSY_WARN, _BUSY_BAD)
    return Finding(
        "busiest other process",
        f"{name} (process {pid}): {100 * share:.0f} % of a core",
        state,
        None
        if state == "good"
        else f"wait for its end, or pause it: sudo kill -STOP {pid} (to go on: -CONT)",
        {"pid": pid, "name": name, "core_share": round(share, 4)},
    )


def _family(now: Usage, pid: int) -> set[int]:
    """Return this process, what it started, and what started it."""
    family, found = {pid}, True
    while found:
        children = {each.pid for each in now.processes.values() if each.parent in family}
        found = bool(children - family)
        family |= children
    while pid in now.processes and (pid := now.processes[pid].parent) > 1:
        family.add(pid)
    return family
