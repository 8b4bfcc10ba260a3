"""Blocks on their way to the recorder: each gets the collections of its time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.runner import holding
from lab.runner.drain import Stamped
from lab.runner.holding import HOLD_NS, Holding
from lab.trial.block import (
    CONCURRENT,
    EVIDENCE_RECORD_WORDS,
    GC_RECORD_WORDS,
    BlockFile,
    Word,
)

S = 10**9


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    return BlockFile.create(
        tmp_path / "b", blocks=1, block_size=64, gc_capacity=8, evidence_capacity=8
    )


def collect(file: BlockFile, start: int, end: int, flags: int = 0) -> None:
    table = np.asarray(file.gc_events).reshape(-1, GC_RECORD_WORDS)
    written = file.words[Word.GC_WRITTEN]
    table[written % 8] = start, end, 2, 0, 0, flags
    file.words[Word.GC_WRITTEN] = written + 1


def witness(file: BlockFile, finished: int) -> None:
    table = np.asarray(file.evidence).reshape(-1, EVIDENCE_RECORD_WORDS)
    written = file.words[Word.EVIDENCE_WRITTEN]
    table[written % 8, 0] = finished
    file.words[Word.EVIDENCE_WRITTEN] = written + 1


def block(start: int, end: int, worker: int = 0) -> Stamped:
    """Two operations, the last of which ends at ``end``."""
    stamps = np.array([start, end], np.int64)
    kinds = np.zeros(2, np.uint8)
    return Stamped(stamps, stamps.copy(), stamps.copy(), stamps, kinds, kinds, 0, end, worker)


def spans(parts: list[Stamped]) -> list[list[tuple[int, int]]]:
    return [[(int(row[0]), int(row[1])) for row in part.events] for part in parts]


def test_where_collections_stop_the_process_a_block_goes_on_at_once(file: BlockFile) -> None:
    held = Holding([file])
    held.begin(concurrent=False)
    collect(file, 10, 20)
    collect(file, 110, 120)
    held.add([block(0, 100)])
    (parts,) = held.ready()
    assert spans(parts) == [[(10, 20)]]
    held.add([block(101, 200)])
    (parts,) = held.ready()
    assert spans(parts) == [[(110, 120)]]
    assert list(held.ready(everything=True)) == []


def test_what_was_collected_before_is_no_part_of_it(file: BlockFile) -> None:
    held = Holding([file])
    collect(file, 10, 20)
    witness(file, 90)
    held.begin(concurrent=False)
    held.add([block(0, 100)])
    (parts,) = held.ready()
    assert spans(parts) == [[]]
    assert len(parts[0].evidence) == 0


def test_a_cycle_belongs_to_all_blocks_that_were_served_meanwhile(file: BlockFile) -> None:
    held = Holding([file])
    held.begin(concurrent=True)
    held.add([block(0, 1 * S)])
    held.add([block(1 * S, 2 * S)])
    assert list(held.ready()) == []  # the cycle that is under way is not recorded yet
    collect(file, S // 2, 3 * S, CONCURRENT)
    collect(file, 4 * S, 5 * S, CONCURRENT)
    held.add([block(2 * S, 4 * S)])
    held.add([block(5 * S, 1 * S + HOLD_NS)])
    (first,) = held.ready()
    assert spans(first) == [[(S // 2, 3 * S)]]
    second, third, last = held.ready(everything=True)
    assert spans(second) == [[(S // 2, 3 * S)]]
    assert spans(third) == [[(S // 2, 3 * S), (4 * S, 5 * S)]]
    assert spans(last) == [[(4 * S, 5 * S)]]


def test_a_cycle_that_is_over_is_forgotten(file: BlockFile) -> None:
    held = Holding([file])
    held.begin(concurrent=True)
    collect(file, 10, 20, CONCURRENT)
    for start in (0, 100):
        held.add([block(start, start + 90)])
    first, second = held.ready(everything=True)
    assert spans(first) == [[(10, 20)]]
    assert spans(second) == [[]]


def test_held_blocks_survive_the_ring_of_blocks(file: BlockFile) -> None:
    held = Holding([file])
    held.begin(concurrent=True)
    original = block(5, 10)
    held.add([original])
    original.finished[:] = original.started[:] = original.outcomes[:] = 0  # filled anew
    ((part,),) = held.ready(everything=True)
    assert part.finished.tolist() == part.started.tolist() == [5, 10]


def test_evidence_goes_with_its_block(file: BlockFile) -> None:
    held = Holding([file])
    held.begin(concurrent=True)
    witness(file, 90)
    witness(file, 190)
    held.add([block(0, 100)])
    held.add([block(100, 200)])
    ends = [part.evidence[:, 0].tolist() for (part,) in held.ready(everything=True)]
    assert ends == [[90], [190]]
    assert held.lost_evidence == 0


def test_not_more_is_held_than_memory_is_there_for(
    file: BlockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "HELD_MAX", 4)
    held = Holding([file])
    held.begin(concurrent=True)
    for start in (0, 10, 20):
        held.add([block(start, start + 5)])
    assert [int(part.finished[-1]) for (part,) in held.ready()] == [5]


def test_each_worker_has_collections_of_its_own(tmp_path: Path, file: BlockFile) -> None:
    other = BlockFile.create(tmp_path / "other", blocks=1, block_size=64, gc_capacity=8)
    held = Holding([file, other])
    held.begin(concurrent=True)
    collect(other, 10, 20, CONCURRENT)
    held.add([block(0, 100), block(0, 100, worker=1)])
    (parts,) = held.ready(everything=True)
    assert spans(parts) == [[], [(10, 20)]]
