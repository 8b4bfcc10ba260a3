"""``gclab report``: tables and charts of a stored run again, and what it says beyond them."""

from __future__ import annotations

from typing import Annotated

import typer

from lab.cli.options import AsJson, print_json
from lab.report.details import details_json, details_parts, rates_part
from lab.report.page import output_console, show_run, write_charts
from lab.report.parts import show_parts
from lab.store import find_run, load_run
from strategies.units import parse_number


def report(
    run: Annotated[
        str, typer.Argument(help="A run's folder, its name in results/, or 'latest'.")
    ] = "latest",
    details: Annotated[
        bool,
        typer.Option(
            "--details",
            help="Also spikes, minimum mutator utilisation, missed deadlines and costs.",
        ),
    ] = False,
    rates: Annotated[
        str | None,
        typer.Option(
            help="Also compute the response times at other rates, such as 5k,10k,20k: of trials "
            "run with --keep-requests.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the table of a stored run and draw its charts again."""
    wanted = _rates(rates)
    stored = load_run(find_run(run))
    if as_json:
        printed = details_json(stored, details=details, rates=wanted)
        print_json(printed)
        return
    console = output_console()
    # before anything is drawn: rates may be asked for that cannot be computed
    parts = details_parts(stored, console.width) if details else []
    parts += [rates_part(stored, wanted, console.width)] if wanted else []
    show_run(console, stored, write_charts(stored))
    show_parts(console, parts)


def _rates(text: str | None) -> list[float]:
    """Read rates, each once, in the order in which they were written."""
    if text is None:
        return []
    return list(dict.fromkeys(parse_number(one, "--rates") for one in text.split(",")))
