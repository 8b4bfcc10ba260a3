"""Every exact LRU layout, in every mode that it has, against a few-line model.

The modes come from the catalogue and the constructors' annotations: a new layout joins by being
there.
"""

from __future__ import annotations

import gc
import itertools
import sys
from collections import OrderedDict
from collections.abc import Iterator
from random import Random
from typing import ClassVar, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from taking import taken

from strategies.catalogue import list_layouts, load_layout, parse
from strategies.errors import UsageError
from strategies.interface import Layout
from strategies.options import parameters

KEY_MIN, KEY_MAX, ID_MAX, MENTIONS_MAX = -(2**63), 2**63 - 1, 2**64 - 1, 2**32 - 1
POOL = [0, 1, 2, 3, 8, 16, -1, -2, KEY_MIN, KEY_MIN + 1, KEY_MAX, KEY_MAX - 1, 2**32, -(2**32)]
KEYS = st.sampled_from(POOL) | st.integers(KEY_MIN, KEY_MAX)
PLACES = st.integers(0, 9)
IDS = st.sampled_from([0, 1, 2**63 - 1, 2**63, ID_MAX]) | st.integers(0, ID_MAX)
MENTIONS = st.sampled_from([0, 1, MENTIONS_MAX - 1, MENTIONS_MAX])
STEPS = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def exact_layouts() -> list[str]:
    names = [listed.name for listed in list_layouts() if listed.unavailable is None]
    return [name for name in names if load_layout(name).facts.eviction == "exact-lru"]


def modes(name: str) -> Iterator[str]:
    """Yield the layout with every combination of its options that are a choice."""
    choices = {
        option: get_args(kind)
        for option, kind in parameters(load_layout(name), ("payload_bytes",)).items()
        if get_origin(kind) is Literal
    }
    for values in itertools.product(*choices.values()):
        text = f"{name}:" + ",".join(f"{k}={v}" for k, v in zip(choices, values, strict=True))
        try:
            parse(text)
        except UsageError:  # a mode that it does not have; which it must have is tested below
            continue
        yield text


MODES = [mode for name in exact_layouts() for mode in modes(name)]


class AgainstModel(RuleBasedStateMachine):
    """Serves random operations as the service does and compares with the model at every step.

    ``truth`` is the last acknowledged state of every key, ``cached`` the recency order, least
    recent first. A state's version is the number of the key's last update: the store must never
    go back to an earlier one.
    """

    mode: ClassVar[str]
    payload_bytes: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.truth: dict[int, tuple[int, int]] = {}
        self.cached: OrderedDict[int, None] = OrderedDict()
        self.version: dict[int, int] = {}
        self.stored: dict[int, tuple[int, int]] = {}
        self.stored_version: dict[int, int] = {}
        self.updates = self.sealed = self.undrained = self.handed_out = 0
        self.must_be_stored: dict[int, int] = {}

    @initialize(capacity=st.integers(1, 6), keys=st.lists(KEYS, min_size=2, max_size=10))
    def build(self, capacity: int, keys: list[int]) -> None:
        self.capacity, self.keys = capacity, keys
        self.layout: Layout = parse(self.mode).build_layout(capacity, self.payload_bytes)

    def key(self, place: int) -> int:
        return self.keys[place % len(self.keys)]

    def touch(self, key: int) -> None:
        self.cached[key] = None
        self.cached.move_to_end(key)

    def store(self, key: int, state: tuple[int, int]) -> None:
        """Only ever the state as it is now may be committed: anything else is an older one."""
        assert state == self.truth[key]
        self.stored[key] = state
        self.stored_version[key] = self.version.get(key, 0)

    def insert(self, key: int, changed: bool) -> None:
        full = len(self.cached) == self.capacity
        assert self.layout.insert(key, *self.truth[key], changed) is full
        if full:
            oldest, _ = self.cached.popitem(last=False)
            victim, message_id, mentions = self.layout.victim
            assert victim == oldest
            self.store(oldest, (message_id % 2**64, mentions))
        self.touch(key)

    def updated(self, key: int, state: tuple[int, int], hit: bool) -> None:
        assert hit is (key in self.cached)
        self.truth[key] = state
        self.updates += 1
        self.version[key] = self.updates
        if hit:
            self.touch(key)
        else:
            self.insert(key, changed=True)

    @rule(place=PLACES, message_id=IDS, mentions=MENTIONS)
    def known_to_the_store_before(self, place: int, message_id: int, mentions: int) -> None:
        key = self.key(place)
        if key not in self.cached:
            self.truth[key] = (message_id, mentions)
            self.store(key, (message_id, mentions))

    @rule(place=PLACES)
    def read(self, place: int) -> None:
        key = self.key(place)
        state = self.layout.read(key)
        if key in self.cached:
            assert state == self.truth[key]
            self.touch(key)
        else:
            assert state is None
            self.truth.setdefault(key, (0, 0))
            self.insert(key, changed=False)

    @rule(place=PLACES, message_id=IDS)
    def ack(self, place: int, message_id: int) -> None:
        key = self.key(place)
        self.updated(key, (message_id, 0), self.layout.ack(key, message_id))

    @rule(place=PLACES)
    def mention(self, place: int) -> None:
        key = self.key(place)
        message_id, mentions = self.truth.get(key, (0, 0))
        state = (message_id, min(mentions + 1, MENTIONS_MAX))
        self.updated(key, state, self.layout.mention(key))

    @rule()
    def seal(self) -> None:
        self.layout.seal_pending()
        self.undrained += self.updates - self.sealed
        self.sealed = self.updates
        self.must_be_stored = dict(self.version)

    @rule(limit=st.integers(1, 5))
    def take(self, limit: int) -> None:
        for key, message_id, mentions in taken(self.layout.take_pending, limit):
            assert key in self.cached
            self.store(key, (message_id, mentions))
            self.handed_out += 1
        assert self.handed_out <= self.sealed
        self.undrained = max(0, self.undrained - limit)
        if not self.undrained:
            for key, version in self.must_be_stored.items():
                if self.version[key] == version:  # a later update waits for its own turn
                    assert self.stored_version.get(key) == version, key

    @precondition(lambda self: self.updates > 0)
    @rule(limit=st.integers(1, 5))
    def hand_everything_out(self, limit: int) -> None:
        self.seal()
        while self.undrained:
            self.take(limit)
        assert taken(self.layout.take_pending, 3) == []
        changed = {key: self.truth[key] for key in self.version}
        assert {key: self.stored.get(key) for key in changed} == changed

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert len(self.layout) == len(self.cached) <= self.capacity
        assert list(self.layout.items()) == [(key, *self.truth[key]) for key in self.cached]
        for key in self.cached:
            message_id, _ = self.truth[key]
            expected = (message_id.to_bytes(8, "little") * 3)[: self.payload_bytes]
            assert self.layout.payload(key) == expected

    def teardown(self) -> None:
        if hasattr(self, "layout"):
            if self.updates:
                self.hand_everything_out(3)
            self.layout.close()
            self.layout.close()
            assert len(self.layout) == 0


