"""Response times with and without a spike: intervals worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lab.analysis.windows import Windows, split
from lab.histogram import Histogram, Hlog, HlogWriter, read_hlog

MS = 1_000_000


def log(folder: Path, begins_ms: Sequence[int], length_ms: int = 100) -> Hlog:
    """Write intervals of ten requests; their time in ns is the interval's start in ms, plus 1."""
    writer = HlogWriter(folder / "x.hlog", 1_000.0)
    for begin in begins_ms:
        histogram = Histogram()
        histogram.add(np.full(10, begin + 1, np.int64))
        writer.write(begin * MS, length_ms * MS, histogram)
    writer.close()
    return read_hlog(folder / "x.hlog")


def parted(found: Windows, begins_ms: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the intervals of each part, by their starts in ms."""
    parts = []
    for histogram in (found.normal, found.spike):
        values, counts = histogram.buckets()
        there = {int(value) for value, count in zip(values, counts, strict=True) if count}
        assert all(count in (0, 10) for count in counts)
        parts.append([begin for begin in begins_ms if begin + 1 in there])
    return parts[0], parts[1]


FIVE = (0, 100, 200, 300, 400)


@pytest.mark.parametrize(
    ("start_ms", "length_ms", "spike"),
    [
        (150, 10, [100]),  # over at 170
        (150, 25, [100]),  # over at 200 sharp
        (150, 26, [100, 200]),  # over at 202
        (100, 50, [100]),  # from the interval's start to its end
        (99, 1, [0, 100]),  # over at 101
        (99, 0, [0]),
        (0, 300, [0, 100, 200, 300, 400]),  # over at 600
        (480, 200, [400]),
        (900, 50, []),
    ],
)
def test_an_interval_is_one_of_a_spike_up_to_twice_its_length(
    start_ms: int, length_ms: int, spike: list[int], tmp_path: Path
) -> None:
    found = split(log(tmp_path, FIVE), [start_ms * MS], [length_ms * MS])
    assert parted(found, FIVE) == ([begin for begin in FIVE if begin not in spike], spike)


def test_several_spikes_and_intervals_that_are_not_there(tmp_path: Path) -> None:
    there = (0, 100, 400, 900)
    found = split(log(tmp_path, there), [110 * MS, 250 * MS, 950 * MS], [5 * MS, 60 * MS, 1])
    # the second one is over at 370, where there is no interval
    assert parted(found, there) == ([0, 400], [100, 900])


def test_without_a_stall_all_is_normal(tmp_path: Path) -> None:
    found = split(log(tmp_path, FIVE), [], [])
    assert parted(found, FIVE) == (list(FIVE), [])
    assert (found.normal.total, found.spike.total) == (50, 0)


def test_no_request_is_lost_or_counted_twice(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    begins = tuple(range(0, 3_000, 100))
    starts = np.sort(rng.integers(0, 3_000, 8)) * MS
    found = split(log(tmp_path, begins), starts, rng.integers(1, 200, 8) * MS)
    assert found.normal.total + found.spike.total == 300
    assert found.spike.total > 0


def test_other_lengths_of_interval(tmp_path: Path) -> None:
    found = split(log(tmp_path, (0, 1_000, 2_000), 1_000), [1_999 * MS], [1 * MS])
    assert parted(found, (0, 1_000, 2_000)) == ([0], [1_000, 2_000])
