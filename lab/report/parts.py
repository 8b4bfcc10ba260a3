"""Tables with a title above and remarks below: what reports beyond the first table are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.report.comparison import BLANK
from strategies.units import format_duration


@dataclass(frozen=True)
class Part:
    """A table with what stands above it and below it."""

    title: str
    table: Table
    remarks: Iterable[str]


def show_parts(console: Console, parts: Iterable[Part]) -> None:
    """Print tables with their titles and remarks."""
    for part in parts:
        console.print()
        console.print(part.title, markup=False, highlight=False, soft_wrap=True)
        console.print(part.table)
        for remark in part.remarks:
            console.print(f"- {remark}", markup=False, highlight=False, soft_wrap=True)


def new_table(*heads: str) -> Table:
    """Return an empty table of strategies with these columns."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("strategy", overflow="fold")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def add_row(table: Table, label: str, note: str | None, cells: Sequence[str]) -> None:
    """Add a row; without cells it is blank, and the note says why."""
    name = Text(label)
    if note:
        name.append(f"\n{note}", style="dim")
    table.add_row(name, *(Text(cell) for cell in cells or [BLANK] * (len(table.columns) - 1)))


def seconds(value: float | None) -> str:
    """Write a time in seconds with a unit that fits it."""
    return BLANK if value is None else format_duration(value * 1e9)


def percent(share: float | None) -> str:
    """Write a share of 0 to 1."""
    return BLANK if share is None else "100 %" if share == 1 else f"{100 * share:.1f} %"
