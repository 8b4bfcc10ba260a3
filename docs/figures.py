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
from lab.report.details import details_parts, show_parts
from lab.report.page import show_run
from lab.report.view import run_view
from lab.store import load_run

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PAGES = ("README.md", "docs/reading-results.md")
MARKED = re.compile(
    r"(<!-- figures: gclab report (?P<run>\S+)(?P<details> --details)? -->\n```text\n)"
    r".*?(?P<end>```\n<!-- end of figures -->)",
    re.DOTALL,
)
DETAILS_WIDTH = 100


def report(run: str) -> str:
    """Return what ``gclab report`` prints of a stored run, without the paths of its files."""
    out = io.StringIO()
    console = Console(file=out, width=120, color_system=None)
    show_run(console, load_run(ROOT / run), [])
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("run ")) + "\n"


def details(run: str) -> str:
    """Return the tables that ``gclab report --details`` adds, without their remarks."""
    out = io.StringIO()
    console = Console(file=out, width=DETAILS_WIDTH, color_system=None)
    show_parts(console, details_parts(load_run(ROOT / run), DETAILS_WIDTH))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("- ")) + "\n"


def quoted(match: re.Match[str]) -> str:
    """Return a marked text as its run has it now."""
    figures = details if match["details"] else report
    return match[1] + figures(match["run"]) + match["end"]


def main() -> int:
    """Write or check the pages and the images."""
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
    fresh = {page: MARKED.sub(quoted, text) for page, text in texts.items()}
    if "--check" in sys.argv[1:]:
        stale = [page for page in PAGES if fresh[page] != texts[page]]
        for page in stale:
            sys.stderr.write(f"{page} is not what its stored runs say: python docs/figures.py\n")
        return int(bool(stale))
    for page, text in fresh.items():
        (ROOT / page).write_text(text, encoding="utf-8")
    IMAGES.mkdir(exist_ok=True)
    for run in dict.fromkeys(m["run"] for text in texts.values() for m in MARKED.finditer(text)):
        with tempfile.TemporaryDirectory() as folder:
            for path in save_all(run_view(load_run(ROOT / run)), Path(folder)):
                if path.suffix == ".png":
                    shutil.copy(path, IMAGES / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
