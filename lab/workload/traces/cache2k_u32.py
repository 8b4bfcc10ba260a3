"""The binary traces of the cache2k benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    NAME_TRUE_FORMAT,
    Chunk,
    MalformedError,
    Stream,
    TraceFormat,
    TruncatedError,
    trace_format,
)

_RECORD_BYTES = 4
_TEXT_BYTES = 64 * 1024
_TEXT = bytes([*b"\t\n\r", *range(0x20, 0x7F)])


@trace_format
class Cache2kU32(TraceFormat):
    """Each access one key, nothing else: the format of github.com/cache2k/cache2k-benchmark."""

    name = "cache2k-u32"
    description = "binary: each access one unsigned 32-bit little-endian key; no times"

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        done_bytes = 0
        rest_bytes = 0
        for block in stream.blocks(_RECORD_BYTES * CHUNK_ACCESSES):
            if done_bytes == 0 and not block[:_TEXT_BYTES].translate(None, _TEXT):
                raise MalformedError(
                    f"looks like text, and {self.name} is binary: "
                    f"{NAME_TRUE_FORMAT}, such as lirs or csv:COLUMN"
                )
            rest_bytes = len(block) % _RECORD_BYTES
            count = len(block) // _RECORD_BYTES
            if count:
                yield Chunk(np.frombuffer(block, "<u4", count).astype(np.int64))
            done_bytes += count * _RECORD_BYTES
        if rest_bytes:
            raise TruncatedError(
                f"{rest_bytes} of the {_RECORD_BYTES} bytes of a key at byte {done_bytes:,}"
            )
