"""The free list of `pooled`: an entry's second life never begins while a record refers to it."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from lab.testing import taken
from strategies.catalogue import parse


def pooled(capacity: int, payload_bytes: int = 0) -> Any:
    return parse("pooled").build_layout(capacity, payload_bytes)


def entry_of(layout: Any, key: int) -> Any:
    return layout._entries[key]


def commit(layout: Any) -> None:
    layout.seal_pending()
    while taken(layout.take_pending, 100):
        pass


def test_a_clean_entry_is_used_again_at_once() -> None:
    layout = pooled(1)
    layout.insert(1, 10, 0, changed=False)
    first = entry_of(layout, 1)
    assert layout.insert(2, 20, 5, changed=False) is True
    assert list(layout.victim) == [1, 10, 0]
    assert entry_of(layout, 2) is first
    assert layout.read(2) == (20, 5)


@pytest.mark.parametrize("evict", [False, True])
def test_a_waiting_entry_is_not_used_again_before_its_turn(evict: bool) -> None:
    layout = pooled(2)
    layout.insert(1, 10, 0, changed=True)
    first = entry_of(layout, 1)
    if evict:
        layout.insert(2, 20, 0, changed=False)
        layout.insert(3, 30, 0, changed=False)
    else:
        layout.ack(1, 11)
    layout.seal_pending()
    layout.insert(4, 40, 0, changed=False)
    assert all(entry_of(layout, key) is not first for key, _, _ in layout.items())
    assert first not in layout._free
    assert (first.message_id, first.mentions) == (10, 0)
    assert taken(layout.take_pending, 1) == []
    assert first in layout._free


def test_an_entry_that_was_handed_out_goes_back_when_it_is_replaced() -> None:
    layout = pooled(1)
    layout.insert(1, 10, 0, changed=True)
    first = entry_of(layout, 1)
    commit(layout)
    layout.ack(1, 11)
    assert entry_of(layout, 1) is not first
    commit(layout)
    layout.ack(1, 12)
    assert entry_of(layout, 1) is first


def test_no_entry_is_in_two_places() -> None:
    layout = pooled(10)
    for key in range(10):
        layout.insert(key, key, 0, changed=True)
    for step in range(1_000):
        if not layout.mention(step * 7 % 13):
            layout.insert(step * 7 % 13, step, 0, changed=step % 2 == 0)
        if step % 20 == 0:
            layout.seal_pending()
        taken(layout.take_pending, 3)
        held = [*layout._entries.values(), *layout._free]
        assert len({id(entry) for entry in held}) == len(held)


@pytest.mark.parametrize("payload_bytes", [0, 20])
def test_updates_allocate_nothing_once_the_list_is_as_long_as_the_backlog(
    payload_bytes: int,
) -> None:
    layout = pooled(100, payload_bytes)
    for key in range(100):
        layout.insert(key, key, 0, changed=False)

    def three_rounds() -> None:
        for _ in range(3):
            for key in range(100):
                layout.ack(key, key)
                layout.mention(key)
            commit(layout)

    three_rounds()
    gc.collect()
    before = len(gc.get_objects())
    three_rounds()
    assert abs(len(gc.get_objects()) - before) < 20
    assert layout.payload(7) == ((7).to_bytes(8, "little") * 3)[:payload_bytes]
