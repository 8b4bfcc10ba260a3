"""The Read States service: what happens on a miss, on an eviction and at a commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.stores.interface import StateStore
from lab.stores.memory import memory_store
from lab.trial.block import EVICTED, MISS, Block, BlockFile, Operation
from lab.trial.service import ReadStates
from strategies.catalogue import parse
from strategies.interface import Layout

READ, ACK, MENTION, _ = Operation
ID_MAX, MENTIONS_MAX = 2**64 - 1, 2**32 - 1
STEP = 3


@pytest.fixture
def block(tmp_path: Path) -> Block:
    file = BlockFile.create(tmp_path / "blocks", blocks=1, block_size=64, gc_capacity=1)
    return file.blocks[0]


@pytest.fixture(params=["slots", "flat-array"])
def layout(request: pytest.FixtureRequest) -> Layout:
    return parse(request.param).build_layout(2, 0)


@pytest.fixture
def store() -> StateStore:
    return memory_store(100, dense=False)


@pytest.fixture
def service(layout: Layout, store: StateStore) -> ReadStates:
    return ReadStates(layout, store, STEP)


def stored(store: StateStore) -> set[tuple[int, int, int]]:
    return set(store.items())


def test_an_unknown_state_is_nothing_read_and_not_pending(
    service: ReadStates, layout: Layout, store: StateStore, block: Block
) -> None:
    block.arguments[5] = 99
    service.miss(block, 5, READ, 1, 99)
    assert list(layout.items()) == [(1, 0, 0)]
    assert (block.arguments[5], block.outcomes[5]) == (0, MISS)
    service.commit(0)
    service.commit(STEP)
    assert stored(store) == set()


def test_a_read_leaves_the_id_that_the_store_had(
    service: ReadStates, layout: Layout, store: StateStore, block: Block
) -> None:
    store.save(-1, ID_MAX, 7)
    service.miss(block, 0, READ, -1, 0)
    assert block.arguments[0] == ID_MAX
    assert layout.read(-1) == (ID_MAX, 7)


def test_an_ack_clears_the_mentions(
    service: ReadStates, layout: Layout, store: StateStore, block: Block
) -> None:
    store.save(1, 10, 7)
    block.arguments[0] = 11
    service.miss(block, 0, ACK, 1, 11)
    assert layout.read(1) == (11, 0)
    assert (block.arguments[0], block.outcomes[0]) == (11, MISS)


@pytest.mark.parametrize(
    ("before", "after"),
    [(0, 1), (7, 8), (MENTIONS_MAX - 1, MENTIONS_MAX), (MENTIONS_MAX, MENTIONS_MAX)],
)
def test_a_mention_adds_one_and_saturates(
    before: int, after: int, service: ReadStates, layout: Layout, store: StateStore, block: Block
) -> None:
    store.save(1, 10, before)
    block.arguments[0] = 99
    service.miss(block, 0, MENTION, 1, 99)
    assert layout.read(1) == (10, after)
    assert (block.arguments[0], block.outcomes[0]) == (99, MISS)


def test_the_outcome_is_inserted_once_and_pending(
    service: ReadStates, store: StateStore, block: Block
) -> None:
    service.miss(block, 0, ACK, 1, 11)
    service.miss(block, 1, MENTION, 2, 0)
    assert stored(store) == set()  # written behind, not through
    service.commit(0)
    service.commit(STEP)
    assert stored(store) == {(1, 11, 0), (2, 0, 1)}


def test_what_is_displaced_is_committed_at_once_clean_or_not(
    service: ReadStates, store: StateStore, block: Block
) -> None:
    service.miss(block, 0, READ, -5, 0)
    service.miss(block, 1, ACK, 6, ID_MAX)
    service.miss(block, 2, READ, 7, 0)
    assert stored(store) == {(-5, 0, 0)}
    service.miss(block, 3, MENTION, 8, 0)
    assert stored(store) == {(-5, 0, 0), (6, ID_MAX, 0)}
    assert block.outcomes[:4].tolist() == [MISS, MISS, MISS | EVICTED, MISS | EVICTED]


def test_a_key_comes_back_as_it_was_displaced(
    service: ReadStates, layout: Layout, block: Block
) -> None:
    service.miss(block, 0, ACK, 1, 11)
    layout.mention(1)
    service.miss(block, 1, READ, 2, 0)
    service.miss(block, 2, READ, 3, 0)  # 1 is out
    assert layout.read(1) is None
    service.miss(block, 3, READ, 1, 0)
    assert layout.read(1) == (11, 1)
    assert block.arguments[3] == 11


def test_a_commit_hands_out_what_was_sealed_up_to_its_limit(block: Block) -> None:
    layout, store = parse("slots").build_layout(10, 0), memory_store(10, dense=True)
    service = ReadStates(layout, store, STEP)
    for key in range(5):
        service.miss(block, key, ACK, key, key)
    service.commit(STEP)
    assert stored(store) == set()  # nothing sealed yet
    service.commit(0)
    service.miss(block, 5, ACK, 5, 5)
    service.commit(2)
    assert stored(store) == {(0, 0, 0), (1, 1, 0)}
    service.commit(STEP)
    assert stored(store) == {(key, key, 0) for key in range(5)}
    service.commit(STEP)
    assert len(stored(store)) == 5  # the sixth came after the seal


def test_the_stored_state_is_the_newest(
    service: ReadStates, layout: Layout, store: StateStore, block: Block
) -> None:
    service.miss(block, 0, ACK, 1, 11)
    service.commit(0)
    layout.ack(1, 12)
    service.miss(block, 1, READ, 2, 0)
    service.miss(block, 2, READ, 3, 0)  # 1 is out, committed as 12
    service.commit(STEP)
    assert (1, 12, 0) in stored(store)
    assert store.load(1) == (12, 0)


def test_committing_all_goes_on_past_records_that_are_superseded() -> None:
    layout = parse("slots").build_layout(10, 0)
    store = memory_store(10, dense=True)
    service = ReadStates(layout, store, 4)
    layout.insert(1, 0, 0, False)
    for message_id in range(1, 41):
        layout.ack(1, message_id)
    layout.insert(2, 5, 0, True)
    service.commit_all(41)

    assert sorted(store.items()) == [(1, 40, 0), (2, 5, 0)]
