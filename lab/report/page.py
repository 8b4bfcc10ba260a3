"""Shows a stored run: table, remarks, charts."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from lab.report.describe import describe
from lab.report.table import remarks, run_tables
from lab.store import StoredRun
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
