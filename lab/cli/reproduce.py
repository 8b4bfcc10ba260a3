"""gclab reproduce: run the suite of claims, judge each by its trials, write the page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lab.cli.options import AsJson, given, print_json
from lab.cli.run import measure
from lab.findings.asked import Asked, prepare
from lab.findings.estimate import estimate
from lab.findings.judging import judge as judge_claims
from lab.plan import make_plan
from lab.report.findings import findings_json, say_estimate
from lab.report.page import output_console, show_findings, write_charts, write_findings
from lab.runner.run import describe_run
from lab.store import RunWriter, StoredRun, find_run, load_run
from strategies.errors import UsageError

QUICK = "quick"


def reproduce(
    scale: Annotated[
        str,
        typer.Option(
            help="How large: quick (10 minutes), standard (45) or full (hours); versions: for the "
            "claims about versions of Python."
        ),
    ] = QUICK,
    claim: Annotated[
        list[str] | None,
        given("Only this claim, such as L1. Repeatable. Default: all.", "-c", "--claim"),
    ] = None,
    entries: Annotated[
        str | None, given("Another size of the cache than the scale's, such as 100k.")
    ] = None,
    duration: Annotated[
        str | None, given("Another length of a trial than the scale's, such as 20s.")
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(help="Rounds of every trial.", min=1, max=1_000, show_default=False),
    ] = None,
    again: Annotated[
        int | None,
        typer.Option(
            help="Play up to so many trials once more that the machine made invalid. "
            "Default: the scale's.",
            min=0,
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, given("Folder of this run; new or empty. Default: results/reproduce-TIME.")
    ] = None,
    resume: Annotated[
        str | None, given("Go on with this run (folder, name or latest), keeping finished trials.")
    ] = None,
    judge: Annotated[
        str | None, given("Run nothing: judge this stored run again (folder, name or latest).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be run, and how long it takes.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")] = False,
) -> None:
    """Test every claim of the case study, and others: reproduced, refuted or inconclusive.

    Verdicts come from 95% intervals over fresh processes. The run's folder gets findings.json,
    FINDINGS.md, charts and a page (report.html).
    """
    new = Asked(scale, tuple(claim or ()), entries, duration, repeats, again)
    if (resume or judge) is not None:
        _refuse_beside(resume, judge, changed=new != Asked(QUICK) or out is not None)
    if judge is not None:
        stored = load_run(find_run(judge))
        _finish(Asked.from_run(stored), stored, as_json=as_json, quiet=quiet)
        return
    asked = _asked_before(resume) or new
    _, suite, fits = prepare(asked)
    progress = Console(stderr=True)
    if not quiet:
        for line in say_estimate(asked.scale, fits, estimate(suite.experiment)):
            progress.print(line, markup=False, highlight=False, soft_wrap=True)
    if dry_run:
        for trial in suite.experiment.trials:
            output_console().print(f"{trial.label}, round {trial.repeat}", markup=False)
        return
    asked = fits.settle(asked)
    plan = make_plan(suite.experiment)
    command = ["gclab", *sys.argv[1:]]
    description = {**describe_run(plan, command), "suite": asked.to_json()}
    if resume is None:
        writer = RunWriter(f"reproduce-{asked.scale}", out, description)
    else:
        writer = RunWriter.reopen(find_run(resume), description)
    stored = measure(plan, writer, quiet=quiet, again=suite.again)
    _finish(asked, stored, as_json=as_json, quiet=quiet)
    if any(not trial.ok for trial in stored.trials):
        raise typer.Exit(1)


def _refuse_beside(resume: str | None, judge: str | None, *, changed: bool) -> None:
    """Refuse options that a run which is there already has its own answers to."""
    if resume is not None and judge is not None:
        raise UsageError("--resume runs what is left, --judge runs nothing: give one of them")
    if changed:
        verb = "--judge" if resume is None else "--resume"
        raise UsageError(
            f"{verb} takes claims, sizes and folder from the stored run: leave --scale, --claim, "
            "--entries, --duration, --repeats, --again and --out out"
        )


def _asked_before(resume: str | None) -> Asked | None:
    return None if resume is None else Asked.from_run(load_run(find_run(resume)))


def _finish(asked: Asked, stored: StoredRun, *, as_json: bool, quiet: bool) -> None:
    """Judge, and write what was found beside the run."""
    claims, suite, _ = prepare(asked)
    findings = judge_claims(claims, suite, stored)
    charts = write_charts(stored)
    files = write_findings(stored, findings)
    if as_json:
        print_json(findings_json(findings))
    elif not quiet:
        show_findings(output_console(), stored, findings, [*files, *charts])
