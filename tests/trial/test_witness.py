"""What is taken down after a slow operation, and what a fast one leaves alone."""

from __future__ import annotations

import mmap
import time
from pathlib import Path
from time import monotonic_ns
from typing import Any

import numpy as np
import pytest

from lab.stores.memory import memory_store
from lab.stores.timed import TimedStore, Untimed
from lab.trial import witness as module
from lab.trial.block import EVIDENCE_RECORD_WORDS, BlockFile, Word
from lab.trial.witness import (
    IDLE_NS,
    NEVER_NS,
    OLD_NS,
    EvidenceWitness,
    Witness,
    fault_cost_ns,
)

MS = 1_000_000
CAPACITY = 3
(
    FINISHED,
    SINCE,
    UNTIL,
    RUN_DELAY,
    CPU,
    VOLUNTARY,
    KERNEL,
    MINOR,
    MAJOR,
    EPOCHS,
    LOAD,
    SAVE,
) = range(EVIDENCE_RECORD_WORDS)


class Clock:
    load_ns = 0
    save_ns = 0


class Index:
    epoch = 5

    def __call__(self) -> int:
        return self.epoch


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    return BlockFile.create(
        tmp_path / "block", blocks=1, block_size=64, gc_capacity=1, evidence_capacity=CAPACITY
    )


@pytest.fixture
def index() -> Index:
    return Index()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witness(file: BlockFile, index: Index, clock: Clock) -> EvidenceWitness:
    return EvidenceWitness(file, MS, index, clock)


def records(file: BlockFile) -> Any:
    table = np.asarray(file.evidence).reshape(-1, EVIDENCE_RECORD_WORDS)
    return table[: file.words[Word.EVIDENCE_WRITTEN]]


def finish(
    witness: EvidenceWitness, file: BlockFile, done_ns: int, *, due_ns: int = 0, last_ns: int = 0
) -> int:
    """End operation 1 of a block at ``done_ns``."""
    block = file.blocks[0]
    block.due[1], block.finished[0] = due_ns, last_ns
    return witness.check(block, 1, done_ns)


def test_an_operation_that_was_not_due_yet_was_not_slow(
    file: BlockFile, witness: EvidenceWitness
) -> None:
    finish(witness, file, 11 * MS, due_ns=10 * MS)  # 11 ms after the last, and 1 after it was due
    assert len(records(file)) == 0
    finish(witness, file, 11 * MS + 1, due_ns=10 * MS)
    finish(witness, file, 21 * MS + 1, last_ns=20 * MS)
    assert records(file)[:, FINISHED].tolist() == [11 * MS + 1, 21 * MS + 1]


def test_the_next_limit_is_a_slow_operation_ahead(
    file: BlockFile, witness: EvidenceWitness
) -> None:
    assert witness.limit_ns == witness.finished_ns + MS
    assert finish(witness, file, 5 * MS, last_ns=5 * MS - 3) == 6 * MS
    assert finish(witness, file, 9 * MS, last_ns=5 * MS) == 10 * MS


def test_the_first_of_a_block_comes_after_the_last_of_the_one_before(
    file: BlockFile, witness: EvidenceWitness
) -> None:
    block = file.blocks[0]
    witness.finished_ns = 40 * MS
    witness.check(block, 0, 41 * MS)
    assert len(records(file)) == 0
    witness.check(block, 0, 41 * MS + 1)
    assert len(records(file)) == 1


def test_differences_count_from_the_last_look(
    file: BlockFile, witness: EvidenceWitness, index: Index, clock: Clock
) -> None:
    index.epoch, clock.load_ns, clock.save_ns = 7, 100, 30
    finish(witness, file, 2 * MS)
    index.epoch, clock.load_ns = 8, 150
    witness.look()
    index.epoch, clock.load_ns, clock.save_ns = 11, 151, 70
    finish(witness, file, 3 * MS)
    table = records(file)
    assert table[:, [EPOCHS, LOAD, SAVE]].tolist() == [[2, 100, 30], [3, 1, 40]]
    assert table[0, SINCE] < table[0, UNTIL] < table[1, SINCE] < table[1, UNTIL]


def end_fast(
    witness: EvidenceWitness, file: BlockFile, *, age_ns: int = OLD_NS + MS, idle_ns: int, left: int
) -> int:
    """End operation 1 at once, with so many behind it of which the first is due later; its end."""
    done = monotonic_ns() + age_ns
    block = file.blocks[0]
    block.count, block.due[2] = 2 + left, done + idle_ns
    finish(witness, file, done, due_ns=done - 10)
    assert len(records(file)) == 0
    return done


def seen_after(witness: EvidenceWitness, file: BlockFile, index: Index, clock: Clock) -> Any:
    """Let one re-hash and 50 ns of loads follow, and a slow operation; its record."""
    index.epoch, clock.load_ns = index.epoch + 1, clock.load_ns + 50
    finish(witness, file, monotonic_ns() + 100 * MS)
    return records(file)[0]


