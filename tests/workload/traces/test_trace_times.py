from __future__ import annotations

from pathlib import Path

import pytest
from trace_maker import error_of, make, times_of

from lab.workload.traces import CHUNK_ACCESSES, scan


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
