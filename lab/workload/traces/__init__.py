"""Recorded traces: the keys of real accesses, streamed from a file, with their times if it has any.

One file per format; a new format is one new module in this package that decorates a
`TraceFormat` with `@trace_format`. Files may be plain, gzip or xz, whatever their names.
"""

from lab.workload.traces.catalogue import formats, parse_format
from lab.workload.traces.facts import TraceFacts, scan
from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    Chunk,
    Parameter,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.trace import Trace, open_trace

__all__ = [
    "CHUNK_ACCESSES",
    "Chunk",
    "Parameter",
    "Trace",
    "TraceFacts",
    "TraceFormat",
    "formats",
    "open_trace",
    "parse_format",
    "scan",
    "trace_format",
]
