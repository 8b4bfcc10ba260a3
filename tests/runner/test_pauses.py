from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from lab.runner.pauses import GcEvents
from lab.trial.block import CONCURRENT, BlockFile, Word

CAPACITY = 4
T0 = 1_000

Event = tuple[int, int, int, int, int, int]
"""started_ns, finished_ns, generation, collected, uncollectable, flags."""


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    return BlockFile.create(tmp_path / "gclab.block", blocks=1, block_size=64, gc_capacity=CAPACITY)


def happen(file: BlockFile, *events: Event) -> None:
    """Write events as the worker does."""
    ring = np.asarray(file.gc_events).reshape(CAPACITY, -1)
    for event in events:
        written = file.words[Word.GC_WRITTEN]
        ring[written % CAPACITY] = event
        file.words[Word.GC_WRITTEN] = written + 1


def pause(start: int, duration: int = 5, generation: int = 0, *, explicit: int = 0) -> Event:
    return (start, start + duration, generation, 0, 0, explicit)


def cycle(start: int, duration: int, *, pauses: int, explicit: int = 0) -> list[Event]:
    """A concurrent collection with a pause at its beginning and one at its end."""
    last = start + duration - pauses
    return [
        pause(start, pauses, explicit=explicit),
        pause(last, pauses, explicit=explicit),
        (start, start + duration, 2, 0, 0, CONCURRENT | explicit),
    ]


def rows(path: Path) -> list[dict[str, int]]:
    with path.open(encoding="ascii") as csv_file:
        return [{k: int(v) for k, v in row.items()} for row in csv.DictReader(csv_file)]


def measured(file: BlockFile, tmp_path: Path) -> tuple[GcEvents, Path]:
    events = GcEvents(file)
    events.measure(T0, tmp_path / "gc.csv")
    return events, tmp_path / "gc.csv"


def test_events_become_rows_counted_from_t0(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, (T0 + 100, T0 + 130, 0, 5, 0, 0), (T0 + 200, T0 + 900, 2, 70, 3, 0))
    events.drain()
    events.close()
    assert rows(path) == [
        {
            "start_ns": 100,
            "duration_ns": 30,
            "generation": 0,
            "collected": 5,
            "uncollectable": 0,
            "explicit": 0,
            "concurrent": 0,
            "worker": 0,
        },
        {
            "start_ns": 200,
            "duration_ns": 700,
            "generation": 2,
            "collected": 70,
            "uncollectable": 3,
            "explicit": 0,
            "concurrent": 0,
            "worker": 0,
        },
    ]
    assert events.to_json() == {
        "pauses": 2,
        "by_generation": {"0": 1, "1": 0, "2": 1},
        "max_ns": 700,
        "total_ns": 730,
        "cycles": 0,
        "concurrent_ns": 0,
        "explicit": 0,
        "lost_events": 0,
    }


def test_an_event_is_taken_once(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, pause(T0 + 1))
    for _ in range(3):
        events.drain()
    happen(file, pause(T0 + 10), pause(T0 + 20))
    events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(path)] == [1, 10, 20]


def test_no_event_is_a_file_with_a_header(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    events.drain()
    events.close()
    assert path.read_text(encoding="ascii") == (
        "start_ns,duration_ns,generation,collected,uncollectable,explicit,concurrent,worker\n"
    )
    assert events.to_json()["max_ns"] == events.to_json()["pauses"] == 0


def test_the_ring_goes_round(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    for begin in range(0, 30, 3):  # 3 at a time through a ring of 4
        happen(file, *[pause(T0 + number) for number in range(begin, begin + 3)])
        events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(path)] == list(range(30))
    assert events.lost == 0


def test_a_full_ring_loses_nothing(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, pause(T0))
    events.drain()
    happen(file, *[pause(T0 + number) for number in range(1, 5)])
    events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(path)] == [0, 1, 2, 3, 4]
    assert events.lost == 0


def test_events_that_were_overwritten_are_counted_as_lost(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, pause(T0))
    events.drain()
    happen(file, *[pause(T0 + number) for number in range(1, 12)])
    events.drain()
    happen(file, pause(T0 + 12))
    events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(path)] == [0, 8, 9, 10, 11, 12]
    assert events.to_json()["lost_events"] == 7
    assert events.to_json()["pauses"] == 6


