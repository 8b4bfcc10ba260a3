"""Histogram logs: one encoded histogram per interval of time, a line each (`.hlog`, V1.3).

A log that HdrHistogram's readers in Java, C and Python take as it is:

    #[Histogram log format version 1.3]
    #[StartTime: 1700000000.000 (seconds since epoch), 2023-11-14T22:13:20+00:00]
    #[BaseTime: 1700000000.000 (seconds since epoch)]
    "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
    0.000,0.100,1.234567,HISTFAAA...
    Tag=A,0.100,0.100,0.002048,HISTFAAA...

Stamps and lengths are seconds after BaseTime, the maximum is the interval's exact one in ms.
Three habits of those readers shape what is written: without BaseTime they guess from the first
row whether stamps are relative; the one in C takes no comment behind the legend and no header
line over 127 characters; the one in Python takes no negative stamp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from typing import TypeAlias

from lab.histogram.core import Histogram

StrPath: TypeAlias = str | PathLike[str]

_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
_VERSION = re.compile(r"#\[Histogram log format version 1\.\d+\]\s*")
_START_TIME = re.compile(r"#\[StartTime: *(\d+(?:\.\d+)?) ")
_BASE_TIME = re.compile(r"#\[BaseTime: *(\d+(?:\.\d+)?) ")
_NUMBER = r"(\d+(?:\.\d+)?)"
_ROW = re.compile(rf"(?:Tag=([^,\s]+),)?{_NUMBER},{_NUMBER},{_NUMBER},([A-Za-z0-9+/]+=*)\s*")
_TAG = re.compile(r"[!-+\x2d-~]+")
_YEAR_S = 365 * 24 * 3600.0
_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000


class HlogWriter:
    """Writes a histogram log line by line; each line is handed to the system at once.

    A crash of the process loses no written row; a crash of the machine may cut the last ones.

    Parameters
    ----------
    path : path-like
        The file to create.
    start_epoch_s : float
        Wall-clock time that the rows' stamps are relative to, seconds since 1970.

    Raises
    ------
    FileExistsError
        There is such a file already: a log is never overwritten.
    """

    def __init__(self, path: StrPath, start_epoch_s: float) -> None:
        start = datetime.fromtimestamp(start_epoch_s, UTC).isoformat(timespec="seconds")
        self._file = open(path, "x", encoding="ascii", buffering=1)  # noqa: SIM115
        self._file.write(
            "#[Histogram log format version 1.3]\n"
            f"#[StartTime: {start_epoch_s:.3f} (seconds since epoch), {start}]\n"
            f"#[BaseTime: {start_epoch_s:.3f} (seconds since epoch)]\n"
            f"{_LEGEND}\n"
        )

    def write(
        self, start_ns: int, length_ns: int, histogram: Histogram, tag: str | None = None
    ) -> None:
        """Write one interval.

        Parameters
        ----------
        start_ns : int
            Start of the interval after the log's start, at least 0; written in whole ms.
        length_ns : int
            Its length; written in whole ms.
        histogram : Histogram
            What was counted in it.
        tag : str, optional
            Name of the series, where a log holds several.

        Raises
        ------
        ValueError
            A negative start, or a tag that is empty, not ASCII, or has a comma or white space.
        """
        if start_ns < 0:
            raise ValueError(f"a row cannot start {-start_ns} ns before its log")
        if tag is not None and not _TAG.fullmatch(tag):
            raise ValueError(f"tag {tag!r}: must be one ASCII word without a comma")
        prefix = "" if tag is None else f"Tag={tag},"
        max_ms, max_rest_ns = divmod(histogram.max, _NS_PER_MS)
        self._file.write(
            f"{prefix}{start_ns / _NS_PER_S:.3f},{length_ns / _NS_PER_S:.3f},"
            f"{max_ms}.{max_rest_ns:06d},{histogram.encode()}\n"
        )

    def close(self) -> None:
        """Close the file. May be called again."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class HlogRow:
    """One interval of a log.

    Attributes
    ----------
    start_s : float
        Start of the interval, seconds after the log's start.
    length_s : float
        Its length in seconds.
    max_ns : int
        The largest value in nanoseconds, as exact as it was written.
    tag : str or None
        Name of the series.
    encoded : str
        The histogram as base64 text.
    """

    start_s: float
    length_s: float
    max_ns: int
    tag: str | None
    encoded: str

    def histogram(self) -> Histogram:
        """Decode the counts, the exact maximum included.

        Raises
        ------
        ValueError
            The text is damaged, or made with another range or other digits than ours.
        """
        return Histogram.decode(self.encoded, self.max_ns)


@dataclass(frozen=True, slots=True)
class Hlog:
    """A histogram log.

    Attributes
    ----------
    start_epoch_s : float
        Wall-clock time of the log's start, seconds since 1970.
    rows : tuple of HlogRow
        Its intervals in the order of the file. Intervals without values may have no row.
    truncated : bool
        The last line was cut off, as by a crash, and left out.
    """

    start_epoch_s: float
    rows: tuple[HlogRow, ...]
    truncated: bool


@dataclass(slots=True)
class _Header:
    version_seen: bool = False
    start_epoch_s: float | None = None
    base_epoch_s: float | None = None

    def take(self, line: str) -> None:
        if _VERSION.fullmatch(line):
            self.version_seen = True
        elif match := _START_TIME.match(line):
            self.start_epoch_s = float(match[1])
        elif match := _BASE_TIME.match(line):
            self.base_epoch_s = float(match[1])

    def start_s(self, path: StrPath) -> float:
        if not self.version_seen or self.start_epoch_s is None:
            lacking = "StartTime" if self.version_seen else "format version 1.x"
            raise ValueError(f"{path}: not a histogram log: no {lacking} line at its head")
        return self.start_epoch_s

    def relative_s(self, start_epoch_s: float, stamp_s: float) -> float:
        # The rule of HdrHistogram's readers: what lies a year before the start is relative to it.
        if self.base_epoch_s is None:
            self.base_epoch_s = start_epoch_s if stamp_s < start_epoch_s - _YEAR_S else 0.0
        return stamp_s + (self.base_epoch_s - start_epoch_s)


def read_hlog(path: StrPath) -> Hlog:
    """Read a histogram log, whoever wrote it; the histograms are decoded when asked for.

    A last line that a crash cut off is left out and reported in `Hlog.truncated`.

    Raises
    ------
    ValueError
        The file is not a histogram log, or a line before the last is damaged.
    """
    header = _Header()
    rows: list[HlogRow] = []
    truncated = False
    with open(path, encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#"):
                header.take(line)
                continue
            if line.startswith('"') or line.isspace():
                continue
            row = _row(line, header, header.start_s(path))
            if not line.endswith("\n") and not (row and _decodes(row)):
                truncated = True
            elif row is None:
                raise ValueError(f"{path}: line {number} is not a row of a histogram log")
            else:
                rows.append(row)
    return Hlog(header.start_s(path), tuple(rows), truncated)


def _row(line: str, header: _Header, start_epoch_s: float) -> HlogRow | None:
    match = _ROW.fullmatch(line)
    if match is None:
        return None
    tag, start_s, length_s, max_ms, encoded = match.groups()
    return HlogRow(
        start_s=header.relative_s(start_epoch_s, float(start_s)),
        length_s=float(length_s),
        max_ns=round(float(max_ms) * _NS_PER_MS),
        tag=tag,
        encoded=encoded,
    )


def _decodes(row: HlogRow) -> bool:
    try:
        row.histogram()
    except ValueError:
        return False
    return True
