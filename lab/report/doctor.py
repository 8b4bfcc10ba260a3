"""Shows what the doctor found: a table, and what follows from the noise."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.runner.doctor import Examination
from lab.runner.doctor.noise import SLICES, T_95
from strategies.units import format_duration

_BLANK = "-"
_PLENTY_S = 25
"""Seconds after which each slice has a p99.99."""
_STYLES = {"good": "green", "warn": "yellow", "bad": "bold red", "info": "dim"}


def findings_table(examination: Examination) -> Table:
    """Return one row per finding: name, state, value, and below it what would improve it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("looked at", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("found", overflow="fold")
    for finding in examination.findings:
        found = Text(finding.value)
        if finding.advice:
            found.append(f"\n-> {finding.advice}", style="bold")
        state = Text(finding.state, style=_STYLES[finding.state])
        table.add_row(Text(finding.name), state, found)
    return table


def effects_table(examination: Examination) -> Table:
    """Return one row per figure: its noise floor, and the smallest ratio that repeats can tell."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    table.add_column("noise floor", justify="right", no_wrap=True)
    for repeats in T_95:
        table.add_column(f"ratio told with\n{repeats} repeats", justify="right", no_wrap=True)
    for name, floor in examination.floor_ns.items():
        ratios = examination.ratios[name].values()
        table.add_row(
            name,
            _BLANK if floor is None else format_duration(floor),
            *(_BLANK if ratio is None else f"{ratio:.2f}x" for ratio in ratios),
        )
    return table


def remarks(examination: Examination) -> Iterator[str]:
    """Yield what must be known to read the second table rightly."""
    yield "a difference between strategies that is below the noise floor cannot be ranked"
    yield (
        f"ratio told: the smallest that a 95 % interval sets apart from 1, from the spread of "
        f"{SLICES} slices of {examination.seconds / SLICES:g} s; for figures near the floor"
    )
    if None in examination.floor_ns.values() or None in _ratios(examination):
        why = "fewer than 10 samples beyond it, in all or in a slice"
        yield f"{_BLANK}: {why}; --seconds {_PLENTY_S}"


def _ratios(examination: Examination) -> Iterator[float | None]:
    for by_repeats in examination.ratios.values():
        yield from by_repeats.values()


def show_examination(console: Console, examination: Examination) -> None:
    """Print both tables and the remarks."""
    console.print(findings_table(examination))
    console.print(effects_table(examination))
    for line in remarks(examination):
        console.print(f"- {line}", markup=False, highlight=False, soft_wrap=True)
