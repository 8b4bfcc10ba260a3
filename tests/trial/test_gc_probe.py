"""The GC probe on this interpreter's own collector."""

from __future__ import annotations

import gc
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.trial.block import GC_RECORD_WORDS, BlockFile, Word
from lab.trial.gc_probe import GcProbe
from strategies.interface import Policy

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="gc.callbacks is CPython's"
)
BY_GENERATION = pytest.mark.skipif(
    (3, 14) <= sys.version_info < (3, 14, 5) or not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="this collector reports the same generation always",
)
CAPACITY = 4


class Event(NamedTuple):
    started_ns: int
    finished_ns: int
    generation: int
    collected: int
    uncollectable: int
    explicit: int


@pytest.fixture(autouse=True)
def collector_off() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    path = tmp_path / "blocks"
    return BlockFile.create(path, blocks=1, block_size=64, gc_capacity=CAPACITY)


@pytest.fixture
def policy() -> Policy:
    return Policy()


@pytest.fixture
def probe(file: BlockFile, policy: Policy) -> Iterator[GcProbe]:
    probe = GcProbe(file, policy)
    probe.install()
    yield probe
    if probe in gc.callbacks:
        probe.remove()


@pytest.fixture
def reported(probe: GcProbe) -> Iterator[list[dict[str, Any]]]:
    """What another callback was told at each stop."""
    stops: list[dict[str, Any]] = []

    def watch(phase: str, info: dict[str, Any]) -> None:
        if phase == "stop":
            stops.append(dict(info))

    gc.callbacks.append(watch)
    yield stops
    gc.callbacks.remove(watch)


def events(file: BlockFile) -> list[Event]:
    """Return what the ring holds, by place."""
    words = file.gc_events.tolist()
    rows = range(0, len(words), GC_RECORD_WORDS)
    return [Event(*words[row : row + GC_RECORD_WORDS]) for row in rows]


def cycles(count: int) -> None:
    for _ in range(count):
        ring: list[Any] = []
        ring.append(ring)


@BY_GENERATION
def test_every_generation_is_seen(probe: GcProbe, file: BlockFile) -> None:
    for generation in (0, 1, 2):
        gc.collect(generation)
    assert file.words[Word.GC_WRITTEN] == 3
    assert [event.generation for event in events(file)[:3]] == [0, 1, 2]


def test_what_was_collected_is_counted(probe: GcProbe, file: BlockFile) -> None:
    cycles(30)
    gc.collect()
    gc.collect()
    first, second, *_ = events(file)
    assert (first.collected, first.uncollectable) == (30, 0)
    assert (second.collected, second.uncollectable) == (0, 0)


def test_the_ring_holds_what_the_collector_reports(
    probe: GcProbe, file: BlockFile, reported: list[dict[str, Any]]
) -> None:
    for garbage, generation in ((5, 0), (0, 1), (7, 2), (1, 0)):
        cycles(garbage)
        gc.collect(generation)
    assert [(e.generation, e.collected, e.uncollectable) for e in events(file)] == [
        (stop["generation"], stop["collected"], stop["uncollectable"]) for stop in reported
    ]


def test_stamps_are_in_order(probe: GcProbe, file: BlockFile) -> None:
    for _ in range(3):
        gc.collect()
    seen = events(file)[:3]
    stamps = [stamp for event in seen for stamp in (event.started_ns, event.finished_ns)]
    assert stamps == sorted(stamps)
    assert all(event.started_ns < event.finished_ns for event in seen)


def test_collections_that_the_policy_asked_for_are_marked(
    probe: GcProbe, policy: Policy, file: BlockFile
) -> None:
    gc.collect()
    policy.collect(2)
    gc.collect()
    assert [event.explicit for event in events(file)[:3]] == [0, 1, 0]


@BY_GENERATION
def test_the_ring_wraps(probe: GcProbe, file: BlockFile) -> None:
    for generation in (0, 1, 2, 0, 1, 2):  # the last two take the first two's places
        gc.collect(generation)
    assert file.words[Word.GC_WRITTEN] == 6
    seen = events(file)
    assert [event.generation for event in seen] == [1, 2, 2, 0]
    order = sorted(range(CAPACITY), key=lambda place: seen[place].started_ns)
    assert order == [2, 3, 0, 1]


@BY_GENERATION
def test_automatic_collections_are_seen(probe: GcProbe, file: BlockFile) -> None:
    gc.set_threshold(500, 1000, 1000)
    gc.enable()
    kept = [[number] for number in range(1_200)]
    gc.disable()
    written = file.words[Word.GC_WRITTEN]
    assert written == len(kept) // 500
    assert {event.generation for event in events(file)[:written]} == {0}
    assert {event.explicit for event in events(file)[:written]} == {0}


def test_nothing_is_written_after_the_end(probe: GcProbe, file: BlockFile) -> None:
    gc.collect()
    probe.remove()
    gc.collect()
    assert file.words[Word.GC_WRITTEN] == 1
    assert probe not in gc.callbacks


def test_watching_leaves_nothing_for_the_collector(probe: GcProbe, file: BlockFile) -> None:
    gc.collect()
    before = gc.get_count()[0]
    for _ in range(200):
        probe("start", {})
        probe("stop", {"generation": 0, "collected": 0, "uncollectable": 0})
    assert file.words[Word.GC_WRITTEN] == 201
    assert gc.get_count()[0] - before < 10
