"""`null` and `known-pause`: the first does nothing, the second pauses when and as long as said."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from taking import taken

from strategies.catalogue import parse
from strategies.layouts import known_pause
from strategies.layouts.known_pause import KnownPause

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
    monkeypatch.setattr(known_pause, "monotonic_ns", clock.read)
    monkeypatch.setattr(known_pause, "time", SimpleNamespace(sleep=clock.sleep))
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
