"""A trace: a file and its format, read as often as wanted, always in a stream."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.workload.traces.catalogue import parse_format
from lab.workload.traces.interface import (
    Chunk,
    DamagedError,
    MalformedError,
    TraceFormat,
    TruncatedError,
)
from lab.workload.traces.opening import FileStream
from strategies.errors import UsageError

_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded trace; opening it has checked the format's options and that the file is there.

    Attributes
    ----------
    format_text
        The format as it was asked for, such as ``csv:key,time=ts``.
    """

    path: Path
    format: TraceFormat
    format_text: str

    def chunks(self) -> Iterator[Chunk]:
        """Yield the accesses from the beginning, at most 65,536 at a time.

        Raises
        ------
        UsageError
            The file is missing, empty, truncated, damaged or of another format. What is found
            late in the file is raised late: `scan` it before use.
        """
        accesses = skipped = 0
        with FileStream(self.path) as stream:
            try:
                for chunk in self.format.read(stream):
                    accesses += len(chunk.keys)
                    skipped += chunk.skipped
                    yield chunk
            except MalformedError as error:
                raise self._error(str(error)) from None
            except (TruncatedError, DamagedError) as error:
                what = "truncated" if isinstance(error, TruncatedError) else "damaged"
                raise self._error(
                    f"{what} after {accesses:,} accesses: {error}: fetch or write the file again"
                ) from None
        if accesses == 0:
            what = "empty" if self.path.stat().st_size == 0 else "holds no accesses"
            what += f" that are requests ({skipped:,} others were skipped)" if skipped else ""
            raise self._error(f"{what}: give a {self.format.name} file with at least one access")

    def _error(self, reason: str) -> UsageError:
        # A field of the file may be quoted in the reason, and may hold newlines or megabytes.
        return UsageError(f"trace {self.path}: {textwrap.shorten(reason, _LONGEST_REASON)}")


def open_trace(path: str | Path, format_text: str) -> Trace:
    """Open a trace file of the format ``name[:option,...]``; nothing of it is read yet.

    Raises
    ------
    UsageError
        An unknown format or option; the file is missing, a directory, unreadable, or compressed
        in a way that cannot be read.
    """
    trace = Trace(Path(path), parse_format(format_text), format_text)
    with FileStream(trace.path):
        return trace
