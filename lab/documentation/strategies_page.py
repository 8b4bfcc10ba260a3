"""docs/strategies.md: layouts and policies, from their declarations and one stored run of all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lab.analysis.summary import Row, summarise_run
from lab.documentation.checkout import STRATEGIES, Checkout
from lab.documentation.tables import markdown_table
from lab.report.describe import describe
from lab.store import StoredRun
from strategies.catalogue import Listed, list_layouts, list_policies
from strategies.interface import LayoutFacts, PolicyFacts
from strategies.units import format_duration

PAGE = Path("docs/strategies.md")
HEAD = """# Strategies

A strategy is a layout with a policy, `layout[:option,...][+policy[:option,...]]`. This page is
written by `gclab docs` from the layouts' own declarations and one stored run
([{run}](../{run}), `{command}`), one trial each:

    {described}

Worst stall is the longest service time of the run: how long one request stood in the way of all
others, whatever caused it. Bytes per entry is resident memory of the worker process only, without
the store: a server of its own (redis) holds its data elsewhere. One trial shows no spread and this
is a shared machine: differences of some milliseconds in the worst stall mean nothing. A p50 of
seconds says that the layout could not serve that rate at all.

## Layouts

{layouts}

## Policies

{policies}
"""
_COLUMNS = (
    *("layout", "what it is", "what the collector sees", ">bytes/entry", ">p50", ">p99.9"),
    *(">worst stall", ">full GCs", "use it", "not"),
)


def strategies_page(checkout: Checkout) -> str:
    """Return the page.

    Raises
    ------
    UsageError
        The run is not there.
    """
    stored = checkout.run(STRATEGIES).stored
    return HEAD.format(
        run=STRATEGIES,
        command=" ".join(_without_folder(stored.run["command"])),
        described=describe(stored).replace("\n", "\n    "),
        layouts=markdown_table(_COLUMNS, _layouts(stored)),
        policies=markdown_table(("policy", "what it does", "options", "its risk"), _policies()),
    )


def _without_folder(command: list[str]) -> list[str]:
    """Leave --out out: whoever repeats a command wants a folder of their own."""
    if "--out" not in command:
        return command
    at = command.index("--out")
    return command[:at] + command[at + 2 :]


def _layouts(stored: StoredRun) -> Iterator[list[str]]:
    """Yield a row per layout: what it declares, what was measured."""
    rows = {row.label: row for row in summarise_run(stored)}
    for listed in list_layouts():
        facts = listed.facts
        if isinstance(facts, LayoutFacts) and facts.eviction != "none":
            yield _row(listed, facts, rows.get(listed.name), _stall(stored, listed.name))


def _row(listed: Listed, facts: LayoutFacts, row: Row | None, stall: str) -> list[str]:
    own = "" if facts.eviction == "exact-lru" else " Evicts by a rule of its own."
    measured = [""] * 5
    if row is not None:
        measured = [
            "" if row.bytes_per_entry is None else f"{row.bytes_per_entry:,.0f}",
            _duration(row.p50.point if row.p50 else None),
            _duration(row.p999.point if row.p999 else None),
            stall,
            "" if row.full_collections is None else f"{row.full_collections:.0f}",
        ]
    return [f"`{listed.name}`", facts.summary + own, facts.sees, *measured, facts.use, facts.avoid]


def _stall(stored: StoredRun, label: str) -> str:
    """Return a layout's longest service time."""
    longest = [t.result["service_ns"]["max"] for t in stored.trials if t.label == label and t.ok]
    return _duration(max(longest)) if longest else ""


def _duration(value: float | None) -> str:
    return "" if value is None else format_duration(value)


def _policies() -> Iterator[list[str]]:
    """Yield a row per policy with its risk."""
    for listed in list_policies():
        if isinstance(listed.facts, PolicyFacts):
            options = f"`{listed.options}`" if listed.options else ""
            yield [f"`{listed.name}`", listed.facts.summary, options, listed.facts.risk]
