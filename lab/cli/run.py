"""``gclab run``: put strategies under the same load and show what each does to tail latency."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lab.cli.asked import base_of, mix_of, overrides, pace_of, pythons_of
from lab.cli.options import AsJson, given, print_json
from lab.experiments import DEFAULT
from lab.plan import Plan, make_plan
from lab.report.live import observer
from lab.report.page import output_console, show_run, write_charts
from lab.runner.run import describe_run, run_plan
from lab.spec import build_experiment, merge
from lab.store import RunWriter, StoredRun

NOT_VALID = 5
_ADVANCED, _SERVICE = "Workload and load", "The service around the cache"


def run(
    experiment: Annotated[
        str | None,
        typer.Argument(
            help="A shipped experiment ('gclab list experiments') or a TOML file. "
            f"Default: {DEFAULT}; with -s or --trace: just those strategies.",
            show_default=False,
        ),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        given(
            "layout[:option,...][+policy[:option,...]], such as slots, slots+freeze, "
            "slots:update=in-place, slots+thresholds:5000,10,10; all: every layout. Repeatable.",
            "-s",
            "--strategy",
        ),
    ] = None,
    entries: Annotated[str | None, given("Cache size, such as 300k or 1M.")] = None,
    rate: Annotated[str | None, given("Requests per second, such as 20k.")] = None,
    duration: Annotated[str | None, given("Measured time per trial, such as 10s or 2m.")] = None,
    repeats: Annotated[int | None, given("Fresh processes per strategy, interleaved.")] = None,
    seed: Annotated[int | None, given("Root of all random choices.")] = None,
    arrivals: Annotated[
        str | None,
        given("poisson, constant or bursty:factor=5,on=20ms,off=180ms.", panel=_ADVANCED),
    ] = None,
    ramp: Annotated[
        str | None,
        given(
            "Rates instead of one, such as 5k,10k,20k: equal parts of the duration, "
            "in shuffled order.",
            panel=_ADVANCED,
        ),
    ] = None,
    closed_loop: Annotated[
        bool,
        typer.Option(
            "--closed-loop",
            help="Next request when the last is done: hides every stall from those behind it.",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    saturation: Annotated[
        bool,
        typer.Option(
            "--saturation",
            help="A closed-loop trial beside each open one: how much a strategy serves at most.",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    wait: Annotated[
        str | None, given("spin or sleep until a request is due.", panel=_ADVANCED)
    ] = None,
    popularity: Annotated[
        str | None,
        given(
            "zipf:0.99, uniform, sequential, hot-set:0.1,0.9 or latest:0.99,0.05.",
            panel=_ADVANCED,
        ),
    ] = None,
    key_space: Annotated[
        float | None, given("Keys as a multiple of the entries.", panel=_ADVANCED)
    ] = None,
    mix: Annotated[
        str | None, given("Weights of reads, acks and mentions, such as 10/50/40.", panel=_ADVANCED)
    ] = None,
    payload: Annotated[str | None, given("Payload bytes per entry.", panel=_ADVANCED)] = None,
    store: Annotated[
        str | None, given("The database behind the cache: memory, sqlite or redis.", panel=_SERVICE)
    ] = None,
    miss_penalty: Annotated[
        str | None,
        given(
            "Extra time of every load, such as 2ms: a database that is farther away.",
            panel=_SERVICE,
        ),
    ] = None,
    commit: Annotated[
        str | None,
        given("inline, or thread: commits are written by a thread of their own.", panel=_SERVICE),
    ] = None,
    workers: Annotated[
        int | None, given("Processes, each with its part of keys and entries.", panel=_SERVICE)
    ] = None,
    request_objects: Annotated[
        str | None, given("Tracked objects that each request allocates.", panel=_SERVICE)
    ] = None,
    in_flight: Annotated[
        str | None, given("Requests that stay alive while later ones are served.", panel=_SERVICE)
    ] = None,
    burst: Annotated[str | None, given("How many of those finish at once.", panel=_SERVICE)] = None,
    cycles: Annotated[
        float | None,
        given("Share of requests that leave a reference cycle, 0 to 1.", panel=_SERVICE),
    ] = None,
    python: Annotated[
        list[str] | None,
        given(
            "The workers' interpreter: a path, or a name or version of those that are found "
            "('gclab list pythons'), such as 3.14 or pypy3; all: every one. Repeatable.",
            panel=_SERVICE,
        ),
    ] = None,
    trace: Annotated[
        str | None, given("Play a recorded trace from an empty cache.", panel=_ADVANCED)
    ] = None,
    trace_format: Annotated[
        str | None, given("Its format ('gclab list traces').", panel=_ADVANCED)
    ] = None,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill",
            help="Use the trace's beginning up to fill the cache before measuring.",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Do not age the heap: its pauses are several times shorter than in service.",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    no_verify: Annotated[
        bool,
        typer.Option(
            "--no-verify",
            help="Do not compare the answers with the reference model.",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    keep_requests: Annotated[
        bool,
        typer.Option(
            "--keep-requests",
            help="Store every request (requests.npy).",
            rich_help_panel=_ADVANCED,
        ),
    ] = False,
    again: Annotated[
        int,
        typer.Option(
            help="Play up to so many trials once more that the machine made invalid.", min=0
        ),
    ] = 0,
    out: Annotated[
        Path | None, given("Folder of this run; new or empty. Default: results/EXPERIMENT-TIME.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 5 if a measurement is not valid."),
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")] = False,
) -> None:
    """Put strategies under the same open-loop load and compare their tail latency.

    Each trial is a fresh process. Results, tables and charts go into the run's folder.
    """
    name, base = base_of(experiment, plain=bool(strategy or trace))
    one_python, pythons = pythons_of(python, base)
    given = overrides(
        workload={
            "entries": entries,
            "popularity": popularity,
            "key_space": key_space,
            "mix": mix_of(mix),
            "payload_bytes": payload,
            "trace": trace,
            "trace_format": trace_format,
            "fill": fill or None,
            "fresh": fresh or None,
            "request_objects": request_objects,
            "in_flight": in_flight,
            "burst": burst,
            "cycles": cycles,
        },
        service={
            "store": store,
            "miss_penalty": miss_penalty,
            "commit": commit,
            "workers": workers,
            **one_python,
        },
        load={
            **pace_of(rate, ramp),
            "duration": duration,
            "arrivals": arrivals,
            "wait": wait,
            "closed_loop": closed_loop or None,
        },
        matrix={
            "strategy": strategy,
            "repeats": repeats,
            "closed_loop": [False, True] if saturation else None,
            **pythons,
        },
        seed=seed,
    )
    spec = build_experiment(
        name, merge(base, given), verify=not no_verify, keep_requests=keep_requests
    )
    plan = make_plan(spec)
    writer = RunWriter(name, out, describe_run(plan, ["gclab", *sys.argv[1:]]))
    stored = measure(plan, writer, quiet=quiet, again=again)
    charts = write_charts(stored)
    if as_json:
        print_json(stored.to_json())
    elif not quiet:
        show_run(output_console(), stored, charts)
    if any(not trial.ok for trial in stored.trials):
        raise typer.Exit(1)
    if strict and not stored.valid:
        raise typer.Exit(NOT_VALID)


def measure(plan: Plan, writer: RunWriter, *, quiet: bool, again: int = 0) -> StoredRun:
    """Run a plan and show how it goes; interrupted: say where the results are, exit with 130."""
    progress = Console(stderr=True)
    try:
        return run_plan(plan, writer, observer(progress, quiet=quiet), again=again)
    except KeyboardInterrupt:
        progress.print(
            f"interrupted: what was measured is in {writer.folder}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130) from None
