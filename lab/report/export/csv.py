"""CSV tables: a row per trial with all its figures, and its events, each with the trial's name."""

from __future__ import annotations

from collections.abc import Iterator

from lab.report.export.model import ExportFile, Note
from lab.report.export.tables import tables
from lab.store import StoredRun

NAME = "csv"
TITLE = "tables: figures of each trial, GC pauses, slow requests, resources, machine stalls"
PACKAGE = None


def parts(stored: StoredRun, lanes: int) -> Iterator[ExportFile | Note]:  # noqa: ARG001
    """Yield one file per table."""
    for name, table in tables(stored):
        if isinstance(table, Note):
            yield table
            continue
        text = table.to_csv(index=False, lineterminator="\n")
        yield ExportFile(f"{name}.csv", text.encode("utf-8"))
