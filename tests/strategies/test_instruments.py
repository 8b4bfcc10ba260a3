"""`null` and `known-pause`: the first does nothing, the second pauses when and as long as said."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from taking import taken

from strategies.catalogue import parse
from strategies.errors import UsageError
from strategies.layouts import known_pause
from strategies.layouts.known_pause import KnownPause
from strategies.parts.stalls import base
from strategies.parts.stalls.base import Stall
from strategies.parts.stalls.kinds import ORDER, Wanted

MS, S = 10**6, 10**9
T0 = 5 * S


class FakeClock:
    """Every reading takes a microsecond; a sleep ends late by ``late_ns``."""

    def __init__(self) -> None:
        self.now_ns, self.late_ns = 0, 0
        self.sleeps: list[float] = []

    def read(self) -> int:
        self.now_ns += 1_000
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now_ns += round(seconds * 1e9) + self.late_ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    for module in (known_pause, base):
        monkeypatch.setattr(module, "monotonic_ns", clock.read)
    monkeypatch.setattr(base, "time", SimpleNamespace(sleep=clock.sleep))
    return clock


def pauses(layout: Any, clock: FakeClock, *at_ns: int) -> list[int]:
    """Serve one read at each moment after T0; return how long each took, in nanoseconds."""
    taken_ns = []
    for moment in at_ns:
        clock.now_ns = T0 + moment - 1_000  # the next reading is the moment
        layout.read(1)
        taken_ns.append(clock.now_ns - (T0 + moment))
    return taken_ns


def measured(clock: FakeClock, pause: int = 50 * MS, every: int = S) -> Any:
    layout = KnownPause(8, pause=pause, every=every)
    layout.measure_from(T0)
    return layout


@pytest.mark.parametrize("name", ["null", "known-pause"])
def test_an_instrument_keeps_nothing(name: str, clock: FakeClock) -> None:
    layout = parse(name).build_layout(8, 20)
    assert parse(name).layout_facts.eviction == "none"
    assert layout.read(1) == (0, 0)
    assert layout.ack(1, 2**64 - 1) is True
    assert layout.mention(-1) is True
    assert layout.insert(1, 2, 3, changed=True) is False
    layout.seal_pending()
    assert taken(layout.take_pending, 5) == []
    assert (len(layout), list(layout.items()), layout.payload(1)) == (0, [], b"")
    assert layout.index_epoch() == 0
    assert (layout.victim.typecode, list(layout.victim)) == ("q", [0, 0, 0])
    layout.close()
    layout.close()


@pytest.mark.parametrize("mode", ["update=replace", "update=in-place", "pending=coalesce"])
@pytest.mark.parametrize("name", ["null", "known-pause"])
def test_an_instrument_takes_every_mode(name: str, mode: str) -> None:
    assert len(parse(f"{name}:{mode}").build_layout(8, 0)) == 0


def test_no_pause_before_the_measured_phase(clock: FakeClock) -> None:
    layout = KnownPause(8, pause=50 * MS, every=S)
    assert pauses(layout, clock, 0, 3600 * S) == [0, 0]
    assert clock.sleeps == []


def test_the_first_pause_comes_after_half_a_period(clock: FakeClock) -> None:
    layout = measured(clock)
    assert pauses(layout, clock, 0, 500 * MS - 1_000, 500 * MS, 550 * MS + 1_000) == [
        0,
        0,
        50 * MS,
        0,
    ]
    assert clock.sleeps == [0.04]  # and 10 ms are spun


def test_the_next_ones_come_a_period_later_each(clock: FakeClock) -> None:
    layout = measured(clock)
    moments = [500 * MS, 1_499 * MS, 1_500 * MS, 2_499 * MS, 2_600 * MS, 3_499 * MS, 3_500 * MS]
    assert pauses(layout, clock, *moments) == [50 * MS, 0, 50 * MS, 0, 50 * MS, 0, 50 * MS]


def test_moments_that_passed_without_an_operation_are_one_pause(clock: FakeClock) -> None:
    layout = measured(clock)
    assert pauses(layout, clock, 3_700 * MS, 3_800 * MS, 4_500 * MS) == [50 * MS, 0, 50 * MS]


def test_a_sleep_that_ends_late_does_not_lengthen_the_pause(clock: FakeClock) -> None:
    layout = measured(clock)
    clock.late_ns = 250_000
    assert pauses(layout, clock, 500 * MS) == [50 * MS]


def test_a_pause_shorter_than_a_sleep_can_be_is_spun(clock: FakeClock) -> None:
    layout = measured(clock, pause=20_000)
    assert pauses(layout, clock, 500 * MS) == [20_000]
    assert clock.sleeps == [0]


def test_every_request_pauses_and_nothing_else(clock: FakeClock) -> None:
    layout = measured(clock)
    requests = [partial(layout.read, 1), partial(layout.ack, 1, 2), partial(layout.mention, 1)]
    for number, request in enumerate(requests):
        clock.now_ns = begin = T0 + 500 * MS + number * S
        request()
        assert clock.now_ns == begin + 50 * MS + 1_000
    clock.now_ns = begin = T0 + 10 * S
    layout.insert(1, 2, 3, changed=True)
    layout.seal_pending()
    taken(layout.take_pending, 5)
    assert clock.now_ns == begin


def test_the_options_are_durations(clock: FakeClock) -> None:
    layout = parse("known-pause:20ms,every=2s").build_layout(8, 0)
    assert isinstance(layout, KnownPause)
    layout.measure_from(T0)
    assert pauses(layout, clock, 999 * MS, 1_000 * MS, 3_000 * MS) == [0, 20 * MS, 20 * MS]


class Noted(Stall):
    """Notes when it is caused, by the clock of the measured phase; there are ``left`` of it."""

    def __init__(self, name: str, *, left: int = 100, misses: bool = False) -> None:
        self.name, self.misses, self._left = name, misses, left
        self.caused_ns: list[int] = []
        self.evictions, self.closed = 0, 0

    @property
    def left(self) -> int:
        return self._left - len(self.caused_ns)

    def cause(self, begin_ns: int) -> None:
        self.caused_ns.append(begin_ns - T0)

    def evict(self) -> bool:
        self.evictions += 1
        return self.name == "drop"

    def close(self) -> None:
        self.closed += 1


Build = Any


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Build:
    """Build a measured layout around stalls that only take notes."""

    def build(*stalls: Noted, kind: str = "mixed", every: int = S) -> Any:
        monkeypatch.setattr(known_pause, "build", lambda kind, wanted: stalls)
        layout = KnownPause(8, every=every, kind=kind)  # type: ignore[arg-type]
        layout.measure_from(T0)
        return layout

    return build


def at(clock: FakeClock, moment_ns: int) -> None:
    clock.now_ns = T0 + moment_ns - 1_000


def test_stall_k_is_of_kind_k_by_the_time_alone(noting: Build, clock: FakeClock) -> None:
    first, second, third = stalls = Noted("a"), Noted("b"), Noted("c")
    layout = noting(*stalls)
    pauses(layout, clock, 499 * MS, 500 * MS, 1_500 * MS, 2_500 * MS, 3_500 * MS)
    assert [stall.caused_ns for stall in stalls] == [
        [500 * MS, 3_500 * MS],
        [1_500 * MS],
        [2_500 * MS],
    ]
    # no operation from 4.5 to 6.5 s: moments 4 and 5 are lost, the one in force is number 6
    pauses(layout, clock, 6_900 * MS, 7_400 * MS, 7_500 * MS)
    assert first.caused_ns[2:] == [6_900 * MS]
    assert (second.caused_ns[1:], third.caused_ns[1:]) == ([7_500 * MS], [])
    assert layout.stalls_made == 6


def test_the_stalls_end_when_one_is_due_and_none_is_left(noting: Build, clock: FakeClock) -> None:
    plenty, one = Noted("a"), Noted("b", left=1)
    layout = noting(plenty, one)
    pauses(layout, clock, *(500 * MS + k * S for k in range(8)))
    assert plenty.caused_ns == [500 * MS, 2_500 * MS]
    assert one.caused_ns == [1_500 * MS]
    assert layout.stalls_made == 3


def test_a_stall_in_the_load_is_one_miss_that_keeps_nothing(
    noting: Build, clock: FakeClock
) -> None:
    layout = noting(Noted("load", misses=True), kind="load")
    at(clock, 500 * MS)
    assert layout.ack(1, 2) is False
    assert layout.insert(1, 2, 3, changed=True) is False
    assert list(layout.victim) == [0, 0, 0]
    assert layout.ack(1, 2) is True
    at(clock, 1_500 * MS)
    assert layout.mention(1) is False
    assert layout.mention(1) is True
    at(clock, 2_500 * MS)
    assert layout.read(1) is None
    assert layout.read(1) == (0, 0)


def test_a_drop_evicts_the_very_state_it_was_given(noting: Build, clock: FakeClock) -> None:
    drop = Noted("drop", misses=True)
    layout = noting(drop, kind="drop")
    assert layout.insert(7, 1, 2, changed=True) is False  # no stall made it a miss
    at(clock, 500 * MS)
    assert layout.ack(-5, 2**64 - 1) is False
    assert drop.evictions == 0
    assert layout.insert(-5, 2**64 - 1, 2**32 - 1, changed=True) is True
    assert list(layout.victim) == [-5, -1, 2**32 - 1]
    assert layout.insert(8, 1, 2, changed=True) is False
    assert drop.evictions == 1


def test_a_stall_that_does_not_miss_leaves_the_insertion_alone(
    noting: Build, clock: FakeClock
) -> None:
    drop, other = Noted("drop", misses=True), Noted("other")
    layout = noting(drop, other)
    pauses(layout, clock, 500 * MS, 1_500 * MS)  # the first one's insertion never came
    assert layout.insert(1, 2, 3, changed=True) is False
    assert (drop.evictions, other.evictions) == (0, 0)


def test_a_commit_stalls_hand_outs_and_nothing_else(noting: Build, clock: FakeClock) -> None:
    commit = Noted("commit")
    layout = noting(commit, kind="commit")
    at(clock, 499 * MS)
    taken(layout.take_pending, 5)
    at(clock, 600 * MS)
    layout.read(1), layout.ack(1, 2), layout.mention(1), layout.seal_pending()
    assert commit.caused_ns == []
    at(clock, 700 * MS)
    assert taken(layout.take_pending, 5) == []
    taken(layout.take_pending, 5)
    assert commit.caused_ns == [700 * MS]
    at(clock, 1_500 * MS)
    taken(layout.take_pending, 5)
    assert commit.caused_ns[1:] == [1_500 * MS]


def test_a_busy_commit_takes_the_pause(clock: FakeClock) -> None:
    layout = KnownPause(8, pause=20 * MS, kind="commit")
    layout.measure_from(T0)
    at(clock, 500 * MS)
    taken(layout.take_pending, 5)
    assert clock.now_ns - T0 == 520 * MS
    assert clock.sleeps == []


def test_an_ordinary_request_reads_the_clock_once(noting: Build, clock: FakeClock) -> None:
    layout = noting(Noted("a"))
    for request in (partial(layout.read, 1), partial(layout.ack, 1, 2), partial(layout.mention, 1)):
        clock.now_ns = begin = T0
        request()
        assert clock.now_ns == begin + 1_000


def test_the_index_epoch_counts_the_re_hashes_of_every_stall(noting: Build) -> None:
    stalls = Noted("a"), Noted("b")
    layout = noting(*stalls)
    assert layout.index_epoch() == 0
    stalls[0].rehashes, stalls[1].rehashes = 1, 2
    assert layout.index_epoch() == 3


def test_a_close_releases_every_stall(noting: Build) -> None:
    stalls = Noted("a"), Noted("b")
    noting(*stalls).close()
    assert [stall.closed for stall in stalls] == [1, 1]


def wanted(monkeypatch: pytest.MonkeyPatch, options: str) -> tuple[str, Wanted]:
    asked: list[tuple[str, Wanted]] = []

    def build(kind: str, wanted: Wanted) -> tuple[Stall, ...]:
        asked.append((kind, wanted))
        return (Stall(),)

    monkeypatch.setattr(known_pause, "build", build)
    parse(f"known-pause:{options}").build_layout(8, 0)
    return asked[0]


def test_a_drop_is_four_pauses_long_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanted(monkeypatch, "20ms,kind=drop") == ("drop", Wanted(20 * MS, 80 * MS, 10))
    assert wanted(monkeypatch, "20ms,kind=mixed,rounds=3,drop_pause=50ms") == (
        "mixed",
        Wanted(20 * MS, 50 * MS, 3),
    )


def test_an_unknown_kind_is_refused_with_the_right_ones() -> None:
    with pytest.raises(UsageError, match=r"option kind is one of sleep, gc, rehash, .* not 'gcc'"):
        parse("known-pause:kind=gcc")


def test_what_collects_by_itself_says_so() -> None:
    sees = parse("known-pause").layout_facts.sees
    assert "collects by itself" in sees
    assert "gc" in sees
    assert "mixed" in sees


def test_mixed_has_every_kind_of_stall_that_a_request_can_meet() -> None:
    assert ORDER == ("gc", "rehash", "drop", "sleep", "spin", "fault", "load")


def test_pauses_by_request_come_with_the_same_requests_at_any_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layout = parse("known-pause:pause=1ms,requests=3").build_layout(1, 0)
    paused: list[int] = []
    monkeypatch.setattr(layout, "_stall", lambda begin, number: paused.append(number) or False)
    for _ in range(5):
        layout.ack(1, 1)
    assert paused == []  # nothing before the measured phase
    layout.measure_from(T0)
    counts = []
    for _ in range(9):
        layout.mention(1)
        counts.append(len(paused))
    assert counts == [0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_a_commit_has_no_number_among_the_requests() -> None:
    with pytest.raises(UsageError, match="requests="):
        parse("known-pause:kind=commit,requests=3").build_layout(1, 0)
