"""Sizes, rates and durations, as read and as written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.errors import UsageError
from strategies.units import (
    format_count,
    format_duration,
    parse_count,
    parse_duration_ns,
    parse_number,
)

BAD_ANYWHERE = ["", " ", "abc", "-1", "0", "0.0", "1.2.3", "1 2", "k", ".5", "1e", "nan", "inf"]
TOO_FAR_FOR_A_FLOAT = ["1e400", "1e9999999", "1e-400", "1e-9999999"]
NOT_TEXT_OR_NUMBER: list[object] = [True, False, None, [1], {}, b"1"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (20_000, 20_000.0),
        (0.5, 0.5),
        (1e-05, 0.00001),
        (1e16, 1e16),
        ("20000", 20_000.0),
        ("20k", 20_000.0),
        ("20K", 20_000.0),
        ("1.5M", 1_500_000.0),
        ("2m", 2_000_000.0),
        ("1G", 1e9),
        ("1e6", 1e6),
        ("1e-2k", 10.0),
        ("1_000", 1000.0),
        (" 3 k ", 3000.0),
        ("0.1", 0.1),
    ],
)
def test_numbers(written: object, number: float) -> None:
    assert parse_number(written) == number


@pytest.mark.parametrize(
    "written", [*BAD_ANYWHERE, *TOO_FAR_FOR_A_FLOAT, *NOT_TEXT_OR_NUMBER, 0, "3x", "3ms"]
)
def test_a_bad_number_is_refused_in_one_line_that_shows_it(written: object) -> None:
    with pytest.raises(UsageError) as refused:
        parse_number(written, "rate")
    assert str(refused.value) == f"rate {written!r}: write a number above 0, such as " + (
        "20000, 20k or 1.5M"
    )


@pytest.mark.parametrize("read", [parse_number, parse_count, parse_duration_ns])
def test_nothing_is_below_zero(read: Callable[[object, str], float]) -> None:
    for written in (-3, -0.5, "-3"):
        with pytest.raises(UsageError, match=r"^what .*: write a .* above 0, such as"):
            read(written, "what")


@pytest.mark.parametrize(
    ("written", "count"), [(7, 7), (7.0, 7), ("300k", 300_000), ("1.5k", 1500), ("0.001k", 1)]
)
def test_counts(written: object, count: int) -> None:
    parsed = parse_count(written)
    assert (parsed, type(parsed)) == (count, int)


@pytest.mark.parametrize("written", [1.5, "1.5", "0.0001k"])
def test_a_count_is_whole(written: object) -> None:
    with pytest.raises(UsageError, match=r"^entries .*: must be a whole number$"):
        parse_count(written, "entries")


@pytest.mark.parametrize("written", TOO_FAR_FOR_A_FLOAT)
def test_a_count_beyond_floats_is_refused_as_any_other(written: str) -> None:
    with pytest.raises(UsageError, match=r"^entries '1e"):
        parse_count(written, "entries")


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        ("1ns", 1),
        ("1.9ns", 1),
        ("1us", 1_000),
        ("50ms", 50_000_000),
        ("1.5ms", 1_500_000),
        ("10s", 10_000_000_000),
        ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000),
        ("3", 3_000_000_000),
        (3, 3_000_000_000),
        (0.1, 100_000_000),
        (1e-05, 10_000),
        (" 2 ms ", 2_000_000),
    ],
)
def test_durations(written: object, nanoseconds: int) -> None:
    parsed = parse_duration_ns(written)
    assert (parsed, type(parsed)) == (nanoseconds, int)


@pytest.mark.parametrize(
    "written", [*BAD_ANYWHERE, *TOO_FAR_FOR_A_FLOAT, *NOT_TEXT_OR_NUMBER, 0, "0.9ns", "5MS"]
)
def test_a_bad_duration_is_refused_in_one_line_that_shows_it(written: object) -> None:
    with pytest.raises(UsageError) as refused:
        parse_duration_ns(written, "warm_up")
    assert str(refused.value) == f"warm_up {written!r}: write a duration above 0, such as " + (
        "50ms, 10s or 2m"
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1_000, "1k"),
        (1_234, "1,234"),
        (1_250, "1.25k"),
        (100_000, "100k"),
        (300_000, "300k"),
        (1_500_000, "1.5M"),
        (2_000_000_000, "2G"),
        (0.5, "0.5"),
    ],
)
def test_written_counts(count: float, text: str) -> None:
    assert format_count(count) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (0.25, "0.25 ns"),
        (7, "7 ns"),
        (999, "999 ns"),
        (999.6, "1.00 us"),
        (1_250, "1.25 us"),
        (9_994, "9.99 us"),
        (9_996, "10.0 us"),
        (99_949, "99.9 us"),
        (99_960, "100 us"),
        (1_250_000, "1.25 ms"),
        (652_300_000, "652 ms"),
        (999_600_000, "1.00 s"),
        (4_100_000_000, "4.10 s"),
        (1_234_500_000_000, "1,234 s"),
    ],
)
def test_written_durations(nanoseconds: float, text: str) -> None:
    assert format_duration(nanoseconds) == text


@given(st.integers(1, 10**12))
def test_a_written_count_reads_back_exactly(count: int) -> None:
    assert parse_count(format_count(count).replace(",", "")) == count


@given(st.integers(1, 10**14))
def test_a_written_duration_reads_back_to_three_digits(nanoseconds: int) -> None:
    parsed = parse_duration_ns(format_duration(nanoseconds).replace(",", ""))
    assert abs(parsed - nanoseconds) <= 0.00501 * nanoseconds
