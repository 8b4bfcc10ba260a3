"""The table of a run: one row per strategy, the worst figures not to be overlooked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.analysis.summary import Row, summarise_run
from lab.store import StoredRun
from strategies.units import format_duration

_BLANK = "-"


def _duration(value: float | None) -> str:
    return _BLANK if value is None else format_duration(value)


def _percent(value: float | None) -> str:
    return _BLANK if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return _BLANK if value is None else f"{value:,.0f}"


def _ratio(value: float | None) -> str:
    if value is None:
        return _BLANK
    return f"{value:.2f}x" if value >= 0.095 else f"{value:.2g}x"


Column = tuple[str, Callable[[Row], str]]
LATENCY: tuple[Column, ...] = (
    ("p50", lambda row: _duration(row.p50_ns)),
    ("p99", lambda row: _duration(row.p99_ns)),
    ("p99.9", lambda row: _duration(row.p999_ns)),
    ("max", lambda row: _duration(row.max_ns)),
)
COST: tuple[Column, ...] = (
    ("worst GC\npause", lambda row: _duration(row.worst_pause_ns)),
    ("full\nGCs", lambda row: _number(row.full_collections)),
    ("time\npaused", lambda row: _percent(row.paused)),
    ("bytes/\nentry", lambda row: _number(row.bytes_per_entry)),
    ("CPU\nbusy", lambda row: _percent(row.busy)),
)
RATIO: tuple[Column, ...] = (("p99.9 to\nthe first", lambda row: _ratio(row.p999_ratio)),)


def run_tables(stored: StoredRun, width: int) -> list[Table]:
    """Return a stored run's table, in two parts where one would not fit the width."""
    rows = summarise_run([trial.result for trial in stored.trials])
    kind = "service time" if _closed(stored) else "response time"
    whole = _table(rows, f"strategy\n({kind})", LATENCY + COST + RATIO)
    if Console(width=1_000).measure(whole).maximum <= width:
        return [whole]
    return [
        _table(rows, f"strategy\n({kind})", LATENCY + RATIO),
        _table(rows, "strategy\n(what it costs)", COST),
    ]


def _table(rows: list[Row], head: str, columns: tuple[Column, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(head, overflow="fold")
    for name, _ in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        if row.status == "failed" and not row.good:
            table.add_row(Text(f"{row.label} (failed)"), *[_BLANK] * len(columns))
        else:
            mark = "" if row.status == "ok" else f" ({row.status})"
            table.add_row(Text(row.label + mark), *[cell(row) for _, cell in columns])
    return table


def _closed(stored: StoredRun) -> bool:
    return any(trial.result["load"]["closed_loop"] for trial in stored.trials)


def remarks(stored: StoredRun) -> Iterator[str]:
    """Yield the lines below the table: what a reader must know to read it rightly."""
    rows = summarise_run([trial.result for trial in stored.trials])
    most = max((row.trials for row in rows), default=0)
    if most == 1:
        yield "one trial per strategy: no interval can be given; --repeats 3 shows the spread"
    elif most:
        yield f"medians over {most} trials per strategy"
    if any(row.p999_ns is None and row.status != "failed" for row in rows):
        yield f"{_BLANK}: too few requests beyond it for a figure"
    for path, facts in stored.run.get("traces", {}).items():
        if what := "; ".join(_not_played_as_written(facts)):
            yield f"trace {path}: {what}"
    said: dict[tuple[str, str], list[str]] = {}
    for trial in stored.trials:
        for warning in trial.result["warnings"]:
            labels = said.setdefault((warning["code"], warning["message"]), [])
            if trial.label not in labels:
                labels.append(trial.label)
    for warning in stored.run.get("warnings", []):
        yield f"{warning['code']}: {warning['message']}"
    for (code, message), labels in said.items():
        yield f"{code} ({', '.join(labels)}): {message}"


def _not_played_as_written(facts: dict[str, Any]) -> Iterator[str]:
    """Say how the requests differ from the trace or the mix; facts as in `TraceFacts`."""
    if facts.get("has_operations"):
        yield "its own operations were played, not the mix"
    for count, what in (
        (facts.get("skipped", 0), "accesses that are no request, skipped"),
        (facts.get("hashed_keys", 0), "keys that are no 64-bit number, hashed"),
        (facts.get("collisions", 0), "keys that cannot be told from another"),
    ):
        if count:
            yield f"{what}: {count:,}"
