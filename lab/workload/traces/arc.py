"""The block traces of the ARC paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    NAME_TRUE_FORMAT,
    Chunk,
    MalformedError,
    Stream,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.text import line_batches, whole_number

_START_MAX = 2**62
_COUNT_MAX = 2**31 - 1


@trace_format
class Arc(TraceFormat):
    """A run of blocks a line: the traces of Megiddo and Modha, ARC, USENIX FAST 2003.

    Four numbers, separated by white space: the first block, how many blocks, a number to ignore,
    the number of the request. Each block of the run is one access, its number the key. Blank
    lines are ignored.
    """

    name = "arc"
    description = "text: START COUNT IGNORED REQUEST a line; each of the COUNT blocks is an access"

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        number = 1
        for lines in line_batches(stream):
            yield from _accesses(lines, number)
            number += len(lines)


def _accesses(lines: Sequence[str], first_number: int) -> Iterator[Chunk]:
    """Yield the blocks of all runs in these lines, the first of which has this number."""
    runs = [_run(line, number) for number, line in enumerate(lines, first_number) if line.strip()]
    starts: NDArray[np.int64] = np.array([start for start, _ in runs], np.int64)
    counts: NDArray[np.int64] = np.array([count for _, count in runs], np.int64)
    ends = np.cumsum(counts)
    total = int(ends[-1]) if runs else 0
    # By place and not run by run, since one line may stand for more blocks than memory holds.
    for begin in range(0, total, CHUNK_ACCESSES):
        places = np.arange(begin, min(begin + CHUNK_ACCESSES, total))
        which = np.searchsorted(ends, places, side="right")
        yield Chunk((starts + counts - ends)[which] + places)


def _run(line: str, number: int) -> tuple[int, int]:
    fields = line.split()
    if len(fields) != 4:
        raise MalformedError(
            f"line {number:,}: {len(fields)} fields where there are 4 (start, count, ignored, "
            f"request): correct the line, or {NAME_TRUE_FORMAT}"
        )
    start = whole_number(fields[0], _START_MAX, "start", number)
    return start, whole_number(fields[1], _COUNT_MAX, "count", number)
