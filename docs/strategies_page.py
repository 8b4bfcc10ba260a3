"""Writes docs/strategies.md from a stored run of every layout.

    python docs/strategies_page.py [--check]

The run is results/reference/strategies, made by ``gclab run -s all --entries 200k --duration 5s``.
With ``--check`` nothing is written; exit code 1 if the page is not what the run says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lab.analysis.summary import Row, summarise_run
from lab.report.describe import describe
from lab.store import StoredRun, load_run
from strategies.catalogue import Listed, list_layouts, list_policies
from strategies.interface import LayoutFacts, PolicyFacts
from strategies.units import format_duration

ROOT = Path(__file__).resolve().parents[1]
RUN = "results/reference/strategies"
PAGE = ROOT / "docs" / "strategies.md"
HEAD = """# Strategies

A strategy is a layout with a policy, `layout[:option,...][+policy[:option,...]]`. This page is
written by `python docs/strategies_page.py` from the layouts' own declarations and one stored run
([{run}](../{run}), `gclab run -s all --entries 200k --duration 5s`), one trial each:

    {described}

Worst stall is the longest service time of the run: how long one request stood in the way of all
others, whatever caused it. Bytes per entry is resident memory of the worker process only, without
the store: a server of its own (redis) holds its data elsewhere. One trial shows no spread and this
is a shared machine: differences of some milliseconds in the worst stall mean nothing. A p50 of
seconds says that the layout could not serve that rate at all.
"""


def duration(value: float | None) -> str:
    """Write a duration, or nothing."""
    return "" if value is None else format_duration(value)


def stall(stored: StoredRun, label: str) -> str:
    """Return a layout's longest service time."""
    longest = [t.result["service_ns"]["max"] for t in stored.trials if t.label == label and t.ok]
    return duration(max(longest)) if longest else ""


def layouts_table(stored: StoredRun) -> str:
    """Return a row per layout: what it declares, what was measured."""
    rows = {row.label: row for row in summarise_run(stored)}
    lines = [
        "| layout | what it is | what the collector sees | bytes/entry | p50 | p99.9 | worst stall "
        "| full GCs | use it | not |",
        "|---|---|---|---:|---:|---:|---:|---:|---|---|",
    ]
    for listed in list_layouts():
        facts = listed.facts
        if isinstance(facts, LayoutFacts) and facts.eviction != "none":
            lines.append(line(listed, facts, rows.get(listed.name), stall(stored, listed.name)))
    return "\n".join(lines)


def line(listed: Listed, facts: LayoutFacts, row: Row | None, worst: str) -> str:
    """Return one row of the table."""
    own = "" if facts.eviction == "exact-lru" else " Evicts by a rule of its own."
    measured = (
        [""] * 5
        if row is None
        else [
            "" if row.bytes_per_entry is None else f"{row.bytes_per_entry:,.0f}",
            duration(row.p50.point if row.p50 else None),
            duration(row.p999.point if row.p999 else None),
            worst,
            "" if row.full_collections is None else f"{row.full_collections:.0f}",
        ]
    )
    cells = [f"`{listed.name}`", facts.summary + own, facts.sees, *measured, facts.use, facts.avoid]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def policies_table() -> str:
    """Return a row per policy with its risk."""
    lines = ["| policy | what it does | options | its risk |", "|---|---|---|---|"]
    for listed in list_policies():
        if isinstance(listed.facts, PolicyFacts):
            options = f"`{listed.options}`" if listed.options else ""
            lines.append(
                f"| `{listed.name}` | {listed.facts.summary} | {options} | {listed.facts.risk} |"
            )
    return "\n".join(lines)


def page() -> str:
    """Return the page."""
    stored = load_run(ROOT / RUN)
    described = describe(stored).replace("\n", "\n    ")
    return "\n".join(
        [
            HEAD.format(run=RUN, described=described),
            "## Layouts\n",
            layouts_table(stored),
            "\n## Policies\n",
            policies_table(),
            "",
        ]
    )


def main() -> int:
    """Write or check the page."""
    fresh = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh
        if not same:
            sys.stderr.write(
                "docs/strategies.md is not what its run says: python docs/strategies_page.py\n"
            )
        return int(not same)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
