"""The reading end of a ring: each record once, and none before its time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.runner.ring import COLLECTION_OVER, OPERATION_OVER, Ring
from lab.trial.block import EVIDENCE_RECORD_WORDS, GC_RECORD_WORDS, BlockFile, Word

CAPACITY = 4


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    return BlockFile.create(
        tmp_path / "block",
        blocks=1,
        block_size=64,
        gc_capacity=CAPACITY,
        evidence_capacity=CAPACITY,
    )


def collect(file: BlockFile, *ends: int) -> None:
    """Write collections that end then, and began one before."""
    table = np.asarray(file.gc_events).reshape(-1, GC_RECORD_WORDS)
    for end in ends:
        written = file.words[Word.GC_WRITTEN]
        table[written % CAPACITY, :2] = end - 1, end
        file.words[Word.GC_WRITTEN] = written + 1


def test_what_is_over_later_waits_for_its_turn(file: BlockFile) -> None:
    ring = Ring.of_events(file)
    collect(file, 10, 20, 30)
    assert ring.until(COLLECTION_OVER, 20)[:, COLLECTION_OVER].tolist() == [10, 20]
    assert ring.until(COLLECTION_OVER, 29).shape == (0, GC_RECORD_WORDS)
    collect(file, 40)
    assert ring.until(COLLECTION_OVER, 99)[:, COLLECTION_OVER].tolist() == [30, 40]
    assert len(ring.until(COLLECTION_OVER, 99)) == 0


def test_what_was_held_back_survives_the_rings_next_turn(file: BlockFile) -> None:
    ring = Ring.of_events(file)
    collect(file, 10, 20)
    assert len(ring.until(COLLECTION_OVER, 5)) == 0
    collect(file, 30, 40, 50, 60)
    assert ring.until(COLLECTION_OVER, 99)[:, COLLECTION_OVER].tolist() == [10, 20, 30, 40, 50, 60]
    assert ring.lost == 0


def test_what_is_passed_over_is_not_lost(file: BlockFile) -> None:
    ring = Ring.of_events(file)
    collect(file, 10)
    ring.until(COLLECTION_OVER, 5)
    collect(file, *range(20, 29))
    ring.skip()
    assert ring.lost == 0
    collect(file, 30)
    assert ring.until(COLLECTION_OVER, 99)[:, COLLECTION_OVER].tolist() == [30]


def test_evidence_is_read_by_the_end_of_its_operation(file: BlockFile) -> None:
    ring = Ring.of_evidence(file)
    table = np.asarray(file.evidence).reshape(-1, EVIDENCE_RECORD_WORDS)
    table[:2, OPERATION_OVER] = 100, 200
    file.words[Word.EVIDENCE_WRITTEN] = 2
    assert ring.until(OPERATION_OVER, 150)[:, OPERATION_OVER].tolist() == [100]
    assert ring.until(OPERATION_OVER, 250)[:, OPERATION_OVER].tolist() == [200]
