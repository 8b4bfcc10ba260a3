"""``gclab compare``: strategies of a run, or of several, with intervals and verdicts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lab.analysis.comparison import compare_runs
from lab.cli.options import AsJson, Force, print_json
from lab.report.comparison import (
    comparison_json,
    comparison_markdown,
    comparison_remarks,
    comparison_tables,
)
from lab.report.describe import describe
from lab.report.page import output_console
from lab.store import find_run, load_run
from strategies.errors import UsageError


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Runs: a folder, a name in results/, or 'latest'. The first is the reference.",
        ),
    ],
    reference: Annotated[
        str | None,
        typer.Option(
            help="The strategy (of the first run) to compare all others with. Default: of one run "
            "the first; of several each with its namesake.",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Such as p99.9, service.max, gc.max, bytes_per_entry. Repeatable.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown table for pasting.")
    ] = False,
    force: Force = False,
) -> None:
    """Say which strategy is faster, smaller or cheaper, and where that cannot be told.

    Medians and 95% intervals over repeats; ratios are paired by repeat; nothing is ranked below
    the machine's noise floor.
    """
    if as_json and markdown:
        raise UsageError("--json and --markdown: give one of them")
    stored = [load_run(find_run(run)) for run in runs]
    report = compare_runs(stored, reference, metric or (), force=force)
    if as_json:
        print_json(comparison_json(report))
        return
    if markdown:
        sys.stdout.write(comparison_markdown(report))
        return
    console = output_console()
    for line in (describe(stored[0]), *comparison_tables(report, console.width)):
        console.print(line, markup=False, highlight=False)
    for remark in comparison_remarks(report):
        console.print(f"- {remark}", markup=False, highlight=False, soft_wrap=True)
