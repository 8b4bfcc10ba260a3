"""``gclab export``: a stored run for the tools that people already use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lab.report.export import LANES, available
from lab.report.export import export as write_export
from lab.store import find_run, load_run


def export(
    run: Annotated[str, typer.Argument(help="A run's folder, its name in results/, or 'latest'.")],
    formats: Annotated[
        list[str],
        typer.Option(
            "--format",
            "-f",
            help=f"{', '.join(available())}. Repeatable.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into. Default: RUN/export.")
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            min=1,
            help="perfetto: tracks of slow requests per trial; those that need more are left out, "
            "and counted.",
        ),
    ] = LANES,
) -> None:
    """Write a run for other tools and print the files.

    hgrm for HdrHistogram's plotters, csv and parquet tables, perfetto a trace for
    ui.perfetto.dev. Files of an earlier export are replaced, nothing else is.
    """
    stored = load_run(find_run(run))
    written = write_export(stored, formats, out or stored.folder / "export", lanes=limit)
    for path in written.files:
        sys.stdout.write(f"{path}\n")
    for note in written.notes:
        sys.stderr.write(f"- {note}\n")
