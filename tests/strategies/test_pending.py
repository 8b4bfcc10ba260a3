"""The write-behind queues by hand: what is handed out, what is passed over, what is freed when.

Entries are watched through weak references with the collector off, so that what dies here dies by
its reference count, at once.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import get_args

import pytest
from taking import State, taken

from strategies.interface import Drain, Pending
from strategies.parts.pending import (
    CoalescingQueue,
    PendingQueue,
    RecordQueue,
    RollingQueue,
    pending_queue,
)

MODES: list[tuple[Pending, Drain]] = [
    ("record", "batch"),
    ("record", "rolling"),
    ("coalesce", "batch"),
]


class Entry:
    def __init__(self, message_id: int, mentions: int) -> None:
        self.message_id, self.mentions = message_id, mentions


class Cache:
    """A dict of entries with a queue behind it."""

    def __init__(self, pending: Pending, drain: Drain) -> None:
        self.entries: dict[int, Entry] = {}
        self.queue: PendingQueue = pending_queue(
            pending, drain, self.entries.get, lambda entry: (entry.message_id, entry.mentions)
        )

    def update(self, key: int, message_id: int) -> weakref.ref[Entry]:
        """Replace the key's entry and remember it."""
        entry = self.entries[key] = Entry(message_id, key + 100)
        self.queue.add(key, entry)
        return weakref.ref(entry)

    def change(self, key: int, message_id: int) -> None:
        """Change the key's entry in place and remember it again."""
        self.entries[key].message_id = message_id
        self.queue.add(key, self.entries[key])

    def take(self, limit: int) -> list[State]:
        return taken(self.queue.take, limit)


@pytest.fixture(autouse=True)
def collector_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(params=MODES, ids=" ".join)
def cache(request: pytest.FixtureRequest) -> Cache:
    return Cache(*request.param)


@pytest.fixture
def record() -> Cache:
    return Cache("record", "batch")


@pytest.fixture
def coalesce() -> Cache:
    return Cache("coalesce", "batch")


@pytest.fixture
def rolling() -> Cache:
    return Cache("record", "rolling")


def alive(*references: weakref.ref[Entry]) -> list[bool]:
    return [reference() is not None for reference in references]


# All queues alike


def test_nothing_is_handed_out_before_it_is_sealed(cache: Cache) -> None:
    cache.update(1, 10)
    assert cache.take(5) == []
    cache.queue.seal()
    cache.update(2, 20)
    assert cache.take(5) == [(1, 10, 101)]
    assert cache.take(5) == []
    cache.queue.seal()
    assert cache.take(5) == [(2, 20, 102)]


def test_empty_queues(cache: Cache) -> None:
    cache.queue.seal()
    assert cache.take(3) == []
    cache.queue.seal()
    cache.update(1, 10)
    cache.queue.seal()
    assert cache.take(3) == [(1, 10, 101)]


def test_partial_batches_keep_the_order(cache: Cache) -> None:
    for key in range(5):
        cache.update(key, key)
    cache.queue.seal()
    assert cache.take(2) == [(0, 0, 100), (1, 1, 101)]
    assert cache.take(2) == [(2, 2, 102), (3, 3, 103)]
    assert cache.take(2) == [(4, 4, 104)]
    assert cache.take(2) == []


def test_a_superseded_record_is_passed_over_and_the_new_state_is_handed_out(cache: Cache) -> None:
    cache.update(1, 10)
    cache.queue.seal()
    cache.update(1, 11)
    assert cache.take(5) == []  # the new record is not sealed yet
    cache.queue.seal()
    assert cache.take(5) == [(1, 11, 101)]


def test_an_evicted_entry_is_passed_over(cache: Cache) -> None:
    for key in (1, 2, 3):
        cache.update(key, key)
    del cache.entries[2]
    cache.queue.seal()
    assert cache.take(5) == [(1, 1, 101), (3, 3, 103)]


def test_an_entry_evicted_after_the_seal_is_passed_over(cache: Cache) -> None:
    for key in (1, 2):
        cache.update(key, key)
    cache.queue.seal()
    cache.update(3, 3)  # rolls key 1 out, where records roll
    del cache.entries[1], cache.entries[2]
    assert cache.take(5) == []


def test_an_old_record_is_not_mistaken_for_the_key_s_return(cache: Cache) -> None:
    cache.update(1, 10)
    del cache.entries[1]
    cache.queue.seal()
    cache.entries[1] = Entry(20, 101)  # loaded again, not pending
    assert cache.take(5) == []


def test_sealing_again_while_a_batch_is_open_loses_nothing(cache: Cache) -> None:
    for key in (1, 2, 3):
        cache.update(key, key)
    cache.queue.seal()
    assert cache.take(1) == [(1, 1, 101)]
    cache.update(4, 4)
    cache.queue.seal()
    cache.update(5, 5)
    assert cache.take(9) == [(2, 2, 102), (3, 3, 103), (4, 4, 104)]
    assert cache.take(9) == []
    cache.queue.seal()
    assert cache.take(9) == [(5, 5, 105)]


def test_an_entry_changed_in_place_is_handed_out_as_it_is_now(cache: Cache) -> None:
    cache.update(1, 10)
    cache.queue.seal()
    cache.entries[1].message_id = 11
    assert cache.take(5) == [(1, 11, 101)]


def test_one_take_goes_through_no_more_records_than_its_limit(cache: Cache) -> None:
    for key in (1, 2, 3, 4):
        cache.update(key, key)
    del cache.entries[1], cache.entries[2]
    cache.queue.seal()
    assert cache.take(2) == []
    assert cache.take(2) == [(3, 3, 103), (4, 4, 104)]


