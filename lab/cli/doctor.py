"""``gclab doctor``: what of this machine would spoil a measurement, and what can be told apart."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Annotated

import typer
from rich.console import Console

from lab.cli.options import AsJson, print_json
from lab.report.doctor import show_examination
from lab.report.page import output_console
from lab.runner.doctor import examine


def doctor(
    seconds: Annotated[
        float, typer.Option(min=0.5, max=600, help="How long to measure the noise, twice.")
    ] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Look at the machine: what disturbs a measurement, and how large an effect must be."""
    progress = Console(stderr=True)
    status = progress.status("") if progress.is_terminal else None
    try:
        with status or nullcontext():
            examination = examine(seconds, status.update if status else lambda _: None)
    except KeyboardInterrupt:
        sys.stderr.write("gclab: interrupted\n")
        raise typer.Exit(130) from None
    if as_json:
        print_json(examination.to_json())
    else:
        show_examination(output_console(), examination)
