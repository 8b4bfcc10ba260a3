from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from trace_maker import (
    COMPRESSIONS_ONLY,
    EVERY_COMPRESSION,
    ORACLE_BYTES,
    U32_BYTES,
    U32_KEYS,
    Compress,
    error_of,
    facts_of,
    keys_of,
    make,
    read_until_it_fails,
)

from lab.workload.traces import CHUNK_ACCESSES, open_trace, parse_format, scan
from strategies.errors import UsageError

REAL_TRACE = Path(__file__).parents[3] / ".." / "shared" / "data" / "orm-busy.trace.xz"
FORMATS = ["cache2k-u32", "lirs", "csv:key", "arc", "oracle-general", "twitter"]


@EVERY_COMPRESSION
@pytest.mark.parametrize(
    ("data", "format_text", "expected"),
    [
        (U32_BYTES, "cache2k-u32", U32_KEYS),
        (b"*\n5\n-7\n\n  5 \r\n* 9\n12", "lirs", [5, -7, 5, 12]),
        (b"\xef\xbb\xbfop, key\r\nget,5\r\n\r\nset, -7\n", "csv:key", [5, -7]),
        (b"100 2 0 0\n 5\t1 9 1 \r\n\n5 3 0 2", "arc", [100, 101, 5, 5, 6, 7]),
        (ORACLE_BYTES, "oracle-general", [5, -1, 5]),
        (b"0,7,1,10,1,get,0\n1,-8,2,0,1,set,9\n", "twitter", [7, -8]),
        (b'note,key\n"two\nlines, and ""quotes""",1\nx,"2"\n', "csv:key", [1, 2]),
    ],
)
def test_each_format_plain_and_compressed(
    tmp_path: Path,
    compress: Compress,
    data: bytes,
    format_text: str,
    expected: list[int],
) -> None:
    trace = make(tmp_path, compress(data), format_text)
    assert keys_of(trace) == expected
    assert keys_of(trace) == expected  # a trace can be read again


@COMPRESSIONS_ONLY
def test_streams_in_a_row_are_one_trace(tmp_path: Path, compress: Compress) -> None:
    trace = make(tmp_path, compress(b"1\n2") + compress(b"3\n4\n"), "lirs")
    assert keys_of(trace) == [1, 23, 4]


def test_the_real_trace() -> None:
    if not REAL_TRACE.exists():
        pytest.skip(f"the recorded trace is not at {REAL_TRACE}")
    assert scan(open_trace(REAL_TRACE, "cache2k-u32")) == facts_of(5_000_000, 76_349)


@EVERY_COMPRESSION
def test_chunks_are_bounded_and_lose_nothing(tmp_path: Path, compress: Compress) -> None:
    count = 2 * CHUNK_ACCESSES + 3
    numbers = np.arange(count, dtype="<u4")
    trace = make(tmp_path, compress(numbers.tobytes()), "cache2k-u32")
    assert [len(chunk.keys) for chunk in trace.chunks()] == [CHUNK_ACCESSES, CHUNK_ACCESSES, 3]
    assert keys_of(trace) == list(range(count))


@pytest.mark.parametrize(
    ("format_text", "header", "line"),
    [
        ("lirs", "", "%d\n"),
        ("csv:k", "k\n", "%d\n"),
        ("arc", "", "%d 1 0 0\n"),
        ("twitter", "", "5,%d,1,1,1,get,1\n"),
        ("twitter:times=none", "", "5,%d,1,1,1,get,1\n"),
    ],
)
def test_short_lines_do_not_make_long_chunks(
    tmp_path: Path, format_text: str, header: str, line: str
) -> None:
    short = [index % 10 for index in range(CHUNK_ACCESSES + 3)]
    trace = make(tmp_path, header + "".join(line % key for key in short), format_text)
    sizes = [len(chunk.keys) for chunk in trace.chunks()]
    assert all(0 < size <= CHUNK_ACCESSES for size in sizes)
    assert keys_of(trace) == short


