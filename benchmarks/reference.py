"""Makes a run small enough to be stored with the project.

    python -m benchmarks.reference RUN

Kept are what was found (findings.json, FINDINGS.md, the page), the trials' results, compactly, and
their full collections; logs of latencies, slow requests, samples, young collections and charts go:
they are ten times as large. The command that made the run loses the folder that it wrote to and the
way in which it printed.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

KEPT = {"trial.json", "gc.csv"}
_FULL = 2


def shrink(run: Path) -> None:
    """Take away what is not kept."""
    shutil.rmtree(run / "charts", ignore_errors=True)
    for path in run.glob("trials/*/*"):
        if path.name not in KEPT:
            path.unlink()
    for path in run.glob("trials/*/gc.csv"):
        _keep_full(path)
    for path in run.glob("**/*.json"):
        _write(path, json.loads(path.read_text(encoding="utf-8")))


def plain_command(run: Path) -> None:
    """Take the folder that a run was written to out of the command that made it."""
    path = run / "run.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    words = [word for word in stored["command"] if word not in ("--quiet", "--json")]
    if "--out" in words:
        at = words.index("--out")
        del words[at : at + 2]
    stored["command"] = words
    _write(path, stored)


def _keep_full(path: Path) -> None:
    head, *rows = path.read_text(encoding="ascii").splitlines()
    place = head.split(",").index("generation")
    full = [row for row in rows if int(row.split(",")[place]) >= _FULL]
    path.write_text("\n".join([head, *full]) + "\n", encoding="ascii")


def _write(path: Path, stored: object) -> None:
    path.write_text(json.dumps(stored, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    plain_command(folder)
    shrink(folder)
