"""``gclab report``: tables, charts and the page of a stored run, and what it says beyond them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.options import AsJson, given, print_json
from lab.findings.asked import Asked, prepare
from lab.findings.judging import judge
from lab.findings.model import Finding
from lab.report.details import details_json, details_parts, rates_part
from lab.report.page import output_console, show_run, write_charts
from lab.report.parts import show_parts
from lab.store import StoredRun, find_run, load_run
from strategies.errors import UsageError
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
    as_html: Annotated[
        bool,
        typer.Option(
            "--html",
            help="Write one page with everything (report.html in the run's folder), and print "
            "its path. It needs no network.",
        ),
    ] = False,
    out: Annotated[Path | None, given("With --html: the page's file, elsewhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the table of a stored run and draw its charts again."""
    if out is not None and not as_html:
        raise UsageError("--out names the file of the page: give --html as well")
    if as_html and (as_json or details or rates is not None):
        raise UsageError("--html writes the page alone: leave --json, --details and --rates out")
    wanted = _rates(rates)
    stored = load_run(find_run(run))
    if as_html:
        # imported here: the page draws, which takes half a second that no table should wait for
        from lab.report.html import write_page  # noqa: PLC0415

        typer.echo(str(write_page(stored, _findings(stored), out)))
        return
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


def _findings(stored: StoredRun) -> list[Finding]:
    """Judge the claims of a run of the suite again; other runs have none."""
    if "suite" not in stored.run:
        return []
    claims, suite, _ = prepare(Asked.from_run(stored))
    return list(judge(claims, suite, stored))


def _rates(text: str | None) -> list[float]:
    """Read rates, each once, in the order in which they were written."""
    if text is None:
        return []
    return list(dict.fromkeys(parse_number(one, "--rates") for one in text.split(",")))
