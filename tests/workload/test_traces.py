from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lab.workload.traces import (
    CHUNK_ACCESSES,
    Trace,
    TraceFacts,
    TraceFormat,
    facts,
    formats,
    interface,
    keys,
    open_trace,
    parse_format,
    scan,
    trace_format,
)
from strategies.errors import UsageError

REAL_TRACE = Path(__file__).parents[2] / ".." / "shared" / "data" / "orm-busy.trace.xz"

U32_KEYS = [1, 2, 3, 1, 2**31, 2**32 - 1]
U32_BYTES = struct.pack("<6I", *U32_KEYS)


def fast_xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": fast_xz,
}


def make(folder: Path, data: bytes | str, format_text: str) -> Trace:
    path = folder / "trace"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return open_trace(path, format_text)


def keys_of(trace: Trace) -> list[int]:
    return [key for chunk in trace.chunks() for key in chunk.keys.tolist()]


def times_of(trace: Trace) -> list[int]:
    times: list[int] = []
    for chunk in trace.chunks():
        assert chunk.times_ns is not None
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


# --- the formats, plain and compressed ---


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS.keys())
@pytest.mark.parametrize(
    ("data", "format_text", "expected"),
    [
        (U32_BYTES, "cache2k-u32", U32_KEYS),
        (b"*\n5\n-7\n\n  5 \r\n* 9\n12", "lirs", [5, -7, 5, 12]),
        (b"\xef\xbb\xbfop, key\r\nget,5\r\n\r\nset, -7\n", "csv:key", [5, -7]),
        (b'note,key\n"two\nlines, and ""quotes""",1\nx,"2"\n', "csv:key", [1, 2]),
    ],
)
def test_each_format_plain_and_compressed(
    tmp_path: Path,
    compress: Callable[[bytes], bytes],
    data: bytes,
    format_text: str,
    expected: list[int],
) -> None:
    trace = make(tmp_path, compress(data), format_text)
    assert keys_of(trace) == expected
    assert keys_of(trace) == expected  # a trace can be read again


@pytest.mark.parametrize("compress", [gzip.compress, fast_xz])
def test_streams_in_a_row_are_one_trace(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    trace = make(tmp_path, compress(b"1\n2") + compress(b"3\n4\n"), "lirs")
    assert keys_of(trace) == [1, 23, 4]


def test_the_real_trace() -> None:
    if not REAL_TRACE.exists():
        pytest.skip(f"the recorded trace is not at {REAL_TRACE}")
    assert scan(open_trace(REAL_TRACE, "cache2k-u32")) == TraceFacts(
        accesses=5_000_000,
        distinct_keys=76_349,
        hashed_keys=0,
        collisions=0,
        has_times=False,
        duration_s=None,
    )


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS.keys())
def test_chunks_are_bounded_and_lose_nothing(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    count = 2 * CHUNK_ACCESSES + 3
    numbers = np.arange(count, dtype="<u4")
    trace = make(tmp_path, compress(numbers.tobytes()), "cache2k-u32")
    assert [len(chunk.keys) for chunk in trace.chunks()] == [CHUNK_ACCESSES, CHUNK_ACCESSES, 3]
    assert keys_of(trace) == list(range(count))
    # Short lines, so that one block of bytes holds more accesses than a chunk may.
    short = [index % 10 for index in range(count)]
    lines = "".join(f"{key}\n" for key in short)
    for format_text, data in (("lirs", lines), ("csv:k", "k\n" + lines)):
        trace = make(tmp_path, compress(data.encode()), format_text)
        sizes = [len(chunk.keys) for chunk in trace.chunks()]
        assert all(0 < size <= CHUNK_ACCESSES for size in sizes)
        assert keys_of(trace) == short


@pytest.mark.parametrize(
    ("format_text", "record"), [("cache2k-u32", b"\0\0"), ("lirs", b"0\n"), ("csv:0", b"0\n")]
)
def test_a_reading_takes_no_more_of_the_file_than_a_chunk_needs(
    format_text: str, record: bytes
) -> None:
    taken = []

    class Endless:
        def blocks(self, size: int) -> Iterator[bytes]:
            while True:
                taken.append(size)
                yield record * (size // 2)

    chunks = parse_format(format_text).read(Endless())
    for _ in range(5):
        assert len(next(chunks).keys) == CHUNK_ACCESSES
    assert sum(taken) <= 5 * 4 * CHUNK_ACCESSES


# --- keys ---


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0", 0),
        ("-1", -1),
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**63), -(2**63)),
        (str(2**64 - 1), -1),
    ],
)
def test_numbers_keep_their_bits(tmp_path: Path, text: str, key: int) -> None:
    trace = make(tmp_path, f"{text}\n1\n", "lirs")
    assert keys_of(trace) == [key, 1]
    assert scan(trace).hashed_keys == 0


