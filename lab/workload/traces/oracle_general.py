"""The binary traces of libCacheSim."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from lab.workload.traces.binary import record_blocks
from lab.workload.traces.interface import (
    NAME_TRUE_FORMAT,
    Chunk,
    MalformedError,
    Stream,
    TraceFormat,
    trace_format,
)
from lab.workload.traces.seconds import Part, Times, timed

_RECORD = np.dtype([("time", "<u4"), ("key", "<u8"), ("size", "<u4"), ("next", "<i8")])
_NO_NEXT = -2  # libCacheSim: -1 there is none, -2 it is not known


@trace_format
class OracleGeneral(TraceFormat):
    """Time, key, size and next access of each access: github.com/1a1a11a/libCacheSim.

    Times are whole seconds and are spread within them. The next access serves policies that
    foresee the future, and is only checked to be a possible one. libCacheSim itself passes over
    objects of size 0; here they are accesses like any other.

    Parameters
    ----------
    times
        Whether the times of the file are used.
    seed
        Decides where in its second each access falls.
    """

    name = "oracle-general"
    description = (
        "binary (libCacheSim): 24 bytes an access, whole-second times spread within the second"
    )

    def __init__(self, *, times: Times = "spread", seed: int = 1) -> None:
        self.times, self.seed = times, seed

    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses; see `TraceFormat.read`."""
        return timed(_parts(stream), self.times, self.seed)


def _parts(stream: Stream) -> Iterator[Part]:
    done = 0
    for block in record_blocks(stream, _RECORD.itemsize, "an access"):
        records = np.frombuffer(block, _RECORD)
        where = partial(_where, done)
        impossible = records["next"] < _NO_NEXT
        if impossible.any():
            index = int(np.argmax(impossible))
            raise MalformedError(
                f"{where(index)}: the next access is {records['next'][index]:,}, which cannot be: "
                f"{NAME_TRUE_FORMAT}"
            )
        chunk = Chunk(
            np.ascontiguousarray(records["key"]).view(np.int64),
            sizes_bytes=records["size"].astype(np.int64),
        )
        yield Part(chunk, records["time"].astype(np.int64), where)
        done += len(records)


def _where(done: int, index: int) -> str:
    number = done + index
    return f"access {number + 1:,} (byte {number * _RECORD.itemsize:,})"
