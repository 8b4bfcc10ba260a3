"""Writes every figure that the documentation quotes, from stored runs.

    python docs/figures.py [--check]

With ``--check`` nothing is written; exit code 1 if a text is not what its stored run says.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from lab.report.charts import save_all
from lab.report.page import show_run
from lab.report.view import run_view
from lab.store import load_run

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
MARKED = re.compile(
    r"(<!-- figures: gclab report (?P<run>\S+) -->\n```text\n).*?(```\n<!-- end of figures -->)",
    re.DOTALL,
)


def report(run: str) -> str:
    """Return what ``gclab report`` prints of a stored run, without the paths of its files."""
    out = io.StringIO()
    console = Console(file=out, width=120, color_system=None)
    show_run(console, load_run(ROOT / run), [])
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("run ")) + "\n"


def main() -> int:
    """Write or check README.md and the images."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    runs = [match["run"] for match in MARKED.finditer(text)]
    fresh = MARKED.sub(lambda m: m[1] + report(m["run"]) + m[3], text)
    if "--check" in sys.argv[1:]:
        if fresh != text:
            sys.stderr.write("README.md is not what its stored runs say: python docs/figures.py\n")
        return int(fresh != text)
    readme.write_text(fresh, encoding="utf-8")
    IMAGES.mkdir(exist_ok=True)
    for run in runs:
        with tempfile.TemporaryDirectory() as folder:
            for path in save_all(run_view(load_run(ROOT / run)), Path(folder)):
                if path.suffix == ".png":
                    shutil.copy(path, IMAGES / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