@pytest.mark.parametrize(
    "text", ["user:7", "7.0", "007", "+7", "1_0", "-0", "\u0667", "é", "9" * 5000]
)
def test_anything_else_is_hashed(tmp_path: Path, text: str) -> None:
    trace = make(tmp_path, f"7\n{text}\n{text}\n", "lirs")
    assert keys_of(trace) == [7, keys.hash_key(text), keys.hash_key(text)]
    assert scan(trace) == TraceFacts(3, 2, 1, 0, has_times=False, duration_s=None)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_numbers_out_of_range_are_hashed(tmp_path: Path, number: int) -> None:
    trace = make(tmp_path, f"{number}\n", "lirs")
    assert keys_of(trace) == [keys.hash_key(str(number))]


def test_the_hash_is_blake2b_read_as_a_signed_little_endian_number() -> None:
    # printf abc | b2sum -l 64 -> d8bb14d833d59559
    assert keys.hash_key("abc") == 0x5995D533D814BBD8


def test_collisions_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def same_hash(text: str) -> int:
        return 42

    monkeypatch.setattr(keys, "hash_key", same_hash)
    monkeypatch.setattr(facts, "hash_key", same_hash)
    # Hash against hash: three keys as written become one.
    trace = make(tmp_path, "a\nb\na\nc\n7\n", "lirs")
    assert scan(trace) == TraceFacts(5, 2, 3, 2, has_times=False, duration_s=None)
    # Hash against number, the number in another chunk, which holds numbers alone.
    trace = make(tmp_path, "a\n" + "7\n" * CHUNK_ACCESSES + "42\n", "lirs")
    assert scan(trace) == TraceFacts(CHUNK_ACCESSES + 2, 2, 1, 1, has_times=False, duration_s=None)


def test_a_negative_and_an_unsigned_number_with_the_same_bits_collide(tmp_path: Path) -> None:
    trace = make(tmp_path, f"-1\n{2**64 - 1}\n-1\n", "lirs")
    assert scan(trace) == TraceFacts(3, 1, 0, 1, has_times=False, duration_s=None)


def test_distinct_keys_over_many_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_STEP_ACCESSES", 10)
    numbers = np.arange(3 * CHUNK_ACCESSES, dtype="<u4") % (CHUNK_ACCESSES + 5)
    found = scan(make(tmp_path, numbers.tobytes(), "cache2k-u32"))
    assert found.accesses == 3 * CHUNK_ACCESSES
    assert found.distinct_keys == CHUNK_ACCESSES + 5


# --- times ---


@pytest.mark.parametrize(
    ("unit", "texts", "expected"),
    [
        ("", ["1700000000", "1700000000", "1700000001"], [0, 0, 10**9]),
        (",unit=s", ["1699999999.123456789", "1700000000.123456790"], [0, 10**9 + 1]),
        (",unit=ms", ["-5", "0.25"], [0, 5_250_000]),
        (",unit=us", ["1e3", "1001"], [0, 1_000]),
        (",unit=ns", ["0", " 7 "], [0, 7]),
    ],
)
def test_times_are_exact_nanoseconds_since_the_first_access(
    tmp_path: Path, unit: str, texts: list[str], expected: list[int]
) -> None:
    data = "at,key\n" + "".join(f"{text},1\n" for text in texts)
    trace = make(tmp_path, data, f"csv:key,time=at{unit}")
    assert times_of(trace) == expected
    found = scan(trace)
    assert found.has_times
    assert found.duration_s == expected[-1] / 1e9


def test_a_column_of_times_that_is_not_named_is_not_read(tmp_path: Path) -> None:
    trace = make(tmp_path, "at,key\nx,1\n", "csv:key")
    assert next(trace.chunks()).times_ns is None
    assert scan(trace).duration_s is None


def test_times_continue_over_chunks(tmp_path: Path) -> None:
    count = CHUNK_ACCESSES + 2
    rows = [f"{100 + index},1\n" for index in range(count)]
    trace = make(tmp_path, "at,key\n" + "".join(rows), "csv:key,at,ns")
    assert times_of(trace) == list(range(count))
    rows[CHUNK_ACCESSES] = "101,1\n"  # the first of the second chunk, after the first of all
    trace = make(tmp_path, "at,key\n" + "".join(rows), "csv:key,at,ns")
    assert f"line {CHUNK_ACCESSES + 2:,}: the time goes backwards" in error_of(trace)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("3,1\n\n4,1\n3.5,1\n", "line 5: the time goes backwards, by 500,000,000 ns"),
        ("3,1\nsoon,1\n", "line 3: time 'soon' is not a number of s"),
        ("nan,1\n", "line 2: time 'nan' is not a number of s"),
        ("inf,1\n", "line 2: time 'inf' is not a number of s"),
        ("1e999999999,1\n", "line 2: time '1e999999999' is not"),
        (",1\n", "line 2: time '' is not"),
        ("0,1\n1e10,1\n", "line 3: the time is more than 292 years after the first"),
    ],
)
def test_bad_times_name_their_line(tmp_path: Path, rows: str, expected: str) -> None:
    assert expected in error_of(make(tmp_path, "at,key\n" + rows, "csv:key,time=at"))


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


