"""``gclab inspect``: what the collector sees of a strategy, without any load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.cli.options import AsJson, print_json
from lab.report.page import output_console
from lab.runner import inspect as runner
from strategies.units import format_count, format_duration, parse_count


def _duration(value: float | None) -> str:
    return "-" if value is None else format_duration(value)


def _cycles(row: dict[str, Any]) -> str:
    parts = {part: row[f"cycle_through_{part}"] for part in ("key", "value")}
    leaking = [part for part, outcome in parts.items() if outcome == "leaks"]
    if leaking:
        return f"leak ({', '.join(leaking)})"
    return "freed" if "freed" in parts.values() else "none"


def _rehash(row: dict[str, Any]) -> str:
    return "not seen" if row["rehash"] == "unseen" else _duration(row["rehash_ns"])


_COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("tracked/\nentry", lambda row: f"{row['tracked_per_entry']:.2f}"),
    ("walked", lambda row: "yes" if row["walked"] else "no"),
    ("RSS/\nentry", lambda row: f"{row['rss_bytes_per_entry']:.0f}"),
    ("traced/\nentry", lambda row: f"{row['traced_bytes_per_entry']:.0f}"),
    ("full GC\nfresh", lambda row: _duration(row["fresh_full_ns"])),
    ("full GC\naged", lambda row: _duration(row["aged_full_ns"])),
    ("aged, per\nentry", lambda row: f"{row['aged_full_ns_per_entry']:.1f} ns"),
    ("re-hash", _rehash),
    ("drop", lambda row: _duration(row["drop_ns"])),
    ("cycles", _cycles),
)
_NOTES = (
    "RSS and traced (tracemalloc): bytes. Full GC: median of collections 2 to 6, which were asked",
    "for; automatic ones were off. Re-hash: the longest insertion during one (not seen: there are",
    "some, which cannot be told from outside; -: none). Drop: close().",
    "walked: the collector goes through the container, entry by entry. Cycles through a key or a",
    "value: freed, leak, or none (the layout keeps no object of the caller).",
)


def inspect(
    strategies: Annotated[list[str], typer.Argument(help="Strategies, such as slots flat.")],
    entries: Annotated[str, typer.Option(help="Cache size, such as 200k or 1M.")] = "200k",
    payload: Annotated[int, typer.Option(help="Payload bytes per entry.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Fill a cache, age it, and show what the collector sees of it."""
    count = parse_count(entries, "--entries")
    progress = Console(stderr=True)

    def started(name: str) -> None:
        progress.print(f"{name}: filling", markup=False, highlight=False)

    found = runner.inspect(strategies, count, payload, started)
    if as_json:
        print_json(found)
    else:
        _show(output_console(), found)
    if any("error" in row for row in found["strategies"]):
        raise typer.Exit(1)


def _show(console: Console, found: dict[str, Any]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"{format_count(found['entries'])} entries", no_wrap=True)
    for title, _ in _COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    failed = []
    for row in found["strategies"]:
        if "error" in row:
            failed.append(f"{row['strategy']} failed: {row['error']}")
        else:
            table.add_row(Text(row["strategy"]), *[Text(show(row)) for _, show in _COLUMNS])
    console.print(table)
    for line in (*_NOTES, *failed):
        console.print(line, markup=False, highlight=False)
