"""Starts an interpreter once, with a few lines and a time limit, to learn what it is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import lab
from lab.pythons.environment import environment_of
from lab.pythons.model import OLDEST, Interpreter
from strategies.collector import FREE_THREADED, collector_kind
from strategies.errors import UsageError

SECONDS = 10.0
"""The longest that an interpreter may take to say what it is; a busy machine is slow to start."""


def probe(path: str, commands: tuple[str, ...] = ()) -> Interpreter:
    """Return what the interpreter at a path is.

    Raises
    ------
    UsageError
        It does not start, does not answer in time, is no Python, or is too old; in one line.
    """
    answer = _read(path, _started(path))
    try:
        name = str(answer["implementation"])
        major, minor, patch = map(int, answer["numbers"])
        kind = collector_kind(name, (major, minor, patch), gil=bool(answer["gil"]))
        interpreter = Interpreter(
            path=path,
            commands=commands or (Path(path).name,),
            implementation=name,
            version=str(answer["version"]),
            release=str(answer["release"]),
            numbers=(major, minor, patch),
            collector=kind,
            thresholds=tuple(map(int, answer["thresholds"])),
            free_threaded=kind == FREE_THREADED,
        )
    except (KeyError, TypeError, ValueError):
        raise _no_python(path) from None
    if interpreter.too_old:
        oldest = ".".join(map(str, OLDEST))
        raise UsageError(f"{path}: {interpreter.title} is too old, {oldest} or later is needed")
    return interpreter


def _started(path: str) -> subprocess.CompletedProcess[str]:
    script = Path(lab.__file__).parent / "trial" / "probe.py"
    try:
        return subprocess.run(
            [path, str(script)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment_of(path),
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{path}: no answer within {SECONDS:g} s, so no Python") from None
    except OSError as error:
        raise UsageError(f"{path}: does not start: {error.strerror}") from None


def _read(path: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    last = done.stdout.strip().splitlines()[-1:]
    try:
        answer = json.loads(last[0]) if last else None
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    said = done.stderr.strip().splitlines()[-1:]
    if done.returncode and said:
        raise UsageError(f"{path}: no Python: {said[0]}")
    raise _no_python(path)


def _no_python(path: str) -> UsageError:
    return UsageError(f"{path}: no Python: it does not say what it is")