def machine(mode: str, payload_bytes: int) -> type[AgainstModel]:
    class Machine(AgainstModel):
        pass

    Machine.mode, Machine.payload_bytes = mode, payload_bytes
    return Machine


@pytest.mark.parametrize("payload_bytes", [0, 20])
@pytest.mark.parametrize("mode", MODES)
def test_a_layout_does_what_the_model_does(mode: str, payload_bytes: int) -> None:
    run_state_machine_as_test(machine(mode, payload_bytes), settings=STEPS)


@pytest.mark.parametrize("payload_bytes", [0, 20])
@pytest.mark.parametrize("mode", MODES)
def test_a_long_walk_over_many_keys(mode: str, payload_bytes: int) -> None:
    draw = Random(7)
    walk = machine(mode, payload_bytes)()
    keys = [draw.choice((draw.randrange(200), draw.randint(KEY_MIN, KEY_MAX))) for _ in range(90)]
    walk.build(45, keys)
    for step in range(2_000):
        place = int(90 * draw.random() ** 2)
        (operation,) = draw.choices(("read", "mention", "ack", "take", "seal"), (20, 40, 30, 8, 2))
        if operation == "read":
            walk.read(place)
        elif operation == "mention":
            walk.mention(place)
        elif operation == "ack":
            walk.ack(place, draw.getrandbits(64))
        elif operation == "take":
            walk.take(draw.randint(1, 25))
        else:
            walk.seal()
        if step % 25 == 0:
            walk.holds_what_the_model_holds()
    walk.teardown()


def test_no_mode_is_left_out() -> None:
    # replace and in-place, with a list of records, a rolling one, or one entry a key
    counts = {name: len(list(modes(name))) for name in exact_layouts()}
    assert counts["slots"] == counts["dict"] == 6
    assert counts["flat-array"] == 4
    assert all(count >= 2 for count in counts.values())


@pytest.mark.parametrize("mode", MODES)
def test_what_was_only_read_is_not_pending(mode: str) -> None:
    layout = parse(mode).build_layout(4, 0)
    layout.insert(1, 10, 0, changed=False)
    layout.insert(2, 20, 0, changed=True)
    layout.insert(3, 30, 0, changed=False)
    layout.read(1)
    layout.seal_pending()
    assert taken(layout.take_pending, 9) == [(2, 20, 0)]


@pytest.mark.parametrize("mode", MODES)
def test_a_state_that_changes_between_seal_and_commit(mode: str) -> None:
    layout = parse(mode).build_layout(4, 0)
    layout.insert(1, 10, 0, changed=True)
    layout.seal_pending()
    layout.ack(1, 11)
    # what is handed out early is the new state; what is not comes with the next batch
    assert taken(layout.take_pending, 9) in ([], [(1, 11, 0)])
    layout.mention(1)
    layout.seal_pending()
    handed_out = taken(layout.take_pending, 9)
    assert handed_out
    assert set(handed_out) == {(1, 11, 1)}


@pytest.mark.parametrize("mode", MODES)
def test_payload_of_a_key_that_is_not_there(mode: str) -> None:
    layout = parse(mode).build_layout(4, 8)
    layout.insert(1, 10, 0, changed=False)
    assert layout.payload(1) == (10).to_bytes(8, "little")
    with pytest.raises(KeyError):
        layout.payload(2)


@pytest.mark.parametrize(
    ("mode", "tracked_per_entry"),
    [
        ("slots", 1),
        ("dict", int(sys.version_info >= (3, 14))),  # a dict of numbers is tracked from 3.14 on
        ("flat", 0),
        ("flat-array", 0),
    ],
)
@pytest.mark.parametrize("payload_bytes", [0, 20])
def test_the_collector_sees_of_a_layout_what_it_declares(
    mode: str, tracked_per_entry: int, payload_bytes: int
) -> None:
    if mode not in exact_layouts():
        pytest.skip(f"{mode} is not available here")
    layout = parse(mode).build_layout(1_000, payload_bytes)
    gc.collect()
    before = len(gc.get_objects())
    for key in range(1_000):
        layout.insert(key, key, 0, changed=False)
        layout.ack(key, key + 2**40)
        layout.mention(key)
    layout.seal_pending()
    while taken(layout.take_pending, 100):
        pass
    assert abs(len(gc.get_objects()) - before - 1_000 * tracked_per_entry) < 100
