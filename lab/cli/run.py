"""``gclab run``: put strategies under the same load and show what each does to tail latency."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lab.cli.asked import base_of, mix_of, overrides, pace_of
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
        typer.Option(
            "-s",
            "--strategy",
            help="layout[:option,...][+policy[:option,...]], such as slots, slots+freeze, "
            "slots:update=in-place, slots+thresholds:5000,10,10; all: every layout. Repeatable.",
            show_default=False,
        ),
    ] = None,
    entries: Annotated[
        str | None, typer.Option(help="Cache size, such as 300k or 1M.", show_default=False)
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Requests per second, such as 20k.", show_default=False)
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(help="Measured time per trial, such as 10s or 2m.", show_default=False),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(help="Fresh processes per strategy, interleaved.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Root of all random choices.", show_default=False),
    ] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(
            help="poisson, constant or bursty:factor=5,on=20ms,off=180ms.",
            rich_help_panel=_ADVANCED,
            show_default=False,
        ),
    ] = None,
    ramp: Annotated[
        str | None,
        typer.Option(
            help="Rates instead of one, such as 5k,10k,20k: equal parts of the duration, "
            "in shuffled order.",
            rich_help_panel=_ADVANCED,
            show_default=False,
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
        str | None,
        typer.Option(
            help="spin or sleep until a request is due.",
            rich_help_panel=_ADVANCED,
            show_default=False,
        ),
    ] = None,
    popularity: Annotated[
        str | None,
        typer.Option(
            help="zipf:0.99, uniform, sequential or hot-set:0.1,0.9.",
            rich_help_panel=_ADVANCED,
            show_default=False,
        ),
    ] = None,
    key_space: Annotated[
        float | None,
        typer.Option(
            help="Keys as a multiple of the entries.", rich_help_panel=_ADVANCED, show_default=False
        ),
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(
            help="Weights of reads, acks and mentions, such as 10/50/40.",
            rich_help_panel=_ADVANCED,
            show_default=False,
        ),
    ] = None,
    payload: Annotated[
        str | None,
        typer.Option(
            help="Payload bytes per entry.", rich_help_panel=_ADVANCED, show_default=False
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            help="The database behind the cache: memory, sqlite or redis.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    miss_penalty: Annotated[
        str | None,
        typer.Option(
            help="Extra time of every load, such as 2ms: a database that is farther away.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    commit: Annotated[
        str | None,
        typer.Option(
            help="inline, or thread: commits are written by a thread of their own.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes, each with its part of keys and entries.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    request_objects: Annotated[
        str | None,
        typer.Option(
            help="Tracked objects that each request allocates.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    in_flight: Annotated[
        str | None,
        typer.Option(
            help="Requests that stay alive while later ones are served.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    burst: Annotated[
        str | None,
        typer.Option(
            help="How many of those finish at once.", rich_help_panel=_SERVICE, show_default=False
        ),
    ] = None,
    cycles: Annotated[
        float | None,
        typer.Option(
            help="Share of requests that leave a reference cycle, 0 to 1.",
            rich_help_panel=_SERVICE,
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        str | None,
        typer.Option(
            help="Play a recorded trace from an empty cache.",
            rich_help_panel=_ADVANCED,
            show_default=False,
        ),
    ] = None,
    trace_format: Annotated[
        str | None,
        typer.Option(
            help="Its format ('gclab list traces').", rich_help_panel=_ADVANCED, show_default=False
        ),
    ] = None,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill",
            help="Use the trace's beginning up to fill the cache before measuring.",
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
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of this run; new or empty. Default: results/EXPERIMENT-TIME.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 5 if a measurement is not valid."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON on standard output.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")] = False,
) -> None:
    """Put strategies under the same open-loop load and compare their tail latency.

    Each trial is a fresh process. Results, tables and charts go into the run's folder.
    """
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
        },
        seed=seed,
    )
    name, base = base_of(experiment, plain=bool(strategy or trace))
    spec = build_experiment(
        name, merge(base, given), verify=not no_verify, keep_requests=keep_requests
    )
    plan = make_plan(spec)
    writer = RunWriter(name, out, describe_run(plan, ["gclab", *sys.argv[1:]]))
    stored = _measure(plan, writer, quiet=quiet)
    charts = write_charts(stored)
    if as_json:
        sys.stdout.write(json.dumps(stored.to_json(), indent=1) + "\n")
    elif not quiet:
        show_run(output_console(), stored, charts)
    if any(not trial.ok for trial in stored.trials):
        raise typer.Exit(1)
    if strict and not all(trial.valid for trial in stored.trials):
        raise typer.Exit(NOT_VALID)


def _measure(plan: Plan, writer: RunWriter, *, quiet: bool) -> StoredRun:
    progress = Console(stderr=True)
    try:
        return run_plan(plan, writer, observer(progress, quiet=quiet))
    except KeyboardInterrupt:
        progress.print(
            f"interrupted: what was measured is in {writer.folder}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130) from None
