"""docs/validity.md: the warnings, from the table in lab/validity/codes.py."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lab.documentation.tables import markdown_table
from lab.validity import CODES, Code

PAGE = Path("docs/validity.md")
HEAD = """# When a measurement is not valid

Every trial is checked before its figures are shown. What is found is a warning with a code, the
figure, the threshold and what to do about it: below the table of a run, and in `trial.json` under
`warnings`. This page is written by `gclab docs` from the one table of codes,
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


def validity_page() -> str:
    """Return the page."""
    invalidating = [code for code in CODES.values() if code.invalidates]
    notes = [code for code in CODES.values() if not code.invalidates]
    return "\n".join([HEAD, INVALIDATING, _table(invalidating), NOTES, _table(notes)])


def _table(codes: Iterable[Code]) -> str:
    rows = [
        [
            f"`{code.code}`",
            code.meaning,
            " ".join(filter(None, (_number(code.threshold), code.unit))),
            code.advice,
            code.source,
        ]
        for code in codes
    ]
    columns = ("code", "what it says", "above", "what to do", "source")
    return markdown_table(columns, rows) + "\n"


def _number(threshold: float | None) -> str:
    return "" if threshold is None else f"{threshold:g}"
