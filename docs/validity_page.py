"""Writes docs/validity.md from the table of warnings in lab/validity/codes.py.

    python docs/validity_page.py [--check]

With ``--check`` nothing is written; exit code 1 if the page is not what the table says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from lab.validity import CODES, Code

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "validity.md"
HEAD = """# When a measurement is not valid

Every trial is checked before its figures are shown. What is found is a warning with a code, the
figure, the threshold and what to do about it: below the table of a run, and in `trial.json` under
`warnings`. This page is written by `python docs/validity_page.py` from the one table of codes,
`lab/validity/codes.py`.
"""
INVALIDATING = """## What invalidates a trial

Such a trial is shown with its figures and its reason and is never ranked; under `--strict` the run
exits with 5. Where there is a threshold, a value up to it is a note only.
"""
NOTES = """## What is worth knowing

Notes: the figures are what happened, and these are the circumstances. A noisy machine widens what
cannot be told apart and makes no trial wrong.
"""


def table(codes: Iterable[Code]) -> str:
    """Return a row per code."""
    lines = ["| code | what it says | above | what to do | source |", "|---|---|---|---|---|"]
    for code in codes:
        above = " ".join(filter(None, (number(code.threshold), code.unit)))
        cells = [f"`{code.code}`", code.meaning, above, code.advice, code.source]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def number(threshold: float | None) -> str:
    """Write a threshold, or nothing."""
    return "" if threshold is None else f"{threshold:g}"


def page() -> str:
    """Return the page."""
    invalidating = [code for code in CODES.values() if code.invalidates]
    notes = [code for code in CODES.values() if not code.invalidates]
    return "\n".join([HEAD, INVALIDATING, table(invalidating), NOTES, table(notes)])


def main() -> int:
    """Write or check the page."""
    fresh = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh
        if not same:
            sys.stderr.write(
                "docs/validity.md is not what lab/validity says: python docs/validity_page.py\n"
            )
        return int(not same)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
