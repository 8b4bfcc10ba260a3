"""Makes a run of ``gclab reproduce`` small enough to be stored with the project.

    python -m benchmarks.reference RUN

Kept are what was found (findings.json, FINDINGS.md, the page), the trials' results and their
pauses; logs of latencies, slow requests, samples and charts go: they are ten times as large.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

KEPT = {"trial.json", "gc.csv"}


def shrink(run: Path) -> None:
    """Take away what is not kept."""
    shutil.rmtree(run / "charts", ignore_errors=True)
    for path in run.glob("trials/*/*"):
        if path.name not in KEPT:
            path.unlink()


if __name__ == "__main__":
    shrink(Path(sys.argv[1]))
