"""CPython's rules by hand, and what follows from a workload beside CPython itself."""

from __future__ import annotations

import gc
import sys
from array import array
from collections.abc import Iterator

import numpy as np
import pytest

from lab.analysis.period import Pace, Updates, as_seen, from_workload, predicted_period_s
from lab.workload.popularity import Independent, make_popularity
from strategies.catalogue import load_layout

SEVEN_HUNDRED = (700, 10, 10)
NO_MORE = 700 + 1
"""Survivors of a collection if all that fills generation 0 survives, and nothing else."""
BATCH, STEP = 10_000, 250


def test_a_small_heap_is_collected_whole_at_the_133rd_collection() -> None:
    # 11 cycles of 12, and the one after: 11 of generation 1 have gone by, more than 10
    assert predicted_period_s(1_000, Pace(133.0, NO_MORE), SEVEN_HUNDRED) == 1.0
    # what was measured of 300,000 slotted entries: the 133rd, at 34.2 a second
    assert predicted_period_s(300_000, Pace(34.2, NO_MORE), SEVEN_HUNDRED) == pytest.approx(
        3.889, 1e-3
    )


def test_in_a_large_heap_a_quarter_must_be_pending() -> None:
    # a cycle leaves 12 * 701 = 8,412; a quarter of a million takes 30 of them, and one more
    assert predicted_period_s(1_000_000, Pace(100.0, NO_MORE), SEVEN_HUNDRED) == 3.61
    # 12 cycles are needed from 370,129 objects on: 11 cycles leave 92,532
    assert predicted_period_s(370_128, Pace(1.0, NO_MORE), SEVEN_HUNDRED) == 133.0
    assert predicted_period_s(370_132, Pace(1.0, NO_MORE), SEVEN_HUNDRED) == 145.0


def test_two_survivors_for_each_net_allocation_halve_the_cycles() -> None:
    # 16,824 a cycle: 15 cycles
    assert predicted_period_s(1_000_000, Pace(100.0, 2 * NO_MORE), SEVEN_HUNDRED) == 1.81


def test_later_thresholds_are_later_collections() -> None:
    # CPython 3.13: 2000, so 133 * 2001 = 266,133 net allocations
    assert predicted_period_s(1_000, Pace(1.0, 2_001), (2_000, 10, 10)) == 133.0
    assert predicted_period_s(1_000, Pace(1.0, NO_MORE), (700, 5, 10)) == 78.0
    assert predicted_period_s(1_000, Pace(1.0, NO_MORE), (700, 10, 5)) == 73.0


def test_without_automatic_collections_there_is_no_period() -> None:
    assert predicted_period_s(1_000, Pace(0.0, 0.0), SEVEN_HUNDRED) is None
    assert predicted_period_s(1_000, Pace(1.0, 0.0), SEVEN_HUNDRED) is None
    assert predicted_period_s(1_000, Pace(1.0, 1.0), (0, 10, 10)) is None
    assert predicted_period_s(1_000, None, SEVEN_HUNDRED) is None


def test_what_was_seen_to_be_freed_does_not_survive() -> None:
    # 50 collections a second, which free 350.5 objects each
    assert as_seen(100, 35_050, 700, 2.0) == Pace(50.0, 350.5)
    assert as_seen(0, 0, 700, 2.0) == Pace(0.0, 701.0)


def updates(**over: object) -> Updates:
    usual = {
        "per_s": 1_000.0,
        "misses": 0.0,
        "batch": BATCH,
        "shares": np.full(1_000_000, 1e-6),
        "entry_objects": 1,
        "entry_tracked": True,
    }
    return Updates(**{**usual, **over})  # type: ignore[arg-type]


def test_a_pace_by_hand() -> None:
    # keys seldom return within two batches: of 10,000 updates 9,851 free the entry before
    # (10,000 draws meet 9,950 of a million keys, 20,000 meet 19,801); 2,000 records of 10,000
    # come from the free list, and the drop of the batch forgets 350.5 more
    pace = from_workload(updates(), SEVEN_HUNDRED)
    net = (20_000 - 9_851 - 2_000 - 350.5) / 10_000

    assert pace is not None
    assert pace.collections_per_s == pytest.approx(1_000 * net / 701, 1e-3)
    # a collection of generation 1 comes each 12 * 701 / 0.78 = 10,788 updates, 8 % more than a
    # batch: 0.3 % of the records are gone by then, and of the entries those not updated last
    assert pace.survivors == pytest.approx(2 * 701 / net, 0.005)


def test_updates_in_place_leave_records_alone() -> None:
    pace = from_workload(updates(entry_objects=0), SEVEN_HUNDRED)

    assert pace is not None
    assert pace.collections_per_s == pytest.approx(1_000 * 0.76495 / 701, 1e-4)
    assert pace.survivors == pytest.approx(701 / 0.76495, 0.005)


def test_entries_that_are_not_tracked_do_not_survive() -> None:
    tracked = from_workload(updates(), SEVEN_HUNDRED)
    not_tracked = from_workload(updates(entry_tracked=False), SEVEN_HUNDRED)

    assert tracked is not None
    assert not_tracked is not None
    assert not_tracked.collections_per_s == tracked.collections_per_s
    assert not_tracked.survivors == pytest.approx(tracked.survivors / 2, 0.005)


def test_loads_survive_too() -> None:
    none, some = (from_workload(updates(misses=share), SEVEN_HUNDRED) for share in (0.0, 0.5))

    assert none is not None
    assert some is not None
    assert some.survivors == pytest.approx(none.survivors * 2.5 / 2, 0.005)


def test_batches_too_short_for_generation_0_make_no_collections() -> None:
    assert from_workload(updates(batch=2_000, entry_objects=0), SEVEN_HUNDRED) is None


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """The generations that CPython collects by itself, in order, while the test runs."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    thresholds = gc.get_threshold()
    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] > (3, 12),
    reason="later interpreters collect between instructions",
)
@pytest.mark.parametrize("layout", ["slots", "dict"])
@pytest.mark.parametrize(
    ("keys", "popularity"), [(10_000, "zipf:0.99"), (100_000, "zipf:0.99"), (50_000, "uniform")]
)
def test_the_pace_is_that_of_cpython(
    collections: list[int], layout: str, keys: int, popularity: str
) -> None:
    stream = make_popularity(popularity, np.random.default_rng(1), keys)
    assert isinstance(stream, Independent)
    cache = load_layout(layout)(keys)
    for key in range(keys):
        cache.insert(key, 1, 0, False)
    taken = [array(code, bytes(8 * STEP)) for code in ("q", "Q", "q")]
    gc.set_threshold(*SEVEN_HUNDRED)

    def play(batches: int) -> None:
        for _ in range(batches):
            for number, key in enumerate(stream.draw(BATCH).tolist(), 1):
                cache.ack(key, number)
                if not number % STEP:
                    cache.take_pending(STEP, *taken)
            cache.seal_pending()

    play(3)
    collections.clear()
    play(12)

    drawn = Updates(1.0, 0.0, BATCH, stream.shares, 1, layout == "slots")
    pace = from_workload(drawn, SEVEN_HUNDRED)
    assert pace is not None
    assert len(collections) == pytest.approx(12 * BATCH * pace.collections_per_s, rel=0.06)