# pending=record: the batch lives until its last record is out


def test_a_record_of_every_update_in_place_is_handed_out(record: Cache) -> None:
    record.update(1, 10)
    record.change(1, 11)
    record.queue.seal()
    assert record.take(5) == [(1, 11, 101), (1, 11, 101)]


def test_a_batch_is_dropped_whole(record: Cache) -> None:
    first = record.update(1, 10)
    second = record.update(1, 11)
    third = record.update(2, 20)
    del record.entries[2]
    record.queue.seal()
    assert alive(first, second, third) == [True, True, True]
    assert record.take(2) == [(1, 11, 101)]
    assert alive(first, second, third) == [True, True, True]
    assert record.take(1) == []
    assert alive(first, second, third) == [False, True, False]  # the cache holds the second


def test_a_batch_that_was_added_to_is_dropped_whole_as_well(record: Cache) -> None:
    old, current = record.update(1, 10), record.update(1, 11)
    record.queue.seal()
    assert record.take(1) == []
    later = record.update(1, 12)
    record.queue.seal()
    assert record.take(1) == []
    assert alive(old, current, later) == [True, True, True]
    assert record.take(1) == [(1, 12, 101)]
    assert alive(old, current, later) == [False, False, True]


def test_records_after_the_seal_outlive_the_batch(record: Cache) -> None:
    sealed = record.update(1, 10)
    record.queue.seal()
    later = record.update(1, 11)
    record.update(1, 12)
    assert record.take(5) == []
    assert alive(sealed, later) == [False, True]


# pending=coalesce: one entry per key, so that what is replaced is freed in step


def test_a_replaced_entry_is_freed_by_the_update_that_replaces_it(coalesce: Cache) -> None:
    references = [coalesce.update(1, number) for number in range(4)]
    assert alive(*references) == [False, False, False, True]


def test_a_key_keeps_its_first_place(coalesce: Cache) -> None:
    for key, message_id in ((1, 10), (2, 20), (1, 11), (3, 30)):
        coalesce.update(key, message_id)
    coalesce.queue.seal()
    assert coalesce.take(5) == [(1, 11, 101), (2, 20, 102), (3, 30, 103)]


def test_a_batch_that_is_open_takes_the_later_entries_in(coalesce: Cache) -> None:
    for key in (1, 2, 3):
        coalesce.update(key, key)
    coalesce.queue.seal()
    assert coalesce.take(1) == [(1, 1, 101)]
    old = weakref.ref(coalesce.entries[3])
    coalesce.update(3, 33)
    coalesce.update(1, 11)
    assert alive(old) == [True]
    coalesce.queue.seal()
    assert alive(old) == [False]
    assert coalesce.take(9) == [(2, 2, 102), (3, 33, 103), (1, 11, 101)]


def test_the_coalesced_batch_is_dropped_with_its_last_entry(coalesce: Cache) -> None:
    first, second = coalesce.update(1, 10), coalesce.update(2, 20)
    coalesce.queue.seal()
    coalesce.entries.clear()
    assert coalesce.take(1) == []
    assert alive(first, second) == [True, True]
    assert coalesce.take(1) == []
    assert alive(first, second) == [False, False]


# drain=rolling: a record goes as the next one comes


def test_nothing_rolls_before_the_first_seal(rolling: Cache) -> None:
    references = [rolling.update(1, number) for number in range(4)]
    assert alive(*references) == [True, True, True, True]


def test_each_new_record_frees_the_oldest_sealed_one_at_once(rolling: Cache) -> None:
    sealed = [rolling.update(1, number) for number in range(3)]
    rolling.queue.seal()
    new = [rolling.update(1, 10)]
    assert alive(*sealed) == [False, True, True]
    new.append(rolling.update(1, 11))
    assert alive(*sealed) == [False, False, True]
    new += [rolling.update(1, 12), rolling.update(1, 13), rolling.update(1, 14)]
    assert alive(*sealed) == [False, False, False]
    assert alive(*new) == [True] * 5  # not sealed: they stay
    assert rolling.take(9) == []
    rolling.queue.seal()
    assert rolling.take(9) == [(1, 14, 101)]


def test_a_key_that_rolled_out_waits_by_value(rolling: Cache) -> None:
    first = rolling.update(1, 10)
    rolling.queue.seal()
    rolling.update(2, 20)
    rolling.update(1, 11)
    assert alive(first) == [False]
    assert rolling.take(9) == [(1, 11, 101)]  # its state at the commit, not at the seal
    rolling.queue.seal()
    assert rolling.take(9) == [(2, 20, 102), (1, 11, 101)]


def test_take_frees_what_it_hands_out_without_waiting_for_the_batch(rolling: Cache) -> None:
    references = [rolling.update(key, key) for key in (1, 2)]
    rolling.queue.seal()
    rolling.entries.clear()
    assert rolling.take(1) == []
    assert alive(*references) == [False, True]
    assert rolling.take(1) == []
    assert alive(*references) == [False, False]


# The choice


def test_the_queue_goes_by_pending_and_drain() -> None:
    kinds = {mode: type(Cache(*mode).queue) for mode in MODES}
    assert kinds == {
        ("record", "batch"): RecordQueue,
        ("record", "rolling"): RollingQueue,
        ("coalesce", "batch"): CoalescingQueue,
    }
    with pytest.raises(ValueError, match=r"^drain=rolling goes with pending=record$"):
        Cache("coalesce", "rolling")


def test_no_mode_is_left_out() -> None:
    assert {pending for pending, _ in MODES} == set(get_args(Pending))
    assert {drain for _, drain in MODES} == set(get_args(Drain))
