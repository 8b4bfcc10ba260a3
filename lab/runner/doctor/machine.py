"""The machine as the kernel describes it; every path is below a root that tests make up."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from lab.runner.doctor.finding import Figure, Finding, State, graded
from lab.runner.feed import BLOCK_SIZE
from lab.runner.lane import BLOCKS

_CPU = "sys/devices/system/cpu"
_CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
_HUGE_PAGES = "sys/kernel/mm/transparent_hugepage/enabled"
_GOOD_CLOCKS = ("tsc", "kvm-clock", "arch_sys_counter")
_RECORD_BYTES = 48
"""Of a block's columns, rounded up."""
_RING_BYTES = BLOCKS * BLOCK_SIZE * _RECORD_BYTES
_SHARED_SHORT_BYTES, _SHARED_PLENTY_BYTES = 2 * _RING_BYTES, 8 * _RING_BYTES
_SWAP_USED_BYTES = 16 * 1024 * 1024


def machine_findings(root: Path, usable: Collection[int]) -> Iterator[Finding]:
    """Look at cores, frequencies, clock, memory and load; ``usable`` are this process's cores."""
    yield cores(root, usable)
    yield cpu_quota(root, len(usable))
    yield siblings(root, usable)
    yield governor(root, usable)
    yield clock_source(root)
    yield huge_pages(root)
    yield swap(root)
    yield shared_memory(root)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def cores(root: Path, usable: Collection[int]) -> Finding:
    """Tell whether a worker gets a core of its own, and the lab another one."""
    there = len(_numbers(_read(root / _CPU / "online"))) or len(usable)
    figures: dict[str, Figure] = {"cores": there, "usable_cores": len(usable)}
    value = f"{len(usable)} usable of {there}"
    if len(usable) > 1:
        return Finding("cores", value, "good", figures=figures)
    advice = (
        f"taskset -c 0-{there - 1} gclab ..."
        if there > 1
        else "take a machine with 2 cores or more: the worker and the lab share this one"
    )
    return Finding("cores", value, "bad", advice, figures)


def cpu_quota(root: Path, usable: int) -> Finding:
    """Tell whether the control group stops this process when it has used its share (v2, v1)."""
    fields = _read(root / "sys/fs/cgroup/cpu.max").split()
    if not fields:
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
        fields = [_read(root / "sys/fs/cgroup/cpu" / name) for name in names]
    if not (len(fields) == 2 and all(field.isdigit() for field in fields) and int(fields[1])):
        return Finding("CPU quota", "none", "good")
    share = int(fields[0]) / int(fields[1])
    return Finding(
        "CPU quota",
        f"{share:g} cores for {usable} usable; beyond it the group stands still",
        "bad" if share < 2 else "warn",
        "start the container without a CPU limit: docker update --cpus=0 CONTAINER",
        {"quota_cores": share},
    )


def siblings(root: Path, usable: Collection[int]) -> Finding:
    """Tell whether the worker's core shares its circuits with a core that the lab uses."""
    worker = max(usable)
    path = root / _CPU / f"cpu{worker}/topology/thread_siblings_list"
    beside = sorted((_numbers(_read(path)) - {worker}) & set(usable))
    if not beside:
        return Finding("hyper-threads", f"core {worker} has none in use", "good")
    advice = (
        "echo off | sudo tee /sys/devices/system/cpu/smt/control"
        if len(usable) > 2
        else "take a machine with 2 whole cores"
    )
    names = ", ".join(map(str, beside))
    return Finding("hyper-threads", f"core {worker} shares with {names}", "warn", advice)


def governor(root: Path, usable: Collection[int]) -> Finding:
    """Tell whether the cores change their frequency with the load."""
    files = [root / _CPU / f"cpu{cpu}/cpufreq/scaling_governor" for cpu in sorted(usable)]
    found = sorted({text for text in map(_read, files) if text})
    if not found:
        return Finding("frequency governor", "not shown (virtual machine?)", "info")
    value = ", ".join(found)
    if found == ["performance"]:
        return Finding("frequency governor", value, "good")
    return Finding(
        "frequency governor", value, "warn", "sudo cpupower frequency-set -g performance"
    )


def clock_source(root: Path) -> Finding:
    """Tell which clock the kernel reads; a slow one is a system call each time."""
    name = _read(root / _CLOCK)
    if not name:
        return Finding("clock source", "not shown", "info")
    if name in _GOOD_CLOCKS:
        return Finding("clock source", name, "good")
    return Finding("clock source", name, "warn", f"echo tsc | sudo tee /{_CLOCK}")


def huge_pages(root: Path) -> Finding:
    """Tell whether the kernel puts huge pages together unasked, which stalls and adds memory."""
    chosen = re.search(r"\[(\w+)\]", _read(root / _HUGE_PAGES))
    if chosen is None:
        return Finding("transparent huge pages", "not shown", "info")
    if chosen[1] != "always":
        return Finding("transparent huge pages", chosen[1], "good")
    advice = f"echo madvise | sudo tee /{_HUGE_PAGES}"
    return Finding("transparent huge pages", chosen[1], "warn", advice)


def swap(root: Path) -> Finding:
    """Tell whether memory was written to swap: a page that comes back from there is a stall."""
    total = used = 0
    for line in _read(root / "proc/swaps").splitlines()[1:]:
        fields = line.split()
        total += int(fields[2]) * 1024
        used += int(fields[3]) * 1024
    figures: dict[str, Figure] = {"swap_bytes": total, "swap_used_bytes": used}
    if not total:
        return Finding("swap", "none", "good", figures=figures)
    value = f"{used / 1e6:,.0f} of {total / 1e6:,.0f} MB used"
    if used < _SWAP_USED_BYTES:
        return Finding("swap", value, "info", "sudo swapoff -a", figures)
    return Finding("swap", value, "warn", "sudo swapoff -a", figures)


def shared_memory(root: Path) -> Finding:
    """Tell whether the blocks between the lab and its workers fit in shared memory."""
    path = root / "dev/shm"
    if not os.access(path, os.W_OK):
        return Finding(
            "shared memory",
            "/dev/shm cannot be written: blocks go to the temporary folder",
            "warn",
            "sudo mount -t tmpfs -o size=1G tmpfs /dev/shm",
        )
    room = os.statvfs(path)
    free = room.f_bavail * room.f_frsize
    return Finding("shared memory", f"{free / 1e6:,.0f} MB free", *_grade_shared(free))


def _grade_shared(free: int) -> tuple[State, str | None, dict[str, Figure]]:
    figures: dict[str, Figure] = {"free_bytes": free}
    # more is better: graded by what is missing
    state = graded(-free, -_SHARED_PLENTY_BYTES, -_SHARED_SHORT_BYTES)
    advice = "sudo mount -o remount,size=1G /dev/shm (docker: --shm-size=1g)"
    return state, None if state == "good" else advice, figures


def _numbers(text: str) -> set[int]:
    """Read a kernel's list of cores: ``0-3,8``."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            found.update(range(int(first), int(last or first) + 1))
    return found
