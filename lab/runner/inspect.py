"""Inspects strategies, each in fresh processes on the worker's core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lab
from lab.environment import available_memory_bytes
from lab.runner.process import QUIET_LIBRARIES
from lab.runner.resources import Cores
from strategies.catalogue import parse
from strategies.errors import UsageError
from strategies.units import format_count

SCHEMA = 1
_BESIDE_BYTES = 250
"""Per entry: the keys in two orders, tracemalloc's own records, the set of what was reached."""


def inspect(
    names: list[str], entries: int, payload_bytes: int, started: Callable[[str], None]
) -> dict[str, Any]:
    """Fill each strategy's layout and collect what there is to see of it.

    Two processes per strategy: one for times, objects and RSS, one for tracemalloc, which slows
    the process that it watches. ``started`` is told the name of each strategy first.

    Returns
    -------
    dict
        ``{"schema", "entries", "strategies": [...]}``; a strategy that failed has ``error``.

    Raises
    ------
    UsageError
        An unknown strategy, one that is not served in Python, or one that does not fit in memory;
        before anything is measured.
    """
    for name in names:
        _check(name, entries, payload_bytes)
    found = []
    with Cores().for_workers(1) as placement:
        (cpu,) = placement.cpus
        for name in names:
            started(name)
            spec = {"strategy": name, "entries": entries, "payload_bytes": payload_bytes}
            seen = _ask({**spec, "cpu": cpu, "traced": False})
            if "error" not in seen:
                seen |= _ask({**spec, "cpu": cpu, "traced": True})
            found.append({"strategy": name, **seen})
    return {"schema": SCHEMA, "entries": entries, "strategies": found}


def _check(name: str, entries: int, payload_bytes: int) -> None:
    facts = parse(name).layout_facts
    if facts.program:
        raise UsageError(
            f"{name} is served by a program in another language: gclab inspect looks into Python's "
            "memory; 'gclab run' shows its bytes per entry and its collector's cycles"
        )
    per_entry = facts.bytes_per_entry + payload_bytes + _BESIDE_BYTES
    need, there = entries * per_entry, available_memory_bytes()
    if need > 0.9 * there:
        raise UsageError(
            f"{name} with {format_count(entries)} entries needs about {need / 1e9:.1f} GB, "
            f"{there / 1e9:.1f} GB are available: take fewer --entries"
        )


def _ask(spec: dict[str, Any]) -> dict[str, Any]:
    folder = str(Path(lab.__file__).parents[1])
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lab.trial.inspect"],
        input=json.dumps(spec) + "\n",
        env={**os.environ, **QUIET_LIBRARIES, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        return {"error": f"the process ended with exit code {done.returncode}: {last[0]}"}
    return answer
