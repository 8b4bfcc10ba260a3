"""What the verbs' declarations share: options that mean the same everywhere, and JSON output."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON on standard output.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Compare runs of different machines or workloads, and say so."),
]


def given(text: str, *names: str, panel: str | None = None) -> Any:
    """Declare an option that has no default of its own: what is not given stays as it was."""
    return typer.Option(*names, help=text, rich_help_panel=panel, show_default=False)


def print_json(value: object) -> None:
    """Write a value to standard output, for programs."""
    sys.stdout.write(json.dumps(value, indent=1) + "\n")
