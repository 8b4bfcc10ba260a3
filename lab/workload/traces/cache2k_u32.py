"""The binary traces of the cache2k benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lab.workload.traces.binary import record_blocks
from lab.workload.traces.interface import Chunk, Stream, TraceFormat, trace_format

_RECORD_BYTES = 4


@trace_format
class Cache2kU32(TraceFormat):
    """Each access one key, nothing else: the format of github.com/cache2k/cache2k-benchmark."""

    name = "cache2k-u32"
    description = "binary: each access one unsigned 32-bit little-endian key; no times"

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        for block in record_blocks(stream, _RECORD_BYTES, "a key"):
            yield Chunk(np.frombuffer(block, "<u4").astype(np.int64))
