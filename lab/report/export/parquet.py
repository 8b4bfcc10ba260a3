"""The tables of the format ``csv`` as Parquet files, typed: whole numbers stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from lab.report.export.model import ExportFile, Note
from lab.report.export.tables import tables
from lab.store import StoredRun

NAME = "parquet"
TITLE = "the tables of csv, typed, for pandas, DuckDB, Polars, Spark"
PACKAGE = "pyarrow"


def parts(stored: StoredRun, lanes: int) -> Iterator[ExportFile | Note]:  # noqa: ARG001
    """Yield one file per table."""
    for name, table in tables(stored):
        if isinstance(table, Note):
            yield table
            continue
        buffer = BytesIO()
        table.to_parquet(buffer, engine="pyarrow", index=False)
        yield ExportFile(f"{name}.parquet", buffer.getvalue())
