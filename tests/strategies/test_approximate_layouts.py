"""Every layout that evicts as it likes: its values are right and nothing acknowledged is lost."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from taking import taken

from lab.testing import CHECKS, Budget, Check, modes
from strategies.catalogue import list_layouts, load_layout, parse
from strategies.errors import UsageError

KEYS = [0, 1, -1, -2, 2**63 - 1, -(2**63), 2**32, *range(10, 60)]
LATE = 64
"""So many entries beyond its capacity may wait for their eviction."""


def approximate_layouts() -> list[str]:
    names = [listed.name for listed in list_layouts() if listed.unavailable is None]
    return [name for name in names if load_layout(name).facts.eviction == "approximate"]


class Service:
    """Serves a layout as a service does, with a dict for its store."""

    def __init__(self, layout: Any) -> None:
        self.layout = layout
        self.truth: dict[int, tuple[int, int]] = {}
        self.stored: dict[int, tuple[int, int]] = {}
        self.updates = 0

    def load(self, key: int) -> tuple[int, int]:
        state = self.layout.uncommitted(key) or self.stored.get(key, (0, 0))
        assert state == self.truth.get(key, (0, 0))
        return state

    def read(self, key: int) -> bool:
        state = self.layout.read(key)
        if state is None:
            assert self.layout.insert(key, *self.load(key), False) is False
            return False
        assert state == self.truth.get(key, (0, 0))
        return True

    def ack(self, key: int, message_id: int) -> None:
        hit = self.layout.ack(key, message_id)
        if not hit:
            self.load(key)
            assert self.layout.insert(key, message_id, 0, True) is False
        self.truth[key] = (message_id, 0)
        self.updates += 1

    def mention(self, key: int) -> None:
        message_id, mentions = self.truth.get(key, (0, 0))
        state = (message_id, min(mentions + 1, 2**32 - 1))
        if not self.layout.mention(key):
            self.load(key)
            assert self.layout.insert(key, *state, True) is False
        self.truth[key] = state
        self.updates += 1

    def take(self, limit: int) -> int:
        states = taken(self.layout.take_pending, limit)
        for key, message_id, mentions in states:
            assert (message_id, mentions) == self.truth[key]  # never an older one
            self.stored[key] = (message_id, mentions)
        return len(states)

    def commit_everything(self) -> None:
        for _ in range(2):
            self.layout.seal_pending()
            for _ in range(self.updates):  # a step may go through records and hand nothing out
                self.take(7)
        assert {key: self.stored.get(key) for key in self.truth} == self.truth
        assert not any(self.layout.uncommitted(key) for key in KEYS)


@pytest.mark.parametrize("pending", ["record", "coalesce"])
@pytest.mark.parametrize("payload_bytes", [0, 20])
@pytest.mark.parametrize("capacity", [1, 20, 100])
@pytest.mark.parametrize("name", approximate_layouts())
def test_values_are_right_and_nothing_is_lost(
    name: str, capacity: int, payload_bytes: int, pending: str
) -> None:
    layout: Any = parse(f"{name}:pending={pending}").build_layout(capacity, payload_bytes)
    service, draw, hits = Service(layout), Random(capacity), 0
    for step in range(4_000):
        key = draw.choice(KEYS)
        (kind,) = draw.choices(("read", "ack", "mention", "seal", "take"), (30, 30, 30, 2, 8))
        if kind == "read":
            hits += service.read(key)
        elif kind == "ack":
            service.ack(key, draw.getrandbits(64))
        elif kind == "mention":
            service.mention(key)
        elif kind == "seal":
            layout.seal_pending()
        else:
            service.take(draw.randint(1, 9))
        if step % 200 == 0:
            check_content(service, capacity, payload_bytes)
    assert hits > 0 or capacity == 1
    service.commit_everything()
    layout.close()
    layout.close()
    assert len(layout) == 0


def check_content(service: Service, capacity: int, payload_bytes: int) -> None:
    layout = service.layout
    items = list(layout.items())
    assert len(layout) <= capacity + LATE
    assert len({key for key, _, _ in items}) == len(items) <= capacity + LATE
    for key, message_id, mentions in items:
        assert (message_id, mentions) == service.truth.get(key, (0, 0))
        expected = (message_id.to_bytes(8, "little") * 3)[:payload_bytes]
        assert layout.payload(key) == expected


@pytest.mark.parametrize("name", approximate_layouts())
def test_what_many_insertions_leave_is_within_the_capacity(name: str) -> None:
    layout = parse(name).build_layout(1_000, 0)
    for key in range(20_000):
        layout.insert(key, key, 0, changed=False)
    assert 500 < len(layout) <= 1_000 + LATE
    assert len(list(layout.items())) == pytest.approx(len(layout), abs=LATE)
    layout.close()


@pytest.mark.parametrize("name", approximate_layouts())
def test_counters_saturate_and_ids_are_unsigned(name: str) -> None:
    layout = parse(name).build_layout(10, 0)
    layout.insert(5, 2**64 - 1, 2**32 - 2, changed=False)
    assert layout.mention(5)
    assert layout.mention(5)
    assert layout.read(5) == (2**64 - 1, 2**32 - 1)


@pytest.mark.parametrize("name", approximate_layouts())
def test_an_evicted_state_is_there_until_it_is_handed_out(name: str) -> None:
    layout: Any = parse(name).build_layout(10, 0)
    for key in range(2_000):
        layout.insert(key, key + 1, 0, changed=True)
    layout.seal_pending()
    gone = [key for key in range(2_000) if layout.read(key) is None]
    assert len(gone) > 1_800
    assert all(layout.uncommitted(key) == (key + 1, 0) for key in gone)
    handed_out = {}
    while states := taken(layout.take_pending, 300):
        handed_out.update({key: message_id for key, message_id, _ in states})
    assert handed_out == {key: key + 1 for key in range(2_000)}
    assert not any(layout.uncommitted(key) for key in range(2_000))


@pytest.mark.parametrize("name", approximate_layouts())
def test_its_updates_are_those_that_it_declares(name: str) -> None:
    if "in-place" in load_layout(name).facts.updates:
        parse(f"{name}:update=in-place")
    else:
        with pytest.raises(UsageError, match="has update=replace only"):
            parse(f"{name}:update=in-place")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("mode", [mode for name in approximate_layouts() for mode in modes(name)])
def test_a_layout_keeps_the_contract(mode: str, check: Check) -> None:
    check(mode, Budget(examples=10, steps=30, walk=600, slack=LATE))
