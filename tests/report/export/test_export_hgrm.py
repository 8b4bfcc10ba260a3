"""Percentile distributions against HdrHistogram's rules, and read back."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.histogram import Histogram
from lab.report.export.hgrm import distribution, rows
from tests.analysis.made_run import MS
from tests.report.export.stored_run import made, parts_of


def histogram(*values: int) -> Histogram:
    counted = Histogram()
    counted.add(np.array(values, np.int64))
    return counted


def read_back(text: str) -> list[tuple[float, float, int]]:
    """Read a file as HdrHistogram's plotters do: comments and headings aside, numbers."""
    lines = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    assert lines[0] == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    return [(float(line[0]), float(line[1]), int(line[2])) for line in lines[1:]]


GOLDEN = """\
#[Overall percentile distribution between 0.000 and <Infinite> seconds (relative to StartTime)]
#[StartTime: 1700000000.250 (seconds since epoch), 2023-11-14T22:13:20+00:00]
       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          3           1.00
       1.000 0.100000000000          3           1.11
       1.000 0.200000000000          3           1.25
       1.000 0.300000000000          3           1.43
       1.000 0.400000000000          3           1.67
       1.000 0.500000000000          3           2.00
       1.000 0.550000000000          3           2.22
       1.000 0.600000000000          3           2.50
       1.000 0.650000000000          3           2.86
       1.000 0.700000000000          3           3.33
       1.000 0.750000000000          3           4.00
       3.000 0.775000000000          4           4.44
       3.000 1.000000000000          4
#[Mean    =        1.500, StdDeviation   =        0.866]
#[Max     =        3.000, Total count    =            4]
#[Buckets =           32, SubBuckets     =         2048]
"""


def test_a_file_is_what_the_log_processor_writes() -> None:
    # mean 6/4 ms, deviation sqrt((3 * 0.5**2 + 1.5**2) / 4) = 0.866 ms
    assert distribution(histogram(MS, MS, MS, 3 * MS), 1_700_000_000.25) == GOLDEN


def test_levels_halve_the_way_to_the_whole() -> None:
    found = rows(histogram(*[MS] * 90, *[10 * MS] * 10))

    assert [level for _, level, _ in found] == [
        *(0, 10, 20, 30, 40, 50),
        *(55, 60, 65, 70, 75),
        *(77.5, 80, 82.5, 85, 87.5),
        *(88.75, 90, 91.25, 100),
    ]
    assert [count for _, _, count in found] == [90] * 18 + [100, 100]


def test_an_empty_histogram_has_no_rows() -> None:
    text = distribution(Histogram(), 0.0)

    assert read_back(text) == []
    assert "Total count    =            0]" in text


@given(some.lists(some.integers(0, 10**12), min_size=1, max_size=60))
def test_a_row_is_the_first_bucket_that_reaches_its_level(values: list[int]) -> None:
    counted = histogram(*values)
    found = rows(counted)
    all_values = np.array(values)

    for value, level, count in found:
        assert count == np.count_nonzero(all_values <= value)
        assert 100 * count / len(values) >= level
        of_bucket = int(counted.hdr.get_lowest_equivalent_value(value))
        below = np.count_nonzero(all_values < of_bucket)
        assert level == 100 or 100 * below / len(values) < level or below == 0
    levels = [level for _, level, _ in found]
    assert levels == sorted(set(levels))
    assert (levels[0], levels[-1], found[-1][2]) == (0, 100, len(values))


def test_a_file_read_back_has_the_percentiles_of_the_histogram() -> None:
    values = np.random.default_rng(1).lognormal(13, 2, 16_000).astype(np.int64)
    counted = histogram(*values.tolist())
    table = read_back(distribution(counted, 0.0))

    checked = 0
    for value_ms, fraction, _ in table:
        # elsewhere the two definitions may be one request apart: rank rounded up, and to nearest
        if (fraction * 16_000).is_integer():
            assert value_ms == pytest.approx(counted.percentile(100 * fraction) / MS, abs=0.0005)
            checked += 1
    assert checked > 35
    assert table[-1][0] == pytest.approx(counted.hdr.get_max_value() / MS, abs=0.0005)


def test_it_agrees_with_the_python_port_where_that_follows_the_java_tools() -> None:
    counted = histogram(*np.random.default_rng(2).integers(1, 10**9, 5_000).tolist())
    theirs = io.BytesIO()
    counted.hdr.output_percentile_distribution(theirs, MS, 5)
    their_lines = theirs.getvalue().decode().splitlines()
    our_lines = distribution(counted, 0.0).splitlines()[2:]

    assert our_lines[:3] == their_lines[:3]  # heading, blank line, 0 %
    end = next(i for i, line in enumerate(our_lines) if line.startswith("#[Mean"))
    their_end = next(i for i, line in enumerate(their_lines) if line.startswith("#[Mean"))
    assert our_lines[end - 1] == their_lines[their_end - 1]  # 100 %
    mean = re.compile(r"Mean +=\s+([\d.]+),")
    for ours, of_theirs in ((our_lines[end], their_lines[their_end]),):
        assert mean.search(ours)[1] == mean.search(of_theirs)[1]  # type: ignore[index]
    assert our_lines[end + 2] == their_lines[their_end + 2]


def test_a_trial_has_a_file_for_each_of_its_logs(tmp_path: Path) -> None:
    files, notes = parts_of("hgrm", made(tmp_path / "mine"))

    assert list(files) == ["01-slots.response.hgrm", "01-slots.service.hgrm"]
    # all intervals of the log together: 90 of 1 ms and 10 of 10 ms
    response = read_back(files["01-slots.response.hgrm"].decode())
    assert (response[0], response[-1]) == ((1.0, 0.0, 90), (10.002, 1.0, 100))
    assert read_back(files["01-slots.service.hgrm"].decode())[-1] == (1.0, 1.0, 100)
    assert notes == ["hgrm: 1 of 2 trials have no log stored"]


def test_times_over_the_range_are_named(tmp_path: Path) -> None:
    _, notes = parts_of("hgrm", made(tmp_path / "mine", over_range=1_200))

    assert "hgrm: 1,200 times of 01-slots are over 1 h and in no histogram" in notes
