"""The traces of Twitter's cache clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lab.trial.block import Operation
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
from lab.workload.traces.seconds import Part, Times, timed
from lab.workload.traces.text import line_batches, whole_numbers

OPERATIONS = {
    **dict.fromkeys(("get", "gets"), Operation.READ),
    **dict.fromkeys(("set", "add", "replace", "cas"), Operation.ACK),
    **dict.fromkeys(("incr", "decr"), Operation.MENTION),
}
"""What becomes a request; all else (append, prepend, delete) is counted as skipped."""

_NO_REQUEST = 255
_TIME_MAX, _SIZE_MAX = 2**32 - 1, 2**40


@trace_format
class Twitter(TraceFormat):
    """Seven fields a line, no header: Yang, Yue and Rashmi, OSDI 2020 (twitter/cache-trace).

    timestamp, key, key size, value size, client, operation, time to live. Fields are counted from
    both ends, so that a key may hold commas. Times are whole seconds and are spread within them;
    clients and times to live are ignored. Blank lines are ignored.

    Parameters
    ----------
    times
        Whether the times of the file are used.
    seed
        Decides where in its second each access falls.
    """

    name = "twitter"
    description = (
        "text: timestamp,key,key_size,value_size,client_id,operation,ttl, no header; "
        "whole-second times spread within the second; get reads, set acks, incr mentions"
    )

    def __init__(self, *, times: Times = "spread", seed: int = 1) -> None:
        self.times, self.seed = times, seed

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        return timed(_parts(stream), self.times, self.seed)


def _parts(stream: Stream) -> Iterator[Part]:
    number = 1
    for lines in line_batches(stream):
        for begin in range(0, len(lines), CHUNK_ACCESSES):
            batch = enumerate(lines[begin : begin + CHUNK_ACCESSES], number + begin)
            written = [(at, line) for at, line in batch if line and not line.isspace()]
            if written:
                yield _part(written)
        number += len(lines)


def _part(written: Sequence[tuple[int, str]]) -> Part:
    """Read lines with their numbers; whole columns are checked at once, which costs less."""
    numbers = [number for number, _ in written]
    rows = [line.rsplit(",", 5) for _, line in written]
    heads = [row[0].partition(",") for row in rows]
    for (number, line), row, (_, comma, key) in zip(written, rows, heads, strict=True):
        if len(row) != 6 or not comma:
            raise MalformedError(
                f"line {number:,}: {line.count(',') + 1} fields where there are 7: correct the "
                f"line, or {NAME_TRUE_FORMAT}"
            )
        if not key:
            raise MalformedError(f"line {number:,}: no key: correct the line or leave it out")
    seconds = whole_numbers([head[0] for head in heads], _TIME_MAX, "timestamp", numbers)
    sizes = whole_numbers([row[2] for row in rows], _SIZE_MAX, "value size", numbers)
    operations = np.array([OPERATIONS.get(row[4], _NO_REQUEST) for row in rows], np.uint8)
    requests = np.flatnonzero(operations != _NO_REQUEST)
    chunk = replace(
        text_chunk([heads[index][2] for index in requests.tolist()]),
        operations=operations[requests],
        sizes_bytes=sizes[requests],
        skipped=len(rows) - len(requests),
    )
    return Part(chunk, seconds[requests], lambda index: f"line {numbers[requests[index]]:,}")
