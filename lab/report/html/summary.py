"""The table of the run, as ``gclab report`` prints it, and what must be known to read it."""

from __future__ import annotations

from collections.abc import Sequence

from lab.analysis.summary import Row, noise_floor, summarise_run
from lab.report.comparison import BLANK
from lab.report.html.markup import Child, Markup, el, lines, table
from lab.report.table import (
    COST,
    FLOOR,
    LATENCY,
    RATIO,
    WHY,
    Column,
    remarks,
    runtime_column,
)
from lab.store import StoredRun
from strategies.units import format_duration

_COLUMNS = LATENCY + WHY + COST + RATIO


def summary_table(stored: StoredRun, *, closed_loop: bool) -> Markup:
    """Return a row per strategy, and one for the machine's own noise."""
    floor, found = noise_floor(stored), summarise_run(stored)
    columns = runtime_column(found) + _COLUMNS
    noise = [of_floor(floor) if of_floor else None for _, _, of_floor in columns]
    last: list[Child] = ["" if value is None else format_duration(value) for value in noise]
    rows = [_row(row, columns) for row in found]
    if any(value is not None for value in noise):
        rows.append([FLOOR, *last])
    kind = "service time" if closed_loop else "response time"
    return table(
        f"Strategies side by side: {kind}, pauses of the collector, and costs",
        ["strategy", *(lines(name) for name, _, _ in columns)],
        rows,
        class_="summary",
    )


def _row(row: Row, columns: Sequence[Column]) -> list[Child]:
    if row.status == "failed" and not row.valid:
        return [f"{row.label} (failed)", *[BLANK] * len(columns)]
    mark = "" if row.status == "ok" else f" ({row.status})"
    return [row.label + mark, *(_cell(cell(row)) for _, cell, _ in columns)]


def _cell(text: str) -> Child:
    """Return a figure, and below it, smaller, what qualifies it."""
    first, _, rest = text.partition("\n")
    return [first, el("small", lines(rest))] if rest else first


def remark_list(stored: StoredRun) -> Markup:
    """Return what a reader must know to read the table rightly."""
    return el("ul", [el("li", line) for line in remarks(stored)])
