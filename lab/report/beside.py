"""What a collector took that ran beside the requests: no pause shows it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.analysis.comparison import groups_of
from lab.report.comparison import BLANK
from lab.report.parts import Part, add_row, new_table, percent, seconds
from lab.store import StoredRun

Json = dict[str, Any]
TITLE = "Collections beside the requests: how long they were under way, and whose processor time"


def beside_parts(stored: StoredRun) -> Iterator[Part]:
    """Yield one table of the strategies with such a collector; none where no trial had one."""
    found = {
        label: [result for result in group.valid if result.get("gc_cpu")]
        for label, group in groups_of(stored).items()
    }
    if not any(found.values()):
        return
    table = new_table(
        "cycles", "under\nway", "requests\nhelped", "its own\nthreads", "in its\nstops"
    )
    for label, results in found.items():
        if results:
            add_row(table, label, None, list(_cells(results)))
    remark = (
        "under way: share of the measured time; processor time in all; medians over valid trials"
    )
    yield Part(TITLE, table, (remark,))


def _cells(results: Sequence[Json]) -> Iterator[str]:
    def middle(take: Callable[[Json], float | None]) -> float | None:
        known = [value for result in results if (value := take(result)) is not None]
        return statistics.median(known) if known else None

    cycles = middle(lambda result: result["gc"].get("cycles"))
    yield BLANK if cycles is None else f"{cycles:g}"
    yield percent(middle(_under_way))
    yield seconds(middle(lambda result: result["gc_cpu"].get("assist_s")))
    yield seconds(middle(lambda result: result["gc_cpu"].get("background_s")))
    yield seconds(middle(lambda result: result["gc_cpu"].get("pause_s")))


def _under_way(result: Json) -> float | None:
    whole = result["measured_s"] * result.get("workers", 1)
    return result["gc"].get("concurrent_ns", 0) / 1e9 / whole if whole else None
