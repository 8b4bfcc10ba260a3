"""Recorded traces: the keys of real accesses, streamed from a file.

Their times, operations and sizes come with them where the format has any. One file per format; a
new format is one new module in this package that decorates a `TraceFormat` with `@trace_format`,
or a class that a package registers as an entry point (`gclab.trace_formats`). Files may be plain,
gzip, xz or zstd, whatever their names.
"""

from lab.workload.traces.catalogue import formats, parse_format, unavailable_formats
from lab.workload.traces.facts import TraceFacts, scan
from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    Chunk,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.trace import Trace, open_trace

__all__ = [
    "CHUNK_ACCESSES",
    "Chunk",
    "Trace",
    "TraceFacts",
    "TraceFormat",
    "formats",
    "open_trace",
    "parse_format",
    "scan",
    "trace_format",
    "unavailable_formats",
]