@pytest.mark.parametrize(
    ("format_text", "record"),
    [
        ("cache2k-u32", b"\0\0"),
        ("lirs", b"0\n"),
        ("csv:0", b"0\n"),
        ("arc", b"1 9 1 1\n"),
        ("oracle-general:times=none", bytes(24)),
        ("twitter:times=none", b"0,7,1,10,1,get,0\n"),
    ],
)
def test_a_reading_takes_no_more_of_the_file_than_a_chunk_needs(
    format_text: str, record: bytes
) -> None:
    taken = []

    class Endless:
        def blocks(self, size: int) -> Iterator[bytes]:
            while True:
                taken.append(size)
                yield record * (size // len(record))

    chunks = parse_format(format_text).read(Endless())
    for _ in range(5):
        assert 0 < len(next(chunks).keys) <= CHUNK_ACCESSES
    assert sum(taken) <= 5 * 2 * len(record) * CHUNK_ACCESSES


# --- files that are not what they should be ---


def test_a_missing_file_and_a_directory_are_refused_on_opening(tmp_path: Path) -> None:
    missing = tmp_path / "none.xz"
    with pytest.raises(UsageError, match=r"^trace .*none\.xz: no such file: check the path$"):
        open_trace(missing, "lirs")
    with pytest.raises(UsageError, match=r"^trace .*: a directory: give the path"):
        open_trace(tmp_path, "lirs")


def test_a_file_that_vanishes_after_opening(tmp_path: Path) -> None:
    trace = make(tmp_path, "1\n", "lirs")
    trace.path.unlink()
    assert "no such file" in error_of(trace)


@pytest.mark.parametrize("format_text", FORMATS)
def test_an_empty_file(tmp_path: Path, format_text: str) -> None:
    assert ": empty: give a " in error_of(make(tmp_path, b"", format_text))


@pytest.mark.parametrize(
    ("data", "format_text"),
    [
        (gzip.compress(b"", mtime=0), "cache2k-u32"),
        (lzma.compress(b""), "cache2k-u32"),
        (b"*\n\n* 1\n", "lirs"),
        (b"key\n", "csv:key"),
        (b"\n5 0 0 0\n", "arc"),
        (gzip.compress(b"", mtime=0), "oracle-general"),
        (b"\n\n", "twitter"),
    ],
)
def test_a_file_without_accesses(tmp_path: Path, data: bytes, format_text: str) -> None:
    assert ": holds no accesses: give a " in error_of(make(tmp_path, data, format_text))


def test_a_u32_file_cut_within_a_key(tmp_path: Path) -> None:
    message = error_of(make(tmp_path, U32_BYTES[:-2], "cache2k-u32"))
    assert "truncated after 5 accesses: 2 of the 4 bytes of a key at byte 20: " in message
    assert "truncated after 0 accesses" in error_of(make(tmp_path, b"\0", "cache2k-u32"))


@COMPRESSIONS_ONLY
@pytest.mark.parametrize(
    ("format_text", "header", "line"),
    [
        ("cache2k-u32", b"", b""),
        ("lirs", b"", b"%d\n"),
        ("csv:key", b"key\n", b"%d\n"),
        ("arc", b"", b"%d 1 0 0\n"),
        ("twitter", b"", b"1,%d,1,1,1,get,1\n"),
        ("oracle-general", b"", b""),
    ],
)
def test_a_truncated_file_yields_all_whole_accesses_first(
    tmp_path: Path, compress: Compress, format_text: str, header: bytes, line: bytes
) -> None:
    numbers = np.random.default_rng(1).integers(0, 2**20, 80_000, dtype="<u4")
    data = numbers.tobytes()
    if format_text == "oracle-general":
        data = b"".join(struct.pack("<IQIq", 7, number, 1, -1) for number in numbers.tolist())
    elif line:
        data = header + b"".join(line % number for number in numbers.tolist())
    whole = compress(data)
    trace = make(tmp_path, whole[: len(whole) // 2], format_text)
    seen, message = read_until_it_fails(trace)
    assert 20_000 < len(seen) < 60_000
    assert seen == numbers[: len(seen)].tolist()
    assert f": truncated after {len(seen):,} accesses: the " in message
    assert " data ends before its end mark: " in message
    # Also where only the last byte is missing, and all the data is there.
    assert "truncated after 80,000 accesses" in error_of(make(tmp_path, whole[:-1], format_text))


@COMPRESSIONS_ONLY
@pytest.mark.parametrize("kept", [7, 11])
def test_a_file_cut_within_its_header(tmp_path: Path, compress: Compress, kept: int) -> None:
    trace = make(tmp_path, compress(U32_BYTES)[:kept], "cache2k-u32")
    assert "truncated after 0 accesses" in error_of(trace)


@COMPRESSIONS_ONLY
def test_damage_is_not_called_truncation(tmp_path: Path, compress: Compress) -> None:
    noise = np.random.default_rng(1).bytes(40_000)
    whole = bytearray(compress(noise))
    whole[len(whole) // 2] ^= 0xFF
    assert ": damaged after " in error_of(make(tmp_path, bytes(whole), "cache2k-u32"))
    trailed = compress(U32_BYTES) + b"what is this?"
    assert ": damaged after 6 accesses: " in error_of(make(tmp_path, trailed, "cache2k-u32"))
