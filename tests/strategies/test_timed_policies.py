"""Policies that are given time: when they collect, on a clock made by hand."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from strategies.catalogue import parse
from strategies.interface import TimedPolicy
from strategies.policies import idle, refreeze, scheduled

S = 1_000_000_000


class Clock:
    """A clock that only moves when told, and when something is collected."""

    def __init__(self) -> None:
        self.now = 1_000 * S
        self.takes = {0: 10_000, 1: 50_000, 2: 400_000_000}
        self.collected: list[int] = []

    def __call__(self) -> int:
        return self.now

    def collect(self, generation: int = 2) -> int:
        self.collected.append(generation)
        self.now += self.takes[generation]
        return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    for module in (idle, refreeze, scheduled):
        monkeypatch.setattr(module, "monotonic_ns", clock)
    monkeypatch.setattr(gc, "collect", clock.collect)
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    yield clock
    gc.set_threshold(*thresholds)
    (gc.enable if enabled else gc.disable)()
    gc.unfreeze()


def made(text: str) -> TimedPolicy:
    policy = parse(text).build_policy()
    assert isinstance(policy, TimedPolicy)
    policy.prepare()
    policy.after_warm_up()
    return policy


def test_scheduled_collects_whenever_its_period_is_over(clock: Clock) -> None:
    policy = made("slots+scheduled:2s")
    assert policy.next_ns == clock.now + 2 * S
    clock.now = policy.next_ns + 5
    policy.on_time(clock.now)

    assert clock.collected == [2]
    assert policy.next_ns == 1_004 * S + 5


def test_refreeze_collects_young_and_freezes_again(clock: Clock) -> None:
    policy = made("slots+refreeze")
    assert policy.next_ns == clock.now + 30 * S
    before = gc.get_freeze_count()
    kept = [[] for _ in range(1_000)]
    policy.on_time(policy.next_ns)

    assert clock.collected == [1]
    assert gc.get_freeze_count() >= before + len(kept)
    policy.close()
    assert gc.get_freeze_count() == 0


def test_idle_collects_young_only_in_a_gap_that_is_long_enough(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [0]
    monkeypatch.setattr(gc, "get_count", lambda: (counts[0], 0, 0))
    policy = made("slots+idle:700,30s")
    assert not gc.isenabled()
    clock.collected.clear()

    policy.on_idle(clock.now + S)
    assert clock.collected == [], "nothing has come together yet"
    counts[0] = 700
    policy.on_idle(clock.now + 100_000)
    assert clock.collected == [], "the first guess is 100 us, and half as much again is wanted"
    policy.on_idle(clock.now + 160_000)
    assert clock.collected == [0]
    policy.on_idle(clock.now + 16_000)
    assert clock.collected == [0, 0], "it took 10 us, so a gap of 16 us is enough now"
    counts[0] = 7_000
    policy.on_idle(clock.now + 1)
    assert clock.collected == [0, 0, 0], "ten times over it waits for no gap"


def test_idle_takes_generation_1_along_every_tenth_time(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (700, 0, 0))
    policy = made("slots+idle")
    clock.collected.clear()
    for _ in range(20):
        policy.on_idle(clock.now + S)

    assert clock.collected == ([0] * 9 + [1]) * 2


def test_a_full_collection_waits_for_its_gap_until_it_is_overdue_twice_over(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 0))
    policy = made("slots+idle:overdue=10s")
    clock.collected.clear()
    clock.now += 11 * S
    policy.on_idle(clock.now + S // 2)
    assert clock.collected == [], "the last one took 0.4 s: half a second is too little with margin"
    policy.on_idle(clock.now + S)
    assert clock.collected == [2]
    assert policy.next_ns == clock.now + 20 * S
    clock.now = policy.next_ns
    policy.on_time(clock.now)
    assert clock.collected == [2, 2]


def test_a_policy_marks_what_it_collects(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    policy = parse("slots+scheduled").build_policy()
    monkeypatch.setattr(gc, "collect", lambda _: seen.append(policy.collecting))
    policy.collect(2)

    assert seen == [True]
    assert not policy.collecting


def test_young_only_never_reaches_the_oldest_generation() -> None:
    before = gc.get_threshold()
    parse("slots+young-only").build_policy().prepare()
    assert gc.get_threshold() == (*before[:2], 2**31 - 1)
    gc.set_threshold(*before)
