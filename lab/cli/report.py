"""``gclab report``: tables and charts of a stored run again."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from lab.report.page import output_console, show_run, write_charts
from lab.store import find_run, load_run


def report(
    run: Annotated[
        str, typer.Argument(help="A run's folder, its name in results/, or 'latest'.")
    ] = "latest",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON on standard output.")
    ] = False,
) -> None:
    """Print the table of a stored run and draw its charts again."""
    stored = load_run(find_run(run))
    if as_json:
        sys.stdout.write(json.dumps(stored.to_json(), indent=1) + "\n")
        return
    show_run(output_console(), stored, write_charts(stored))
