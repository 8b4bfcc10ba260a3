"""The interpreter as a worker would find it: clock, collector, environment."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from lab.runner.doctor.finding import Finding, State, graded
from lab.runner.resources import pinned_to_worker_core
from strategies.units import format_duration

_CALLS = 20_000
_CALL_WARN_NS, _CALL_BAD_NS = 250, 1_000
_RESOLUTION_WARN_NS, _RESOLUTION_BAD_NS = 1_000, 100_000
_SLOWING = (
    "PYTHONASYNCIODEBUG",
    "PYTHONDEVMODE",
    "PYTHONDUMPREFS",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONTRACEMALLOC",
)
"""Variables that change what an allocation or a call costs."""
_TELLING = ("LD_PRELOAD", "MALLOC_ARENA_MAX", "MALLOC_CONF")
_HARMLESS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8")
_ASK = (
    "import gc, json; print(json.dumps([gc.isenabled(), gc.get_threshold(), "
    "gc.get_freeze_count(), gc.get_debug()]))"
)


def interpreter_findings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the clock, pinning, the collector's settings and the environment."""
    yield timer()
    yield pinning()
    yield build()
    yield collector(_ask("-I", "-S"), _ask())
    yield variables(environment)


def timer(now: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Measure what one reading of the clock costs, and the smallest step it shows."""
    stamps = [now() for _ in range(_CALLS)]
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    return graded_timer(
        call_ns=sorted(steps)[len(steps) // 2], step_ns=min((s for s in steps if s), default=0)
    )


def graded_timer(call_ns: int, step_ns: int) -> Finding:
    """Grade a clock by the cost of one reading and its resolution, both in ns.

    The smallest step between two readings is an upper bound of the resolution: a finer clock
    cannot show less than it costs.
    """
    coarse = graded(step_ns, _RESOLUTION_WARN_NS, _RESOLUTION_BAD_NS)
    slow = graded(call_ns, _CALL_WARN_NS, _CALL_BAD_NS)
    order: tuple[State, ...] = ("bad", "warn", "good")
    state = next(state for state in order if state in (coarse, slow))
    return Finding(
        "timer",
        f"{call_ns} ns a call, steps of {format_duration(step_ns)}",
        state,
        None if state == "good" else "take a machine whose clock source is tsc",
        {"call_ns": call_ns, "step_ns": step_ns},
    )


def pinning() -> Finding:
    """Try whether a process may be bound to one core; this one is set free again."""
    try:
        with pinned_to_worker_core():
            pass
    except OSError as error:
        return Finding(
            "pinning",
            f"refused: {error.strerror}",
            "bad",
            "allow sched_setaffinity: docker run --security-opt seccomp=unconfined ...",
        )
    return Finding("pinning", "works", "good")


def build() -> Finding:
    """Name the interpreter; one that was built for debugging measures its own checks."""
    name = f"{platform.python_implementation()} {platform.python_version()}"
    if hasattr(sys, "gettotalrefcount"):
        return Finding("interpreter", f"{name}, debug build", "bad", "take a release build")
    return Finding("interpreter", name, "info")


def _ask(*options: str) -> list[Any] | None:
    """Ask a fresh interpreter for its collector's settings; None if it does not answer."""
    try:
        done = subprocess.run(
            [sys.executable, *options, "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        answer: list[Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer


def collector(plain: list[Any] | None, here: list[Any] | None) -> Finding:
    """Compare the collector that a worker starts with, with that of an untouched interpreter.

    Both are ``[enabled, thresholds, freeze count, debug flags]``. They differ where a
    ``sitecustomize`` or a ``.pth`` file of some package changes the settings of every process.
    """
    if plain is None or here is None:
        return Finding("collector", "not shown: the interpreter did not answer", "info")
    enabled, thresholds, frozen, debug = here
    value = f"{'on' if enabled else 'off'}, thresholds {thresholds}, {frozen} frozen"
    if debug:
        value += f", debug flags {debug}"
    figures = {
        "enabled": enabled,
        "thresholds": ",".join(map(str, thresholds)),
        "frozen": frozen,
        "debug_flags": debug,
    }
    # what is imported at start-up may be frozen at start-up: its number tells nothing
    if (enabled, thresholds, debug) == (plain[0], plain[1], plain[3]) and bool(frozen) == bool(
        plain[2]
    ):
        return Finding("collector", f"{value}: as built", "good", figures=figures)
    return Finding(
        "collector",
        f"{value}: changed at start-up",
        "warn",
        f"find what changes it: {sys.executable} -X importtime -c '' 2>&1 | grep -i custom",
        figures,
    )


def variables(environment: Mapping[str, str]) -> Finding:
    """Name the variables that reach every worker and change what it does."""
    slowing = sorted(name for name in _SLOWING if environment.get(name))
    telling = sorted(
        name
        for name in environment
        if name in _TELLING or (name.startswith("PYTHON") and name not in (*_SLOWING, *_HARMLESS))
    )
    said = ", ".join(f"{name}={environment[name]}" for name in (*slowing, *telling))
    if slowing:
        return Finding("environment", said, "warn", f"unset {' '.join(slowing)}")
    return Finding("environment", said or "nothing that matters", "info" if said else "good")
