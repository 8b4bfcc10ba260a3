from __future__ import annotations

from pathlib import Path

import pytest
from trace_maker import error_of, facts_of, keys_of, make

from lab.workload.traces import scan


def test_each_block_of_a_run_is_an_access(tmp_path: Path) -> None:
    trace = make(tmp_path, "10 3 0 0\n7 0 0 1\n11 1 5 2\n", "arc")
    assert keys_of(trace) == [10, 11, 12, 11]
    assert scan(trace) == facts_of(4, 3)


def test_the_largest_start_keeps_its_bits(tmp_path: Path) -> None:
    assert keys_of(make(tmp_path, f"{2**62} 2 0 0\n", "arc")) == [2**62, 2**62 + 1]


def test_a_run_longer_than_memory_is_read_in_chunks(tmp_path: Path) -> None:
    chunks = make(tmp_path, f"1 1 0 0\n5 {2**31 - 1} 0 0\n", "arc").chunks()
    first, second = next(chunks).keys, next(chunks).keys
    assert first[:3].tolist() == [1, 5, 6]
    assert second[0] == first[-1] + 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("1 2 0 0\n\n1 2 0\n", "line 3: 3 fields where there are 4"),
        ("1 2 0 0 0\n", "line 1: 5 fields where there are 4"),
        ("-1 2 0 0\n", "line 1: start '-1' is not a whole number from 0 to 4,611,686,018,427,387"),
        ("x 2 0 0\n", "line 1: start 'x' is not"),
        (f"{2**62 + 1} 2 0 0\n", "line 1: start '4611686018427387905' is not"),
        ("9" * 5000 + " 2 0 0\n", "line 1: start '99"),
        ("1 2.0 0 0\n", "line 1: count '2.0' is not a whole number from 0 to 2,147,483,647"),
        (f"1 {2**31} 0 0\n", "line 1: count '2147483648' is not"),
        ("1 ² 0 0\n", "line 1: count '²' is not"),
        ("key,at\n1,2\n", "line 1: 1 fields where there are 4"),
    ],
)
def test_lines_that_cannot_be_right(tmp_path: Path, data: str, expected: str) -> None:
    message = error_of(make(tmp_path, data, "arc"))
    assert expected in message


def test_the_line_is_counted_over_batches(tmp_path: Path) -> None:
    assert "line 100,001: 1 fields" in error_of(make(tmp_path, "5 0 0 0\n" * 100_000 + "x", "arc"))
