"""What requests leave on the heap: which are held, and how many go at once."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import Any

import pytest

from lab.trial.requests import AllocatingRequests, RequestShape
from strategies.layouts.null import Null


def requests(**shape: Any) -> AllocatingRequests:
    return AllocatingRequests(Null(8), RequestShape(**shape))


def held_after(front: AllocatingRequests, count: int) -> list[int]:
    """Serve so many requests and return how many were held after each."""
    counts = []
    for key in range(count):
        front.read(key)
        counts.append(len(front._held))
    return counts


@pytest.mark.parametrize(
    "changed", [{"objects": 1}, {"in_flight": 1}, {"burst": 2}, {"cycles": 0.5}]
)
def test_only_the_usual_shape_is_empty(changed: dict[str, Any]) -> None:
    assert RequestShape().empty
    assert not replace(RequestShape(), **changed).empty


def test_a_request_by_itself_is_gone_at_once() -> None:
    assert held_after(requests(objects=3), 4) == [0, 0, 0, 0]


def test_so_many_requests_stay_in_flight_without_objects_of_their_own() -> None:
    front = requests(in_flight=3)
    assert held_after(front, 6) == [1, 2, 3, 3, 3, 3]
    assert [len(request) for request in front._held] == [0, 0, 0]
    assert all(map(gc.is_tracked, front._held))


def test_a_burst_goes_together_and_the_oldest_first() -> None:
    front = requests(in_flight=2, burst=3)
    assert held_after(front, 9) == [1, 2, 3, 4, 2, 3, 4, 2, 3]
    assert held_after(front, 1) == [4]
    newest = front._held[-1]
    assert held_after(front, 1) == [2]
    assert front._held[0] is newest


def test_a_burst_alone_gathers_until_it_is_complete() -> None:
    assert held_after(requests(burst=3), 7) == [1, 2, 0, 1, 2, 0, 1]


def test_each_request_has_its_objects() -> None:
    front = requests(objects=4, in_flight=2)
    held_after(front, 5)
    assert [len(request) for request in front._held] == [4, 4]
    assert len({id(each) for request in front._held for each in request}) == 8


class Tied(list[Any]):
    """A list that can be watched."""


def test_every_other_request_ends_in_a_cycle() -> None:
    front = requests(objects=1, in_flight=4, cycles=0.5)
    held_after(front, 4)
    cyclic = [request[-1] is request for request in front._held]
    assert cyclic == [False, True, False, True]


def test_what_ends_in_a_cycle_is_freed_by_the_collector_only() -> None:
    front = requests(objects=1, in_flight=1, cycles=1.0)
    gc.disable()
    try:
        front.read(1)
        mark = Tied()
        front._held[0].append(mark)
        alive = weakref.ref(mark)
        del mark
        held_after(front, 3)
        assert alive() is not None
        gc.collect()
        assert alive() is None
    finally:
        gc.enable()


def test_answers_are_the_layout_s() -> None:
    front = requests(objects=1)
    null = Null(8)
    assert front.read(1) == null.read(1)
    assert front.ack(1, 2) == null.ack(1, 2)
    assert front.mention(1) == null.mention(1)
