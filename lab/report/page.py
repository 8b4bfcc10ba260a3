"""Shows a stored run: table, remarks, charts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from lab.findings.model import Finding
from lab.report.describe import describe
from lab.report.findings import (
    findings_json,
    findings_markdown,
    findings_table,
    in_one_sentence,
)
from lab.report.table import remarks, run_tables
from lab.store import StoredRun, write_json
from strategies.errors import UsageError

_PIPE_WIDTH = 140
"""Columns to use where there is no terminal to fit."""


def output_console() -> Console:
    """Return standard output: as wide as its terminal, or wide enough for a table in a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)


def write_charts(stored: StoredRun) -> list[Path]:
    """Draw every chart into the run's folder; they are derived, so older ones are replaced.

    Raises
    ------
    UsageError
        The folder cannot be written.
    """
    if not os.access(stored.folder, os.W_OK):
        raise UsageError(f"cannot draw charts into {stored.folder}: it is read-only")
    # imported here: matplotlib takes half a second, which no other command should wait for
    from lab.report.charts import save_all  # noqa: PLC0415
    from lab.report.view import run_view  # noqa: PLC0415

    return save_all(run_view(stored), stored.folder / "charts")


def show_run(console: Console, stored: StoredRun, charts: list[Path]) -> None:
    """Print the table, what must be known to read it, and where the files are."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(stored.run["experiment"]["question"])
    say(describe(stored))
    for table in run_tables(stored, console.width):
        console.print(table)
    for line in remarks(stored):
        say(f"- {line}")
    for path in charts:
        if path.suffix == ".png":
            say(f"chart  {path}")
    say(f"run    {stored.folder}")


def write_findings(stored: StoredRun, findings: Sequence[Finding]) -> list[Path]:
    """Write findings.json, FINDINGS.md and the page into a run's folder; return the files."""
    # imported here: a run without findings need not wait for it
    from lab.report.html import write_page  # noqa: PLC0415

    about = [*describe(stored).splitlines(), f"Command: `{' '.join(stored.run['command'])}`"]
    json_file, text_file = stored.folder / "findings.json", stored.folder / "FINDINGS.md"
    write_json(json_file, findings_json(findings))
    text_file.write_text(findings_markdown(findings, "Findings", about), encoding="utf-8")
    return [text_file, json_file, write_page(stored, findings)]


def show_findings(
    console: Console, stored: StoredRun, findings: Sequence[Finding], files: list[Path]
) -> None:
    """Print the table of claims and verdicts, the remarks on the run, and where the files are."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(stored.run["experiment"]["question"])
    say(describe(stored))
    console.print(findings_table(findings))
    say(in_one_sentence(findings))
    for path in files:
        if path.suffix != ".svg":
            say(f"file   {path}")
    say(f"run    {stored.folder}")
