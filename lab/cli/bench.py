"""``gclab bench``: what the lab itself costs."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from lab.cli.options import AsJson
from lab.runner.harness import measure_harness
from lab.runner.worker_cost import measure_workers
from strategies.errors import UsageError


class Part(StrEnum):
    """What can be measured."""

    HARNESS = "harness"


def bench(
    part: Annotated[Part, typer.Argument(help="Which part of the lab.")] = Part.HARNESS,  # noqa: ARG001
    rounds: Annotated[int, typer.Option(min=7, help="Paired slices.")] = 15,
    as_json: AsJson = False,
) -> None:
    """Measure the driver's own cost against a bare loop that reads the clock twice.

    Then, beside each other, what an operation costs in the Python worker's process and in those of
    the programs that are built: nothing is served, in a closed loop over prefilled blocks.
    """
    try:
        cost, workers = measure_harness(rounds), measure_workers(rounds)
    except PermissionError as error:
        raise UsageError(
            f"this process may not be bound to one core ({error.strerror}): allow "
            "sched_setaffinity; gclab doctor says how"
        ) from None
    if as_json:
        found = {**cost.to_json(), "workers": [worker.to_json() for worker in workers]}
        sys.stdout.write(json.dumps(found) + "\n")
        return
    typer.echo(f"driver, null layout   {cost.driver_ns:7.0f} ns per operation")
    typer.echo(f"bare loop             {cost.bare_ns:7.0f} ns per operation")
    typer.echo(f"ratio                 {cost.ratio:7.2f} (median of {rounds} paired slices)")
    for worker in workers:
        typer.echo(
            f"worker {worker.strategy:<15}{worker.ns:7.0f} ns per operation, "
            f"{worker.ratio:.2f} of the Python worker's ({worker.runtime})"
        )
