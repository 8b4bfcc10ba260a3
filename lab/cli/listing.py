"""``gclab list``: what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.cli.options import AsJson, print_json
from lab.experiments import experiment_names, read_experiment
from lab.pythons import found
from lab.pythons.places import VARIABLE
from lab.workload.traces import formats, unavailable_formats
from strategies.catalogue import Listed, list_layouts, list_policies
from strategies.interface import LayoutFacts, PolicyFacts


class What(StrEnum):
    """What can be listed."""

    STRATEGIES = "strategies"
    EXPERIMENTS = "experiments"
    POLICIES = "policies"
    TRACES = "traces"
    PYTHONS = "pythons"


def list_(
    what: Annotated[What, typer.Argument(help="What to list.")],
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more about each.")] = False,
    as_json: AsJson = False,
) -> None:
    """List strategies, experiments, policies, trace formats or Python interpreters."""
    rows = _LISTS[what](verbose)
    if as_json:
        print_json(rows)
        return
    console = Console()
    console.print(_in_paragraphs(rows) if verbose else _in_columns(rows))
    for line in _NOTES.get(what, ()):
        console.print(line, markup=False, highlight=False)


def _in_columns(rows: list[dict[str, str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = [name for name in rows[0] if any(row[name] for row in rows)]
    for column in shown:
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for row in rows:
        table.add_row(*[Text(row[name]) for name in shown])
    return table


def _in_paragraphs(rows: list[dict[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        for name, value in row.items():
            if value:
                table.add_row(Text(name), Text(value, style="bold" if name == "name" else ""))
        table.add_section()
        table.add_row("", "")
    return table


def _listed(found: Listed, verbose: bool) -> dict[str, str]:
    row = {
        "name": found.name,
        "what it is": f"unavailable: {found.unavailable}"
        if found.unavailable or not found.facts
        else found.facts.summary,
        "options": found.options.replace(",", " "),
        "package": found.package or "",
    }
    if verbose and isinstance(found.facts, LayoutFacts):
        row["the collector sees"] = found.facts.sees
        row["eviction"] = found.facts.eviction
        row["re-hashes"] = found.facts.rehash
    if verbose and isinstance(found.facts, PolicyFacts):
        row["risk"] = found.facts.risk
    return row


def _strategies(verbose: bool) -> list[dict[str, str]]:
    return [_listed(found, verbose) for found in list_layouts()]


def _policies(verbose: bool) -> list[dict[str, str]]:
    return [_listed(found, verbose) for found in list_policies()]


def _experiments(verbose: bool) -> list[dict[str, str]]:
    rows = []
    for name in experiment_names():
        _, raw = read_experiment(name)
        row = {"name": name, "question": str(raw.get("question", ""))}
        if verbose:
            row["expected"] = str(raw.get("expect", ""))
        rows.append(row)
    return rows


def _traces(verbose: bool) -> list[dict[str, str]]:  # noqa: ARG001 - one way to list them
    there = [
        {"name": kind.name, "format": kind.usage(), "what it is": kind.description}
        for kind in formats()
    ]
    return there + [
        {"name": name, "format": "", "what it is": f"unavailable: {reason}"}
        for name, reason in unavailable_formats()
    ]


def _pythons(verbose: bool) -> list[dict[str, str]]:
    there = found()
    rows = []
    for one in there.usable:
        row = {
            "name": there.name_of(one),
            "what it is": one.title + (f" ({one.release})" if one.release else ""),
            "collector": one.collector,
            "thresholds": ",".join(map(str, one.thresholds)),
            "path": one.path,
        }
        if verbose:
            row["also called"] = " ".join(one.commands)
        rows.append(row)
    blank = dict.fromkeys(rows[0], "")
    return rows + [
        {**blank, "what it is": f"unavailable: {reason}", "path": path}
        for path, reason in there.unusable
    ]


_LISTS: dict[What, Callable[[bool], list[dict[str, str]]]] = {
    What.STRATEGIES: _strategies,
    What.EXPERIMENTS: _experiments,
    What.POLICIES: _policies,
    What.TRACES: _traces,
    What.PYTHONS: _pythons,
}
_NOTES = {
    What.STRATEGIES: (
        "A strategy is layout[:option,...][+policy[:option,...]]: slots, slots+freeze,",
        "slots:update=in-place, or a file that declares a layout: ./ring.py+freeze.",
        "Policies: gclab list policies",
    ),
    What.POLICIES: ("Used as LAYOUT+POLICY: slots+freeze, slots+thresholds:5000,10,10",),
    What.PYTHONS: (
        "Used as gclab run --python NAME; the first is the one that gclab runs in.",
        f"Others: give a path, or name their folders in {VARIABLE}.",
    ),
    What.TRACES: ("Plain, gzip, xz or zstd: gclab run --trace FILE --trace-format FORMAT",),
}
