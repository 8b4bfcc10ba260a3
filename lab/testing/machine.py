"""Random operations on a layout, beside a model of what a cache of Read States must answer.

The machine does what the Read States service does: it serves, loads after a miss, inserts, stores
what is evicted, and commits by portions. This is the exact machine; the approximate one is in
`lab.testing.approximate`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lab.testing.taking import taken
from strategies.catalogue import parse
from strategies.interface import MENTIONS_MAX, Layout, payload_for

KEY_MIN, KEY_MAX, ID_MAX = -(2**63), 2**63 - 1, 2**64 - 1
POOL = [0, 1, 2, 3, 8, 16, -1, -2, KEY_MIN, KEY_MIN + 1, KEY_MAX, KEY_MAX - 1, 2**32, -(2**32)]
KEYS = st.sampled_from(POOL) | st.integers(KEY_MIN, KEY_MAX)
PLACES = st.integers(0, 9)
IDS = st.sampled_from([0, 1, 2**63 - 1, 2**63, ID_MAX]) | st.integers(0, ID_MAX)
MENTIONS = st.sampled_from([0, 1, MENTIONS_MAX - 1, MENTIONS_MAX])


@dataclass(frozen=True)
class Budget:
    """How much is tried. A layout over a socket or a database takes a smaller one."""

    examples: int = 25
    """Random walks per mode and payload size."""
    steps: int = 40
    """Operations in each."""
    walk: int = 2_000
    """Operations of the one long walk."""
    slack: int = 0
    """Entries that an approximate layout may hold beyond its capacity for a moment."""
    shrink: bool = True
    """Look for the shortest steps that show a fault: up to minutes, and only where there is one."""


class LayoutMachine(RuleBasedStateMachine):
    """Serves random operations as the service does and compares with the model at every step.

    ``truth`` is the last acknowledged state of every key, ``cached`` the recency order, least
    recent first. A state's version is the number of the key's last update: the store must never
    go back to an earlier one. Subclasses say what differs for a layout that is no exact LRU.
    """

    mode: ClassVar[str]
    payload_bytes: ClassVar[int]
    budget: ClassVar[Budget]

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
        """Construct the layout, for a few keys more than it holds."""
        self.capacity, self.keys = capacity, keys
        self.layout: Layout = parse(self.mode).build_layout(capacity, self.payload_bytes)

    def key(self, place: int) -> int:
        """Return one of the keys."""
        return self.keys[place % len(self.keys)]

    def touch(self, key: int) -> None:
        """Make a key the most recent one."""
        self.cached[key] = None
        self.cached.move_to_end(key)

    def check_hit(self, key: int, hit: bool) -> None:
        """Compare a hit or a miss with what the layout declares."""
        assert hit is (key in self.cached), f"key {key}: {'a hit' if hit else 'a miss'}"

    def store(self, key: int, state: tuple[int, int]) -> None:
        """Only ever the state as it is now may be committed: anything else is an older one."""
        assert state == self.truth[key], f"key {key}: {state} committed, not {self.truth[key]}"
        self.stored[key] = state
        self.stored_version[key] = self.version.get(key, 0)

    def load(self, key: int) -> None:
        """Find a key's state after a miss; the exact machine knows that it was committed."""

    def victim(self) -> tuple[int, tuple[int, int]]:
        """Return the key and the state that the layout says it evicted."""
        key, message_id, mentions = self.layout.victim
        return key, (message_id % 2**64, mentions)

    def insert(self, key: int, changed: bool) -> None:
        """Insert the key's true state after a miss and store what that displaced."""
        full = len(self.cached) == self.capacity
        evicted = self.layout.insert(key, *self.truth[key], changed)
        assert evicted is full, f"insert said {evicted} with {len(self.cached)} entries cached"
        if full:
            oldest, _ = self.cached.popitem(last=False)
            victim, state = self.victim()
            assert victim == oldest, f"evicted {victim}, the least recent is {oldest}"
            self.store(oldest, state)
        self.touch(key)

    def updated(self, key: int, state: tuple[int, int], hit: bool) -> None:
        """Note an update that was served; a miss goes on with an insertion."""
        self.check_hit(key, hit)
        if not hit:
            self.load(key)
        self.truth[key] = state
        self.updates += 1
        self.version[key] = self.updates
        if hit:
            self.touch(key)
        else:
            self.insert(key, changed=True)

    @rule(place=PLACES, message_id=IDS, mentions=MENTIONS)
    def known_to_the_store_before(self, place: int, message_id: int, mentions: int) -> None:
        """Put a state into the store that the layout has not seen."""
        key = self.key(place)
        if key not in self.cached:
            self.truth[key] = (message_id, mentions)
            self.store(key, (message_id, mentions))

    @rule(place=PLACES)
    def read(self, place: int) -> None:
        """Serve a read."""
        key = self.key(place)
        state = self.layout.read(key)
        self.check_hit(key, state is not None)
        if state is not None:
            assert state == self.truth[key], f"key {key}: read {state}, not {self.truth[key]}"
            self.touch(key)
        else:
            self.load(key)
            self.truth.setdefault(key, (0, 0))
            self.insert(key, changed=False)

    @rule(place=PLACES, message_id=IDS)
    def ack(self, place: int, message_id: int) -> None:
        """Serve an ack."""
        key = self.key(place)
        self.updated(key, (message_id, 0), self.layout.ack(key, message_id))

    @rule(place=PLACES)
    def mention(self, place: int) -> None:
        """Serve a mention."""
        key = self.key(place)
        message_id, mentions = self.truth.get(key, (0, 0))
        state = (message_id, min(mentions + 1, MENTIONS_MAX))
        self.updated(key, state, self.layout.mention(key))

    @rule()
    def seal(self) -> None:
        """Make what is pending the batch to commit."""
        self.layout.seal_pending()
        self.undrained += self.updates - self.sealed
        self.sealed = self.updates
        self.must_be_stored = dict(self.version)

    @rule(limit=st.integers(1, 5))
    def take(self, limit: int) -> None:
        """Commit up to ``limit`` states; after as many as were sealed, all of them are out."""
        for key, message_id, mentions in taken(self.layout.take_pending, limit):
            assert key in self.cached, f"key {key}: handed out, and not cached"
            self.store(key, (message_id, mentions))
            self.handed_out += 1
        assert self.handed_out <= self.sealed, "more was handed out than was sealed"
        self.undrained = max(0, self.undrained - limit)
        if not self.undrained:
            for key, version in self.must_be_stored.items():
                if self.version[key] == version:  # a later update waits for its own turn
                    assert self.stored_version.get(key) == version, f"key {key}: never committed"

    @precondition(lambda self: self.updates > 0)
    @rule(limit=st.integers(1, 5))
    def hand_everything_out(self, limit: int) -> None:
        """Commit everything; then the store has every acknowledged state."""
        self.seal()
        while self.undrained:
            self.take(limit)
        more = taken(self.layout.take_pending, 3)
        assert more == [], f"{more} handed out after everything was"
        for key in self.version:
            stored = self.stored.get(key)
            assert stored == self.truth[key], f"key {key}: {stored} stored, not {self.truth[key]}"

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        """Compare the content: keys in their order, states, payloads."""
        size, expected = len(self.layout), [(key, *self.truth[key]) for key in self.cached]
        assert size == len(expected) <= self.capacity, f"{size} entries, not {len(expected)}"
        items = list(self.layout.items())
        assert items == expected, f"items {items}, not {expected}"
        self.check_payloads(list(self.cached))

    def check_payloads(self, keys: list[int]) -> None:
        """Compare the payload bytes of cached keys."""
        for key in keys:
            message_id, _ = self.truth[key]
            payload, expected = (
                self.layout.payload(key),
                payload_for(message_id, self.payload_bytes),
            )
            assert payload == expected, f"key {key}: payload {payload!r}, not {expected!r}"

    def closed(self) -> None:
        """Look at a layout that was closed."""
        assert len(self.layout) == 0, "entries are left after close"

    def teardown(self) -> None:
        """Commit everything and close, twice."""
        if not hasattr(self, "layout"):
            return
        try:
            if self.updates:
                self.hand_everything_out(3)
        finally:
            self.layout.close()
        self.layout.close()
        self.closed()


def run_machine(machine: type[LayoutMachine]) -> None:
    """Let hypothesis drive a machine; a failure comes with the shortest steps that show it."""
    budget = machine.budget
    left_out = set() if budget.shrink else {Phase.shrink, Phase.explain}
    chosen = settings(
        phases=set(Phase) - left_out,
        max_examples=budget.examples,
        stateful_step_count=budget.steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
