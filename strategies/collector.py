"""What this interpreter is, and what its collector is like.

Everything is asked of the interpreter; where an implementation lacks a function of the gc module,
its answer is left out.
"""

from __future__ import annotations

import gc
import platform
import sys
from collections.abc import Iterable

GENERATIONAL, INCREMENTAL = "generational", "incremental"
FREE_THREADED, INCMINIMARK = "free-threaded", "incminimark"
INCREMENTAL_SINCE, INCREMENTAL_UNTIL = (3, 14, 0), (3, 14, 4)
"""CPython's releases with the incremental collector, which 3.14.5 took back."""
GENERATIONS = "generations"
"""What a policy may need besides functions of the gc module: young collections of its own."""


def collector_kind(implementation: str, version: tuple[int, int, int], *, gil: bool) -> str:
    """Return the kind of an interpreter's collector.

    >>> collector_kind("CPython", (3, 14, 4), gil=True)
    'incremental'
    """
    if implementation == "PyPy":
        return INCMINIMARK
    if not gil:
        return FREE_THREADED
    return INCREMENTAL if INCREMENTAL_SINCE <= version <= INCREMENTAL_UNTIL else GENERATIONAL


def runtime() -> dict[str, str]:
    """Name the interpreter, its full version and the kind of its collector.

    Of PyPy the version is that of the language; ``release`` is its own.
    """
    name, version = platform.python_implementation(), platform.python_version()
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    collector = collector_kind(name, sys.version_info[:3], gil=gil)
    found = {"name": name, "version": version, "collector": collector}
    release = getattr(sys, "pypy_version_info", None)
    if release is not None:
        found["release"] = ".".join(map(str, release[:3]))
    return found


def lacking(needs: Iterable[str]) -> str | None:
    """Say what this interpreter's collector lacks of what is needed; None: nothing.

    ``needs`` are functions of the gc module, or `GENERATIONS`.
    """
    here = runtime()
    name, collector = f"{here['name']} {here['version']}", here["collector"]
    for need in needs:
        if need == GENERATIONS and collector != GENERATIONAL:
            return f"a collector with generations: that of {name} is {collector}"
        if need != GENERATIONS and not hasattr(gc, need):
            return f"gc.{need}: {name} has none"
    return None


def collector_state() -> dict[str, object]:
    """Read the collector's settings: enabled, thresholds, frozen objects, counts."""
    thresholds, counts = getattr(gc, "get_threshold", None), getattr(gc, "get_count", None)
    frozen = getattr(gc, "get_freeze_count", None)
    return {
        "enabled": gc.isenabled(),
        "thresholds": list(thresholds()) if thresholds else None,
        "frozen": frozen() if frozen else None,
        "counts": list(counts()) if counts else None,
    }


def young_count() -> int | None:
    """Return the young generation's count of net allocations; None where there is no such count."""
    counts = getattr(gc, "get_count", None)
    return None if counts is None else int(counts()[0])


def tracked_objects() -> int | None:
    """Return how many objects a full collection walks: what is frozen is not among them.

    None where all objects are listed, tracked or not.
    """
    return len(gc.get_objects()) if hasattr(gc, "is_tracked") else None
