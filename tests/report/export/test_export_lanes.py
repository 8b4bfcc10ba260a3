"""Tracks for what overlaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from lab.report.export.lanes import GAP_NS, lanes_of

INTERVALS = some.lists(some.tuples(some.integers(0, 60_000), some.integers(0, 30_000)), max_size=40)


def lanes(*intervals: tuple[int, int], limit: int | None = None) -> list[int | None]:
    """Give intervals, as (start, end), their lanes."""
    starts = [start for start, _ in intervals]
    return lanes_of(starts, [end - start for start, end in intervals], limit)


def test_intervals_that_follow_each_other_share_a_lane() -> None:
    assert lanes((0, 5_000), (6_000, 9_000), (10_000, 11_000)) == [0, 0, 0]


def test_less_than_a_microsecond_between_two_is_not_enough() -> None:
    assert lanes((0, 5_000), (5_999, 9_000)) == [0, 1]
    assert lanes((0, 5_000), (6_000, 9_000)) == [0, 0]


def test_the_lowest_free_lane_is_taken() -> None:
    found = lanes((0, 90_000), (1_000, 20_000), (2_000, 10_000), (30_000, 40_000), (31_000, 32_000))

    assert found == [0, 1, 2, 1, 2]


def test_the_order_in_which_intervals_are_given_does_not_matter() -> None:
    assert lanes((30_000, 40_000), (0, 90_000), (1_000, 20_000)) == [1, 0, 1]


def test_what_finds_no_free_lane_has_none() -> None:
    found = lanes((0, 50_000), (1_000, 50_000), (2_000, 50_000), (60_000, 61_000), limit=2)

    assert found == [0, 1, None, 0]


def test_of_those_that_start_together_the_longest_is_kept() -> None:
    assert lanes((0, 1_000), (0, 9_000), (0, 5_000), limit=1) == [None, 0, None]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    first, second = sorted((one, other))
    return second[0] < first[0] + first[1] + GAP_NS


@given(INTERVALS, some.none() | some.integers(1, 5))
def test_no_two_intervals_of_a_lane_overlap(
    intervals: list[tuple[int, int]], limit: int | None
) -> None:
    found = lanes_of([start for start, _ in intervals], [length for _, length in intervals], limit)

    placed = [(lane, each) for lane, each in zip(found, intervals, strict=True) if lane is not None]
    for index, (lane, each) in enumerate(placed):
        for other_lane, other in placed[index + 1 :]:
            assert lane != other_lane or not overlap(each, other)
    assert limit is None or all(lane < limit for lane, _ in placed)
    assert limit is not None or len(placed) == len(intervals)


@given(INTERVALS)
def test_there_are_as_many_lanes_as_intervals_lie_over_each_other(
    intervals: list[tuple[int, int]],
) -> None:
    found = lanes_of([start for start, _ in intervals], [length for _, length in intervals])

    most = max(
        (
            sum(s <= start < s + length + GAP_NS for s, length in intervals)
            for start, _ in intervals
        ),
        default=0,
    )
    assert len({lane for lane in found if lane is not None}) == most