def test_what_began_before_t0_is_left_out(file: BlockFile, tmp_path: Path) -> None:
    events = GcEvents(file)
    happen(file, pause(T0 - 500, 400, 2))
    events.drain()
    events.measure(T0, tmp_path / "gc.csv")
    happen(file, pause(T0 - 1, 50), pause(T0), pause(T0 + 1))
    events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(tmp_path / "gc.csv")] == [0, 1]
    assert events.to_json()["by_generation"] == {"0": 2, "1": 0, "2": 0}
    assert events.max_ns == 5


def test_explicit_collections_are_counted_over_the_whole_trial(
    file: BlockFile, tmp_path: Path
) -> None:
    events = GcEvents(file)
    happen(file, pause(10, generation=2, explicit=1))  # the harness's own
    events.drain()
    events.measure(T0, tmp_path / "gc.csv")
    happen(file, pause(T0 - 5, explicit=1), pause(T0 + 5, generation=2, explicit=1), pause(T0 + 50))
    events.drain()
    events.close()
    assert events.explicit == 3
    assert [row["explicit"] for row in rows(tmp_path / "gc.csv")] == [1, 0]
    assert events.to_json()["pauses"] == 2


def test_what_comes_after_the_end_is_no_pause_of_the_measured_phase(
    file: BlockFile, tmp_path: Path
) -> None:
    events, path = measured(file, tmp_path)
    happen(file, pause(T0 + 1))
    events.drain()
    events.close()
    happen(file, pause(T0 + 2), pause(T0 + 3, generation=2, explicit=1))
    events.drain()
    events.close()
    assert [row["start_ns"] for row in rows(path)] == [1]
    assert (events.to_json()["pauses"], events.explicit) == (1, 1)


def test_a_generation_of_another_collector_is_counted_too(file: BlockFile, tmp_path: Path) -> None:
    events, _ = measured(file, tmp_path)
    happen(file, pause(T0, generation=3), pause(T0 + 1, generation=1))
    events.drain()
    events.close()
    assert events.to_json()["by_generation"] == {"0": 0, "1": 1, "2": 0, "3": 1}


def test_a_cycle_beside_the_operations_is_no_pause(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, *cycle(T0 + 100, 900, pauses=7))
    events.drain()
    events.close()
    found = events.to_json()
    assert (found["pauses"], found["max_ns"], found["total_ns"]) == (2, 7, 14)
    assert found["by_generation"] == {"0": 2, "1": 0, "2": 0}
    assert (found["cycles"], found["concurrent_ns"]) == (1, 900)
    flags = [(row["duration_ns"], row["concurrent"], row["explicit"]) for row in rows(path)]
    assert flags == [(7, 0, 0), (7, 0, 0), (900, 1, 0)]


def test_a_cycle_that_was_asked_for_is_one_collection(file: BlockFile, tmp_path: Path) -> None:
    events, path = measured(file, tmp_path)
    happen(file, *cycle(T0 + 100, 900, pauses=7, explicit=1))
    events.drain()
    events.close()
    assert events.explicit == 1  # and not three
    assert [row["explicit"] for row in rows(path)] == [1, 1, 1]
    assert [row["concurrent"] for row in rows(path)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("collector", "generations", "full"),
    [
        ("generational", (0, 1, 2, 0), 1),
        ("free-threaded", (0, 0, 0, 0), 4),
        ("incremental", (1, 1, 1, 1), 4),
        ("incminimark", (0, 1, 1, 2), 4),
    ],
)
def test_full_collections_are_counted_by_the_collector_s_own_numbers(
    file: BlockFile, tmp_path: Path, collector: str, generations: tuple[int, ...], full: int
) -> None:
    events = GcEvents(file)
    events.measure(T0, tmp_path / "gc.csv", collector)
    happen(
        file, *[(T0 + 9 * n, T0 + 9 * n + 5, each, 3, 0, 0) for n, each in enumerate(generations)]
    )
    events.drain()
    events.close()
    assert (events.full, events.young) == (full, 4 - full)
    assert events.collected_young == 3 * (4 - full)
    assert sum(events.count.values()) == 4
