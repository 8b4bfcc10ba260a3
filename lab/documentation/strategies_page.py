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

The percentiles are of response time, from when a request was due: one that waited behind a stall
counts. Worst stall is the longest service time of the run, from start to finish: how long one
request stood in the way of all others, whatever caused it. So a p99.9 may be longer than the worst
stall, where one stall followed another or the rate was too high. Bytes per entry is resident memory
of the worker process only, without the store: a server of its own (redis) holds its data elsewhere.
One trial shows no spread and this is a shared machine: differences of some milliseconds in the
worst stall mean nothing. A p50 of seconds says that the layout could not serve that rate at all.
Re-hashes that are not seen are among the stalls, and no cause is given for them.

## Layouts

{layouts}

## Policies

{policies}
"""
_BLANK = "-"
_COLUMNS = (
    *("layout", "what it is", "what the collector sees", ">bytes/entry"),
    *(">p50 (response)", ">p99.9 (response)", ">worst stall (service)", ">full GCs"),
    *("use it", "not"),
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
            row = rows.get(listed.name)
            if row is None:
                measured = [_why_absent(stored, listed.name), *[_BLANK] * 4]
            else:
                measured = _measured(row, _stall(stored, listed.name))
            yield _row(listed, facts, measured)


def _row(listed: Listed, facts: LayoutFacts, measured: list[str]) -> list[str]:
    what = [facts.summary]
    if facts.eviction != "exact-lru":
        what.append("Evicts by a rule of its own.")
    if facts.rehash == "unseen":
        what.append("Its re-hashes are not seen.")
    return [f"`{listed.name}`", " ".join(what), facts.sees, *measured, facts.use, facts.avoid]


def _measured(row: Row, stall: str) -> list[str]:
    """Return the cells of bytes per entry, p50, p99.9, worst stall and full collections."""
    if row.status == "failed" and not row.valid:
        return ["its trial failed", *[_BLANK] * 4]
    return [
        _BLANK if row.bytes_per_entry is None else f"{row.bytes_per_entry:,.0f}",
        _duration(row.p50.point if row.p50 else None),
        _duration(row.p999.point if row.p999 else None),
        stall,
        _BLANK if row.full_collections is None else f"{row.full_collections:.0f}",
    ]


def _why_absent(stored: StoredRun, name: str) -> str:
    """Say why a layout has no trial in the run."""
    missing = stored.run["experiment"].get("unavailable", ())
    if any(reason.startswith(f"layout {name!r}") for reason in missing):
        return "could not be run there"
    return "not in that run"


def _stall(stored: StoredRun, label: str) -> str:
    """Return a layout's longest service time."""
    longest = [t.result["service_ns"]["max"] for t in stored.trials if t.label == label and t.ok]
    return _duration(max(longest) if longest else None)


def _duration(value: float | None) -> str:
    return _BLANK if value is None else format_duration(value)


def _policies() -> Iterator[list[str]]:
    """Yield a row per policy with its risk."""
    for listed in list_policies():
        if isinstance(listed.facts, PolicyFacts):
            options = f"`{listed.options}`" if listed.options else ""
            yield [f"`{listed.name}`", listed.facts.summary, options, listed.facts.risk]
