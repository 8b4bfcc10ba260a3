"""The machine and the versions that travel with every result."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import psutil

import lab

_PACKAGES = ("numpy", "pandas", "matplotlib", "psutil", "hdrhistogram", "typer")
_SYSTEM = "/sys/devices/system"


def describe_environment() -> dict[str, object]:
    """Return cores, memory, kernel, interpreter and package versions; nothing is changed."""
    return {
        "gclab": lab.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in _PACKAGES},
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "hypervisor": "hypervisor" in _cpu_field("flags").split(),
        "clock_source": _first_line(f"{_SYSTEM}/clocksource/clocksource0/current_clocksource"),
        "frequency_governor": _governor(),
        "transparent_huge_pages": _first_line("/sys/kernel/mm/transparent_hugepage/enabled"),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _governor() -> str:
    """Return the governors of the usable cores; ``unknown`` where the machine does not show any."""
    found = {
        _first_line(f"{_SYSTEM}/cpu/cpu{core}/cpufreq/scaling_governor")
        for core in os.sched_getaffinity(0)
    }
    return ", ".join(sorted(found))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"


def _cpu_field(name: str) -> str:
    for line in _first_line("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _cpu_model() -> str:
    return _cpu_field("model name") or platform.processor() or "unknown"


def available_memory_bytes() -> int:
    """Return what this process may still take: the machine's free memory or the group's limit."""
    available = int(psutil.virtual_memory().available)
    for limit_path, used_path in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        limit, used = _first_line(limit_path), _first_line(used_path)
        if limit.isdigit() and used.isdigit():
            available = min(available, max(0, int(limit) - int(used)))
    return available
