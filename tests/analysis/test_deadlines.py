"""Missed deadlines, counted by hand."""

from __future__ import annotations

import numpy as np

from lab.analysis.deadlines import Missed, above, missed
from lab.histogram import HIGHEST_NS, Histogram

MS = 1_000_000


def counted(*values_ns: int) -> Histogram:
    histogram = Histogram()
    histogram.add(np.array(values_ns, np.int64))
    return histogram


def test_requests_above_each_deadline_are_counted() -> None:
    found = missed(counted(500, 900_000, 2 * MS, 20 * MS, 30 * MS, 99 * MS, 101 * MS, 999 * MS))

    assert found == (Missed(MS, 6, 0.75), Missed(10 * MS, 5, 0.625), Missed(100 * MS, 2, 0.25))


def test_a_deadline_that_is_just_met_is_not_missed() -> None:
    assert [each.count for each in missed(counted(1_000, 1_001), [999, 1_000, 1_001])] == [2, 1, 0]
    assert missed(counted(5, MS))[0].count == 0, "the largest is known exactly"


def test_no_miss_is_left_out_where_a_bucket_holds_the_deadline() -> None:
    assert missed(counted(MS + 1, 50 * MS))[0].count == 2


def test_requests_over_range_missed_every_deadline() -> None:
    assert missed(counted(1, 2, 3, HIGHEST_NS + 1))[2] == Missed(100 * MS, 1, 0.25)


def test_without_requests_there_is_no_share() -> None:
    assert missed(Histogram(), [MS]) == (Missed(MS, 0, None),)


def test_above_counts_only_what_is_in_range() -> None:
    assert above(counted(10, 20, HIGHEST_NS + 1), 15) == 1
