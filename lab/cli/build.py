"""``gclab build``: compile the workers in other languages."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from lab.cli.options import AsJson, print_json
from strategies.errors import UsageError
from strategies.native.programs import PROGRAMS, Program, program_named

FAILED = 1


class Name(StrEnum):
    """What can be compiled."""

    GO = "go"
    RUST = "rust"


def build(
    program: Annotated[
        list[Name] | None,
        typer.Argument(
            help="What to compile. Default: everything that there is a toolchain for.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compile the workers in other languages, which the strategies go, rust and so on need.

    They go into the cache folder (GCLAB_CACHE, else gclab in the user's own), by their sources:
    other sources are another program. Nothing else of the lab needs them.
    """
    chosen = _chosen(program or [])
    rows = []
    for each in chosen:
        row = _built(each)
        rows.append(row)
        if "error" not in row and not as_json:
            took = f"{row['seconds']:.1f} s"
            typer.echo(f"{each.name}: {row['path']}, {took}, {row['compiler']}")
    if as_json:
        print_json(rows)
    if any("error" in row for row in rows):
        raise typer.Exit(FAILED)


def _chosen(names: list[Name]) -> list[Program]:
    """Return what is asked for; without any, what there is a toolchain for."""
    chosen = [program_named(str(name)) for name in names or PROGRAMS]
    without = [each for each in chosen if not each.has_toolchain]
    lines = [f"{each.name}: no {each.tool} here: {each.install} has it" for each in without]
    if lines and (names or len(lines) == len(chosen)):
        raise UsageError("; ".join(lines))
    for line in lines:
        _say(f"left out: {line}")
    return [each for each in chosen if each.has_toolchain]


def _built(program: Program) -> dict[str, Any]:
    """Compile one; its failure keeps none of the others from being compiled."""
    row: dict[str, Any] = {"program": program.name, "compiler": program.compiler()}
    begin = time.monotonic()
    try:
        row["path"] = str(program.build())
    except UsageError as error:
        row["error"] = str(error)
        _say(f"gclab: {error}")
    row["seconds"] = round(time.monotonic() - begin, 1)
    return row


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
