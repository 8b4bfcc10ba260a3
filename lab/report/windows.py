"""The case study's own table: what users feel with and without a spike, and what it costs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from lab.analysis.comparison import Group, groups_of, why_invalid
from lab.analysis.details import NOTHING_MEASURED
from lab.analysis.figures import TrialFigures, run_figures
from lab.report.comparison import BLANK
from lab.report.parts import Part, add_row, new_table, percent
from lab.store import StoredRun
from strategies.units import format_duration

TITLE = "Case study's table: with a full collection and without, and what it costs"


def windows_part(stored: StoredRun) -> Part:
    """Return average, p99 apart from spikes and in one, memory and processor, by strategy."""
    table = new_table(
        "mean",
        "p99\nnormal",
        "p99 in\na spike",
        "full\nGCs",
        "bytes/\nentry",
        "memory\ngrown",
        "CPU\nbusy",
    )
    figures = run_figures(stored)
    for label, group in groups_of(stored).items():
        mine = [figures[t.folder.name] for t in group.trials if t.folder.name in figures]
        if group.trials:
            add_row(table, label, None if mine else _why(group), list(_cells(mine)))
    remarks = (
        "an interval of 100 ms is of a spike if it meets a full collection or the time that the "
        "queue behind it needs, as long again; medians over valid trials",
    )
    return Part(TITLE, table, remarks)


def _why(group: Group) -> str:
    return why_invalid(group.invalid[0]) if group.invalid else NOTHING_MEASURED


def _cells(mine: Sequence[TrialFigures]) -> Iterator[str]:
    def middle(take: Callable[[TrialFigures], float | None], write: Callable[[float], str]) -> str:
        known = [value for one in mine if (value := take(one)) is not None]
        return write(statistics.median(known)) if known else BLANK

    yield middle(lambda one: one.mean_ns, format_duration)
    yield middle(lambda one: one.normal_p99_ns, format_duration)
    yield middle(lambda one: one.spike_p99_ns, format_duration)
    yield middle(lambda one: one.full_collections, lambda value: f"{value:g}")
    yield middle(lambda one: one.bytes_per_entry, lambda value: f"{value:,.0f}")
    yield middle(lambda one: one.grown_bytes, lambda value: f"{value / 1e6:,.1f} MB")
    yield middle(lambda one: one.busy_share, percent)
