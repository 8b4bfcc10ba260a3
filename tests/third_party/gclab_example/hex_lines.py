"""A trace format of another package: one key per line, in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from lab.workload.traces import CHUNK_ACCESSES, Chunk, TraceFormat
from lab.workload.traces.interface import MalformedError, Stream


class HexLines(TraceFormat):
    """One key per line, up to 15 hexadecimal digits."""

    name: ClassVar[str] = "hex-lines"
    description: ClassVar[str] = "one key per line, in hexadecimal"

    def read(self, stream: Stream) -> Iterator[Chunk]:
        data = b"".join(stream.blocks(65_536))
        try:
            keys = np.array([int(line, 16) for line in data.split()], np.int64)
        except ValueError as error:
            raise MalformedError(str(error)) from None
        for start in range(0, len(keys), CHUNK_ACCESSES):
            yield Chunk(keys[start : start + CHUNK_ACCESSES])
