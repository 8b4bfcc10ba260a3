"""Whole users go: what is reported, what is found again, and what is committed when."""

from __future__ import annotations

from typing import Any

import pytest

from lab.testing import CHECKS, Budget, Check, modes, taken
from strategies.catalogue import parse
from strategies.errors import UsageError

MODES = modes("nested")


def nested(capacity: int, mode: str = "nested:channels=4") -> Any:
    return parse(mode).build_layout(capacity, 0)


def keys_of(layout: Any) -> list[int]:
    return [key for key, _, _ in layout.items()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("mode", MODES)
def test_nested_keeps_the_contract(mode: str, check: Check) -> None:
    check(mode, Budget(examples=15, steps=40, walk=1_000))


def test_the_modes_are_those_of_an_object_layout_without_a_rolling_queue() -> None:
    assert len(MODES) == 4
    with pytest.raises(UsageError, match="option 'drain'"):
        parse("nested:drain=rolling")


def test_a_whole_user_makes_room_for_one_state() -> None:
    layout = nested(5)
    for key in (0, 1, 2, 4, 5):  # channels 0 to 2 of user 0, 0 and 1 of user 1
        layout.insert(key, key, 0, changed=False)
    assert layout.insert(8, 8, 0, changed=False) is False
    assert (keys_of(layout), len(layout)) == ([4, 5, 8], 3)


def test_one_used_channel_keeps_its_user() -> None:
    layout = nested(4)
    for key in (0, 1, 4, 5):
        layout.insert(key, key, 0, changed=False)
    assert layout.read(0) == (0, 0)
    layout.insert(8, 8, 0, changed=False)
    assert keys_of(layout) == [0, 1, 8]


def test_negative_keys_have_users_of_their_own() -> None:
    layout = nested(3)
    for key in (-4, -1, 0):  # user -1, -1, 0
        layout.insert(key, 7, 0, changed=False)
    layout.insert(1, 7, 0, changed=False)
    assert keys_of(layout) == [0, 1]


def test_a_user_with_more_channels_than_fit_starts_again() -> None:
    layout = nested(2)
    for key in (0, 1, 2):
        layout.insert(key, key, 0, changed=True)
    assert keys_of(layout) == [2]
    assert [layout.uncommitted(key) for key in range(3)] == [(0, 0), (1, 0), None]


def test_evicted_states_are_found_until_they_are_handed_out() -> None:
    layout = nested(2)
    layout.insert(0, 10, 3, changed=True)
    layout.insert(1, 11, 0, changed=False)  # the store has this one
    layout.insert(4, 14, 0, changed=False)
    assert keys_of(layout) == [4]
    assert layout.uncommitted(0) == (10, 3)
    assert layout.uncommitted(1) is None
    layout.seal_pending()
    assert layout.uncommitted(0) == (10, 3)
    assert taken(layout.take_pending, 9) == [(0, 10, 3)]
    assert layout.uncommitted(0) is None


def test_a_state_that_was_read_back_in_is_committed_in_its_turn() -> None:
    layout = nested(1)
    layout.insert(0, 10, 3, changed=True)
    layout.seal_pending()
    layout.insert(4, 14, 0, changed=False)
    layout.insert(0, *layout.uncommitted(0), changed=False)
    assert taken(layout.take_pending, 9) == [(0, 10, 3)]
    layout.insert(4, 14, 0, changed=False)
    assert layout.uncommitted(0) is None


@pytest.mark.parametrize("mode", MODES)
def test_a_newer_state_is_never_followed_by_the_evicted_one(mode: str) -> None:
    layout = nested(1, mode)
    layout.insert(0, 10, 0, changed=True)
    layout.insert(16, 14, 0, changed=False)
    layout.insert(0, 10, 0, changed=False)
    layout.ack(0, 20)
    layout.seal_pending()
    assert taken(layout.take_pending, 9) == [(0, 20, 0)]
    layout.insert(16, 14, 0, changed=False)
    assert layout.uncommitted(0) is None  # the store is newer
    layout.seal_pending()
    assert taken(layout.take_pending, 9) == []
