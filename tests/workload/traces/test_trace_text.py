from __future__ import annotations

from pathlib import Path

import pytest
from trace_maker import error_of, make

from lab.workload.traces import CHUNK_ACCESSES, scan


def test_text_given_as_binary(tmp_path: Path) -> None:
    assert "looks like text" in error_of(make(tmp_path, "12\n4567\n", "cache2k-u32"))
    assert "looks like text" in error_of(make(tmp_path, "1 2 3 4\n", "oracle-general"))
    # Text in the first 64 KiB alone decides; one other byte there is enough against it.
    assert "looks like text" in error_of(make(tmp_path, b"1\n" * 40_000 + b"\0", "cache2k-u32"))
    later = bytes(4 * CHUNK_ACCESSES) + b"1\n1\n"
    assert scan(make(tmp_path, later, "cache2k-u32")).accesses == CHUNK_ACCESSES + 1
    assert scan(make(tmp_path, b"1\n\0\0" + b"1\n1\n", "cache2k-u32")).accesses == 2


@pytest.mark.parametrize("format_text", ["lirs", "csv:1", "arc", "twitter"])
@pytest.mark.parametrize("bad", [b"\0", b"\xff", "é".encode("latin-1"), "1".encode("utf-16")])
def test_binary_given_as_text(tmp_path: Path, format_text: str, bad: bytes) -> None:
    message = error_of(make(tmp_path, b"\n\n" + bad + b"\n4\n", format_text))
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
