"""Small trace files for the tests, and what reading them gives."""

from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.workload.traces import Chunk, Trace, TraceFacts, open_trace, scan
from strategies.errors import UsageError

U32_KEYS = [1, 2, 3, 1, 2**31, 2**32 - 1]
U32_BYTES = struct.pack("<6I", *U32_KEYS)
ORACLE_BYTES = b"".join(
    struct.pack("<IQIq", *record)
    for record in [(7, 5, 100, 3), (7, 2**64 - 1, 20, -1), (9, 5, 300, -1)]
)
TWITTER_TEXT = "0,a,1,10,1,get,0\n0,b,1,20,2,set,60\n\n1,a,1,9,1,delete,0\n1,a,1,30,1,incr,0\n"


def fast_xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def zst(data: bytes) -> bytes:
    """Compress with a checksum, as the command line's zstd does."""
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed")
    compressed: bytes = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)
    return compressed


Compress = Callable[[bytes], bytes]
COMPRESSED: dict[str, Compress] = {"gzip": gzip.compress, "xz": fast_xz, "zst": zst}
COMPRESS: dict[str, Compress] = {"plain": bytes, **COMPRESSED}
EVERY_COMPRESSION = pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS.keys())
COMPRESSIONS_ONLY = pytest.mark.parametrize("compress", COMPRESSED.values(), ids=COMPRESSED.keys())


def make(folder: Path, data: bytes | str, format_text: str) -> Trace:
    path = folder / "trace"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return open_trace(path, format_text)


def facts_of(
    accesses: int, distinct_keys: int, hashed_keys: int = 0, collisions: int = 0
) -> TraceFacts:
    """Return the facts of a trace that has nothing but keys."""
    return TraceFacts(
        accesses,
        distinct_keys,
        hashed_keys,
        collisions,
        has_times=False,
        duration_s=None,
        skipped=0,
        has_operations=False,
        mean_size_bytes=None,
    )


def keys_of(trace: Trace) -> list[int]:
    return [key for chunk in trace.chunks() for key in chunk.keys.tolist()]


def times_of(trace: Trace) -> list[int]:
    return times_in(list(trace.chunks()))


def times_in(chunks: list[Chunk]) -> list[int]:
    times: list[int] = []
    for chunk in chunks:
        assert chunk.times_ns is not None
        assert len(chunk.times_ns) == len(chunk.keys)
        times += chunk.times_ns.tolist()
    return times


def error_of(trace: Trace) -> str:
    """Scan a bad trace; return its message, which names the file in a single line."""
    with pytest.raises(UsageError) as caught:
        scan(trace)
    message = str(caught.value)
    assert message.startswith(f"trace {trace.path}: ")
    assert "\n" not in message
    return message


def read_until_it_fails(trace: Trace) -> tuple[list[int], str]:
    seen: list[int] = []
    try:
        for chunk in trace.chunks():
            seen += chunk.keys.tolist()
    except UsageError as error:
        return seen, str(error)
    pytest.fail("the whole trace was read")
