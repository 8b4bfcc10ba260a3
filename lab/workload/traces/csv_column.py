"""Any CSV file with a header: one column holds the keys, another may hold the times."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    NAME_TRUE_FORMAT,
    Chunk,
    MalformedError,
    Stream,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.keys import text_chunk
from lab.workload.traces.text import batches, line_batches
from lab.workload.traces.times import RelativeTimes
from strategies.errors import UsageError, unknown

if TYPE_CHECKING:
    from _csv import Reader

Unit = Literal["s", "ms", "us", "ns"]
_UNIT_NS: dict[Unit, int] = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
# Beyond any date, exact in a Decimal of 28 digits, and small enough to make an int of.
_TIME_DIGITS = 19

_Record = tuple[int, str, str]
"""Line, key, and time as written (empty without a time column)."""


@trace_format
class CsvColumn(TraceFormat):
    """Comma-separated values after RFC 4180, UTF-8, a header line; blank lines are ignored.

    Parameters
    ----------
    column
        The column of the key.
    time
        The column of the time; left out: the trace has no times.
    unit
        The unit of the time.
    """

    name = "csv"
    description = "text: a header line, then one access a row, the key in the column named"

    def __init__(self, *, column: str, time: str = "", unit: Unit = "s") -> None:
        if unit != "s" and not time:
            raise UsageError("trace format csv: unit without time: add time=COLUMN")
        self.column, self.time, self.unit = column, time, unit

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        lines = (line + "\n" for batch in line_batches(stream) for line in batch)
        rows = csv.reader(lines, strict=True, skipinitialspace=True)
        times = RelativeTimes()
        try:
            for records in batches(self._records(rows), CHUNK_ACCESSES):
                yield self._chunk(records, times)
        except csv.Error as error:
            raise MalformedError(
                f"line {rows.line_num:,}: {error}: correct the line, or {NAME_TRUE_FORMAT}"
            ) from None

    def _records(self, rows: Reader) -> Iterator[_Record]:
        titles = next((row for row in rows if row), None)
        if titles is None:
            return
        header = [title.strip() for title in titles]
        key_at = _position(self.column, header)
        time_at = _position(self.time, header) if self.time else None
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise MalformedError(
                    f"line {rows.line_num:,}: {len(row)} fields where the header has "
                    f"{len(header)}: correct the line, or {NAME_TRUE_FORMAT}"
                )
            if not row[key_at]:
                raise MalformedError(
                    f"line {rows.line_num:,}: no key in column {header[key_at]!r}: "
                    "correct the line or leave it out"
                )
            yield rows.line_num, row[key_at], "" if time_at is None else row[time_at]

    def _chunk(self, records: Sequence[_Record], times: RelativeTimes) -> Chunk:
        texts = [key for _, key, _ in records]
        if not self.time:
            return text_chunk(texts)
        absolute_ns = [_time_ns(line, text, self.unit) for line, _, text in records]
        return text_chunk(
            texts, times.convert(absolute_ns, lambda index: f"line {records[index][0]:,}")
        )


def _position(name: str, header: Sequence[str]) -> int:
    if header.count(name) > 1:
        raise MalformedError(f"header: two columns are named {name!r}: rename one of them")
    if name not in header:
        raise MalformedError(str(unknown("column", name, header)))
    return header.index(name)


def _time_ns(line: int, text: str, unit: Unit) -> int:
    """Read a time exactly: as a float, today's date in seconds would be off by 200 ns."""
    try:
        value = Decimal(text)
        if value.adjusted() < _TIME_DIGITS:
            return int(value * _UNIT_NS[unit])
    except (ArithmeticError, ValueError):
        pass
    raise MalformedError(
        f"line {line:,}: time {text!r} is not a number of {unit}: correct the line, or name "
        "another column"
    )