def test_where_nothing_is_due_an_old_look_is_refreshed(
    file: BlockFile, witness: EvidenceWitness, index: Index, clock: Clock
) -> None:
    index.epoch, clock.load_ns, clock.save_ns = 7, 100, 30
    begin = monotonic_ns()
    end_fast(witness, file, idle_ns=IDLE_NS + 1, left=1)
    record = seen_after(witness, file, index, clock)
    assert record[[EPOCHS, LOAD, SAVE]].tolist() == [1, 50, 0]
    assert begin <= record[SINCE] <= record[UNTIL]
    assert 0 <= record[CPU] <= record[UNTIL] - record[SINCE] + MS


@pytest.mark.parametrize(
    "when",
    [
        {"idle_ns": IDLE_NS, "left": 1},
        {"idle_ns": 10 * IDLE_NS, "left": 0},
        {"idle_ns": 10 * IDLE_NS, "left": 1, "age_ns": 0},
    ],
    ids=["the next is due", "the block ends", "it is not old"],
)
def test_otherwise_it_stays(
    file: BlockFile,
    witness: EvidenceWitness,
    index: Index,
    clock: Clock,
    when: dict[str, int],
) -> None:
    index.epoch, clock.load_ns = 7, 100
    end_fast(witness, file, **when)
    record = seen_after(witness, file, index, clock)
    assert record[[EPOCHS, LOAD]].tolist() == [3, 150]


def test_a_refresh_that_was_held_up_does_not_count(
    file: BlockFile,
    witness: EvidenceWitness,
    index: Index,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index.epoch = 7
    late = monotonic_ns() + OLD_NS + 10 * MS
    monkeypatch.setattr(module, "monotonic_ns", lambda: late)
    end_fast(witness, file, idle_ns=10 * IDLE_NS, left=1)
    assert seen_after(witness, file, index, clock)[EPOCHS] == 3


def test_a_sleep_shows_as_a_switch_and_no_processor_time(
    file: BlockFile, witness: EvidenceWitness
) -> None:
    witness.look()
    time.sleep(0.05)
    finish(witness, file, 2 * MS)
    record = records(file)[0]
    assert record[UNTIL] - record[SINCE] >= 50 * MS
    assert record[CPU] < (record[UNTIL] - record[SINCE]) / 2
    assert record[VOLUNTARY] >= 1


def test_work_shows_as_processor_or_queue_time(file: BlockFile, witness: EvidenceWitness) -> None:
    witness.look()
    begin = monotonic_ns()
    while monotonic_ns() - begin < 50 * MS:
        pass
    finish(witness, file, 2 * MS)
    record = records(file)[0]
    assert record[UNTIL] - record[SINCE] >= 50 * MS
    assert record[CPU] + record[RUN_DELAY] > 0
    assert record[VOLUNTARY] == 0


def test_fresh_pages_show_as_faults(file: BlockFile, witness: EvidenceWitness) -> None:
    pages = 8
    with mmap.mmap(-1, pages * mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as fresh:
        witness.look()
        for page in range(pages):
            fresh[page * mmap.PAGESIZE] = 1
        finish(witness, file, 2 * MS)
    assert records(file)[0, MINOR] >= pages


def test_the_oldest_record_is_overwritten(file: BlockFile, witness: EvidenceWitness) -> None:
    for number in range(1, 5):
        finish(witness, file, number * 10 * MS)
    table = np.asarray(file.evidence).reshape(-1, EVIDENCE_RECORD_WORDS)
    assert file.words[Word.EVIDENCE_WRITTEN] == 4
    assert table[:, FINISHED].tolist() == [40 * MS, 20 * MS, 30 * MS]


def test_a_kernel_without_scheduler_figures_gives_none(
    file: BlockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_open_schedstat", lambda: -1)
    finish(EvidenceWitness(file, MS, Index(), Untimed()), file, 2 * MS)
    assert records(file)[0, RUN_DELAY] == 0


def test_the_idle_one_is_never_called(file: BlockFile) -> None:
    assert Witness().limit_ns == NEVER_NS
    assert Witness().check(file.blocks[0], 0, 2**61) == NEVER_NS


def test_a_fault_costs_something() -> None:
    assert 0 < fault_cost_ns(64) < 100 * MS


def test_a_timed_store_is_the_store_and_counts_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0, 100, 1_000, 1_030, 2_000, 2_500, 3_000, 3_001])
    monkeypatch.setattr("lab.stores.timed.monotonic_ns", lambda: next(times))
    store = TimedStore(memory_store(8, dense=True))
    assert store.load(3) == (0, 0)
    store.save(3, 77, 2)
    columns = [
        memoryview(np.array(row, kind)) for row, kind in (([1], "q"), ([9], "Q"), ([4], "I"))
    ]
    store.save_many(1, *columns)
    assert (store.load_ns, store.save_ns) == (100, 530)
    assert store.load(3) == (77, 2)
    assert store.load_ns == 101
    assert sorted(store.items()) == [(1, 9, 4), (3, 77, 2)]
    assert store.cpu_ns == 0
    store.close()