def test_zstd_is_named_rather_than_read_as_keys(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="compressed with zstd, which cannot be read"):
        make(tmp_path, b"\x28\xb5\x2f\xfd" + bytes(8), "cache2k-u32")


@pytest.mark.parametrize("format_text", ["cache2k-u32", "lirs", "csv:key"])
def test_an_empty_file(tmp_path: Path, format_text: str) -> None:
    assert ": empty: give a " in error_of(make(tmp_path, b"", format_text))


@pytest.mark.parametrize(
    ("data", "format_text"),
    [
        (gzip.compress(b""), "cache2k-u32"),
        (lzma.compress(b""), "cache2k-u32"),
        (b"*\n\n* 1\n", "lirs"),
        (b"key\n", "csv:key"),
    ],
)
def test_a_file_without_accesses(tmp_path: Path, data: bytes, format_text: str) -> None:
    assert ": holds no accesses: give a " in error_of(make(tmp_path, data, format_text))


def test_a_u32_file_cut_within_a_key(tmp_path: Path) -> None:
    message = error_of(make(tmp_path, U32_BYTES[:-2], "cache2k-u32"))
    assert "truncated after 5 accesses: 2 of the 4 bytes of a key at byte 20: " in message
    assert "truncated after 0 accesses" in error_of(make(tmp_path, b"\0", "cache2k-u32"))


