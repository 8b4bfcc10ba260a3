"""``gclab plot``: single charts of a stored run, where and in which format they are wanted."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from lab.report.page import output_console
from lab.store import find_run, load_run
from strategies.errors import UsageError

if TYPE_CHECKING:
    from lab.report.charts import RunView


class Format(StrEnum):
    """What a chart can be written as."""

    PNG = "png"
    SVG = "svg"


def plot(
    run: Annotated[
        str, typer.Argument(help="A run's folder, its name in results/, or 'latest'.")
    ] = "latest",
    chart: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A chart. Repeatable. Default: all that apply to the run.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where to write. Default: charts/ in the run.", show_default=False
        ),
    ] = None,
    format_: Annotated[
        list[Format] | None,
        typer.Option("--format", help="Repeatable. Default: both.", show_default=False),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="Say which charts there are, and draw none.")
    ] = False,
) -> None:
    """Draw charts of a stored run, and print the files that were written."""
    stored = load_run(find_run(run))
    # imported here: matplotlib takes half a second, which no other command should wait for
    from lab.report.charts import chosen, save  # noqa: PLC0415
    from lab.report.view import run_view  # noqa: PLC0415

    view = run_view(stored)
    if list_:
        output_console().print(_table(view))
        return
    charts = chosen(view, list(dict.fromkeys(chart or ())))
    formats = list(dict.fromkeys(format_ or Format))
    for path in save(charts, view, _writable(out or stored.folder / "charts"), formats):
        typer.echo(path)


def _table(view: RunView) -> Table:
    """Return the charts, and for each whether this run has the data for it."""
    from lab.report.charts import available, why_not  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("what it shows", overflow="fold")
    table.add_column("of this run", overflow="fold")
    for name, each in available().items():
        reason = why_not(each, view)
        table.add_row(name, Text(each.TITLE), Text("yes" if reason is None else f"no: {reason}"))
    return table


def _writable(folder: Path) -> Path:
    """Make a folder to write to.

    Raises
    ------
    UsageError
        That is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot draw charts into {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"cannot draw charts into {folder}: it is read-only; use --out DIR")
    return folder
