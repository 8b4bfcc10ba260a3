"""The lab's commands, run as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Claim = tuple[str, str, bool]
"""What was asked, what was seen, whether it holds."""

ROOT = Path(__file__).resolve().parents[2]


def gclab(*arguments: str) -> list[str]:
    """Return the command line of a verb in this environment."""
    return [sys.executable, "-m", "lab.cli", *arguments]


def run(*arguments: str, out: Path | None = None, allow: tuple[int, ...] = (0,)) -> list[Json]:
    """Run trials and return their results; keep the run's folder if ``out`` names one."""
    with tempfile.TemporaryDirectory() as folder:
        where = str(out or f"{folder}/run")
        command = gclab("run", *arguments, "--json", "--quiet", "--out", where)
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode not in allow:
        raise SystemExit(f"{' '.join(command)} exited with {done.returncode}: {done.stderr}")
    trials: list[Json] = json.loads(done.stdout)["trials"]
    return trials
