"""Which collections are full ones, from what each collector reports."""

from __future__ import annotations

import pytest

from lab.collectors import (
    collector_of,
    frees_at_once,
    full_collections,
    whole_heap_generation,
)

RECORDED = {
    # generations as gc.csv has them, and which of them may be the long ones
    "generational": ([0, 0, 1, 0, 2, 2], [False, False, False, False, True, True]),
    "free-threaded": ([0, 0, 0], [True, True, True]),
    "incremental": ([1, 1, 1], [True, True, True]),
    "incminimark": ([0, 0, 1, 1, 2], [True] * 5),
}


@pytest.mark.parametrize("collector", RECORDED)
def test_full_collections_are_told_by_collector(collector: str) -> None:
    generations, full = RECORDED[collector]
    assert full_collections(generations, collector).tolist() == full
    assert full_collections([], collector).tolist() == []


@pytest.mark.parametrize(
    ("collector", "generation"),
    {
        "generational": 2,
        "free-threaded": 0,
        "incremental": None,
        "incminimark": None,
        "concurrent": None,
        "none": 2,
    }.items(),
)
def test_a_walk_in_one_go_has_a_number_of_its_own(collector: str, generation: int | None) -> None:
    assert whole_heap_generation(collector) == generation


def test_only_counted_and_owned_memory_is_freed_at_once() -> None:
    assert [frees_at_once(name) for name in RECORDED] == [True, True, True, False]
    assert [frees_at_once(name) for name in ("concurrent", "none")] == [False, True]


def test_a_trial_of_before_there_was_a_choice_is_generational() -> None:
    assert collector_of({}) == collector_of({"runtime": None}) == "generational"
    assert collector_of({"runtime": {"collector": "incremental"}}) == "incremental"
