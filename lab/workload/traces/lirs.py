"""The text traces of the LIRS paper."""

from __future__ import annotations

from collections.abc import Iterator

from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    Chunk,
    Stream,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.keys import text_chunk
from lab.workload.traces.text import line_batches


@trace_format
class Lirs(TraceFormat):
    """One key a line: the traces of Jiang and Zhang, LIRS, SIGMETRICS 2002.

    White space around a key is no part of it.
    """

    name = "lirs"
    description = "text: one key a line; blank lines and lines that begin with * are ignored"

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        for lines in line_batches(stream):
            stripped = map(str.strip, lines)
            texts = [text for text in stripped if text and not text.startswith("*")]
            for start in range(0, len(texts), CHUNK_ACCESSES):
                yield text_chunk(texts[start : start + CHUNK_ACCESSES])
