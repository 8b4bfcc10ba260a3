"""The suite of claims: how long it takes, what it decides, and whether a second run agrees."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.acceptance.commands import ROOT, Claim, gclab
from lab.findings.model import Verdict

MINUTES = 10
MEGABYTES = 5
DECIDED = ("L1", "L2", "L4", "L6", "rehash", "D2", "freeze-churn", "window")
"""Claims that the quick suite has to decide."""


def findings() -> Iterator[Claim]:
    """Run the quick suite twice."""
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for number in (1, 2):
            out = Path(folder) / str(number)
            begun = time.monotonic()
            command = gclab("reproduce", "--quiet", "--out", str(out))
            subprocess.run(command, check=True, cwd=ROOT)
            minutes = (time.monotonic() - begun) / 60
            yield f"run {number}: at most {MINUTES} minutes", f"{minutes:.1f}", minutes <= MINUTES
            runs.append(verdicts(out))
            found = {name: runs[-1][name] for name in DECIDED}
            decided = all(each != Verdict.INCONCLUSIVE for each in found.values())
            yield f"run {number}: decides {', '.join(DECIDED)}", str(found), decided
            size = (out / "report.html").stat().st_size / 1e6
            yield f"run {number}: page below {MEGABYTES} MB", f"{size:.1f} MB", size < MEGABYTES
        flips = [
            name
            for name, verdict in runs[0].items()
            if {verdict, runs[1][name]} == {Verdict.REPRODUCED, Verdict.REFUTED}
        ]
        same = sum(verdict == runs[1][name] for name, verdict in runs[0].items())
        seen = f"{same} of {len(runs[0])} the same, flipped: {', '.join(flips) or 'none'}"
        yield "no verdict flips between reproduced and refuted", seen, not flips


def verdicts(folder: Path) -> dict[str, Verdict]:
    """Return the verdict of each claim of a run."""
    stored = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return {claim["id"]: Verdict(claim["verdict"]) for claim in stored["claims"]}


CHECKS = (findings,)
"""Checks of the suite of claims."""