@pytest.mark.parametrize("compress", [gzip.compress, fast_xz])
@pytest.mark.parametrize(
    ("format_text", "header"), [("cache2k-u32", b""), ("lirs", b""), ("csv:key", b"key\n")]
)
def test_a_truncated_file_yields_all_whole_accesses_first(
    tmp_path: Path, compress: Callable[[bytes], bytes], format_text: str, header: bytes
) -> None:
    numbers = np.random.default_rng(1).integers(0, 2**20, 200_000, dtype="<u4")
    text = b"".join(b"%d\n" % number for number in numbers.tolist())
    whole = compress(numbers.tobytes() if format_text == "cache2k-u32" else header + text)
    trace = make(tmp_path, whole[: len(whole) // 2], format_text)
    seen, message = read_until_it_fails(trace)
    assert 50_000 < len(seen) < 150_000
    assert seen == numbers[: len(seen)].tolist()
    assert f": truncated after {len(seen):,} accesses: the " in message
    assert " data ends before its end mark: " in message
    # Also where only the last byte is missing, and all the data is there.
    assert "truncated after 200,000 accesses" in error_of(make(tmp_path, whole[:-1], format_text))


@pytest.mark.parametrize("compress", [gzip.compress, fast_xz])
@pytest.mark.parametrize("kept", [7, 11])
def test_a_file_cut_within_its_header(
    tmp_path: Path, compress: Callable[[bytes], bytes], kept: int
) -> None:
    trace = make(tmp_path, compress(U32_BYTES)[:kept], "cache2k-u32")
    assert "truncated after 0 accesses" in error_of(trace)


@pytest.mark.parametrize("compress", [gzip.compress, fast_xz])
def test_damage_is_not_called_truncation(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    noise = np.random.default_rng(1).bytes(40_000)
    whole = bytearray(compress(noise))
    whole[len(whole) // 2] ^= 0xFF
    assert ": damaged after " in error_of(make(tmp_path, bytes(whole), "cache2k-u32"))
    trailed = compress(U32_BYTES) + b"what is this?"
    assert ": damaged after 6 accesses: " in error_of(make(tmp_path, trailed, "cache2k-u32"))


def test_text_given_as_binary(tmp_path: Path) -> None:
    assert "looks like text" in error_of(make(tmp_path, "12\n4567\n", "cache2k-u32"))
    # Text in the first 64 KiB alone decides; one other byte there is enough against it.
    assert "looks like text" in error_of(make(tmp_path, b"1\n" * 40_000 + b"\0", "cache2k-u32"))
    later = bytes(4 * CHUNK_ACCESSES) + b"1\n1\n"
    assert scan(make(tmp_path, later, "cache2k-u32")).accesses == CHUNK_ACCESSES + 1
    assert scan(make(tmp_path, b"1\n\0\0" + b"1\n1\n", "cache2k-u32")).accesses == 2


@pytest.mark.parametrize("format_text", ["lirs", "csv:1"])
@pytest.mark.parametrize("bad", [b"\0", b"\xff", "é".encode("latin-1"), "1".encode("utf-16")])
def test_binary_given_as_text(tmp_path: Path, format_text: str, bad: bytes) -> None:
    message = error_of(make(tmp_path, b"1\n2\n" + bad + b"\n4\n", format_text))
    assert "line 3 holds bytes that are not UTF-8 text" in message
    assert "gclab list traces" in message


def test_the_line_of_binary_data_counts_over_blocks(tmp_path: Path) -> None:
    message = error_of(make(tmp_path, b"12345\n" * 100_000 + b"\0", "lirs"))
    assert "line 100,001 holds" in message


def test_a_line_without_an_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    assert "line 2 is longer than 1 MiB" in error_of(make(tmp_path, b"1\n" + b"7" * 2**21, "lirs"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("\n op , keys\n1,2\n", "unknown column 'key': did you mean 'keys'?"),
        ("a,b\n1,2\n", "unknown column 'key': known: a, b"),
        ("key,key\n1,2\n", "header: two columns are named 'key'"),
        ("a,key\n1,2\n\n3\n", "line 4: 1 fields where the header has 2"),
        ("a,key\n1,2\n3,4,5\n", "line 3: 3 fields where the header has 2"),
        ("a,key\n1,\n", "line 2: no key in column 'key'"),
        ('a,key\n1,"2"x\n', "line 2: ',' expected after '\"'"),
        ('a,key\n1,"2\n3,4\n', "unexpected end of data"),
    ],
)
def test_csv_that_cannot_be_right(tmp_path: Path, data: str, expected: str) -> None:
    assert expected in error_of(make(tmp_path, data, "csv:key"))


def test_a_message_stays_short_and_on_one_line(tmp_path: Path) -> None:
    header = '"first\nname",' + ",".join(f"column{index}" for index in range(9_000))
    assert len(error_of(make(tmp_path, header + "\n", "csv:zzz"))) < 450 + len(str(tmp_path))


# --- format names and options ---


def test_formats_are_found_and_described() -> None:
    found = {each.name: each for each in formats()}
    assert list(found) == sorted(found)
    assert {"cache2k-u32", "csv", "lirs"} <= found.keys()
    assert all(each.description and "\n" not in each.description for each in found.values())
    assert [each.name for each in found["csv"].parameters] == ["column", "time", "unit"]
    assert found["csv"].usage() == "csv:COLUMN[,time=COLUMN][,unit=s|ms|us|ns]"
    assert found["lirs"].usage() == "lirs"


def test_a_format_name_is_taken_once() -> None:
    class Second(TraceFormat):
        name = "lirs"
        description = "another"

    formats()
    with pytest.raises(ValueError, match="two trace formats are named 'lirs'"):
        trace_format(Second)
    assert interface.registered()["lirs"] is not Second


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("csv:key", {"column": "key"}),
        ("csv:key,ts,ms", {"column": "key", "time": "ts", "unit": "ms"}),
        ("csv:column=key, unit=us, time=ts", {"column": "key", "unit": "us", "time": "ts"}),
        (" csv:a:b ", {"column": "a:b"}),
        ("lirs", {}),
        ("lirs:", {}),
    ],
)
def test_options_by_position_or_name(text: str, options: dict[str, str]) -> None:
    assert parse_format(text).options == options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lir", "unknown trace format 'lir': did you mean 'lirs'?"),
        ("", "unknown trace format '': known: cache2k-u32, csv, lirs"),
        ("csv", "trace format csv: no column given: write csv:COLUMN[,time=COLUMN]"),
        ("csv:", "no column given"),
        ("csv:a,tim=b", "unknown option of trace format csv 'tim': did you mean 'time'?"),
        ("csv:a,column=b", "two values for column"),
        ("csv:a,,ms", "no value for time"),
        ("csv:a,time=", "no value for time"),
        ("csv:a,b,s,d", "too many options ('d')"),
        ("csv:a,b,unit=sec", "unknown unit 'sec': did you mean 's'?"),
        ("csv:a,unit=ms", "unit without time: add time=COLUMN"),
        ("lirs:x", "too many options ('x'): write lirs"),
        ("lirs:x=1", "too many options ('x=1'): write lirs"),
    ],
)
def test_wrong_options(text: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_format(text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_opening_keeps_what_was_asked_for(tmp_path: Path) -> None:
    trace = make(tmp_path, "key\n1\n", "csv:key")
    assert (trace.path, trace.format.name, trace.format_text) == (
        tmp_path / "trace",
        "csv",
        "csv:key",
    )
