"""Which layouts, formats and tools cannot be used here, and the command that gets each."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from lab.runner.doctor.finding import Finding
from lab.workload.traces import unavailable_formats
from lab.workload.traces.zstd import MODULES as ZSTD_MODULES
from strategies.catalogue import list_layouts
from strategies.parts.redis_server import redis_binary


def package_findings() -> Iterator[Finding]:
    """Say which layouts, formats and tools cannot be used here, and how to get them."""
    layouts = list_layouts()
    missing = [listed for listed in layouts if listed.unavailable]
    yield Finding(
        "layouts",
        f"{len(layouts) - len(missing)} of {len(layouts)} can be used",
        "info" if missing else "good",
        "pip install 'gclab[layouts]'" if missing else None,
        {"layouts": len(layouts), "unavailable": len(missing)},
    )
    for listed in missing:
        yield _missing(f"layout {listed.name}", listed.unavailable or "")
    for name, reason in unavailable_formats():
        yield _missing(f"trace format {name}", reason)
    if redis_binary() is None:
        yield _missing("redis-server", "is not installed: apt-get install redis-server")
    if not any(map(_importable, ZSTD_MODULES)):
        package = ZSTD_MODULES[-1]
        yield _missing(package, f"traces of this compression need it: pip install {package}")


def _missing(name: str, reason: str) -> Finding:
    """Turn a reason that ends in a command into the reason and the command."""
    for command in ("pip install", "apt-get install", "gclab build"):
        said, found, what = reason.partition(command)
        if found:
            return Finding(name, said.rstrip(" :"), "info", f"{command}{what}")
    return Finding(name, reason, "info")


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in is not there
        return False
