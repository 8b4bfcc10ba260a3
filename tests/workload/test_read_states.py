from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.trial.block import BLOCK_SIZE_MIN, Operation
from lab.workload.read_states import SNOWFLAKE, Columns, CommitPlan, Mix, OperationWriter

READ, ACK, MENTION, COMMIT = (int(operation) for operation in Operation)
LETTERS = {"r": READ, "a": ACK, "m": MENTION}


def operations_of(letters: str) -> NDArray[np.uint8]:
    return np.array([LETTERS[letter] for letter in letters], dtype=np.uint8)


def write(writer: OperationWriter, letters: str, first_key: int = 100) -> Columns:
    """Write these requests: keys count from ``first_key``, due times are ten times the key."""
    keys = np.arange(first_key, first_key + len(letters), dtype=np.int64)
    return writer.write(keys * 10, keys, operations_of(letters))


def shown(columns: Columns) -> str:
    """Write a block as letters: requests, t a take, S a seal."""
    names = {READ: "r", ACK: "a", MENTION: "m"}
    return "".join(
        names[operation] if operation != COMMIT else "tS"[argument == 0]
        for operation, argument in zip(
            columns.operations.tolist(), columns.arguments.tolist(), strict=True
        )
    )


# --- where commits stand ------------------------------------------------------------------------


def test_commits_stand_after_their_updates_and_reads_do_not_count() -> None:
    writer = OperationWriter(CommitPlan(every=4, step=2))
    # updates 1 2 | 3 4 | 5: a take after the 2nd, take and seal after the 4th
    assert shown(write(writer, "arramrara")) == "arratmratSra"


def test_a_take_comes_before_the_seal_at_the_same_place() -> None:
    columns = write(OperationWriter(CommitPlan(every=2, step=2)), "aa")
    assert columns.operations.tolist() == [ACK, ACK, COMMIT, COMMIT]
    assert columns.arguments.tolist()[2:] == [2, 0]


def test_a_seal_stands_alone_where_no_take_is_due() -> None:
    writer = OperationWriter(CommitPlan(every=3, step=2))
    assert shown(write(writer, "mmmmmm")) == "mmtmSmtmmtS"


def test_every_update_may_bring_a_take() -> None:
    assert shown(write(OperationWriter(CommitPlan(every=3, step=1)), "amarm")) == "atmtatSrmt"
    assert shown(write(OperationWriter(CommitPlan(every=1, step=1)), "ara")) == "atSratS"


def test_places_do_not_depend_on_how_the_stream_is_cut() -> None:
    letters = "arammrmarrramarmmarmaamarra" * 5
    plan = CommitPlan(every=10, step=3)
    whole = write(OperationWriter(plan), letters)
    writer = OperationWriter(plan)
    cuts = [0, 1, 2, 40, 40, 41, 100, len(letters)]
    parts = [
        write(writer, letters[begin:end], 100 + begin) for begin, end in itertools.pairwise(cuts)
    ]
    for column in ("due", "keys", "arguments", "operations"):
        joined = np.concatenate([getattr(part, column) for part in parts])
        assert joined.tolist() == getattr(whole, column).tolist(), column


def test_a_block_without_an_update_brings_no_commit_twice() -> None:
    writer = OperationWriter(CommitPlan(every=2, step=2))
    assert shown(write(writer, "aa")) == "aatS"
    assert shown(write(writer, "rrr")) == "rrr"
    assert shown(write(writer, "")) == ""
    assert shown(write(writer, "ram")) == "ramtS"


# --- the other columns --------------------------------------------------------------------------


def test_a_commit_is_due_with_the_update_before_it_and_names_no_key() -> None:
    columns = write(OperationWriter(CommitPlan(every=2, step=2)), "amr")
    assert columns.keys.tolist() == [100, 101, 0, 0, 102]
    assert columns.due.tolist() == [1_000, 1_010, 1_010, 1_010, 1_020]


def test_only_acks_carry_ids_and_each_request_has_its_own() -> None:
    writer = OperationWriter(CommitPlan(every=100, step=100))
    first = write(writer, "aram")
    assert first.arguments.tolist() == [SNOWFLAKE, 0, SNOWFLAKE + 2, 0]
    second = write(writer, "ra")
    assert second.arguments.tolist() == [0, SNOWFLAKE + 5]
    assert first.arguments.dtype == np.uint64


def test_commits_take_no_ids() -> None:
    writer = OperationWriter(CommitPlan(every=1, step=1))
    write(writer, "aaa")
    assert write(writer, "a").arguments.tolist() == [SNOWFLAKE + 3, 1, 0]


def test_columns_have_the_types_of_the_block() -> None:
    for letters in ("rrr", "aaaa"):  # without and with commits
        columns = write(OperationWriter(CommitPlan(every=4, step=2)), letters)
        kinds = (columns.due, columns.keys, columns.arguments, columns.operations)
        assert [column.dtype for column in kinds] == [np.int64, np.int64, np.uint64, np.uint8]
        assert {len(column) for column in kinds} == {len(columns)}


# --- room in the block --------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [BLOCK_SIZE_MIN, 72, 1_024, 16_384])
@pytest.mark.parametrize(
    ("every", "step"), [(1, 1), (2, 1), (3, 2), (7, 7), (64, 63), (10_000, 250), (50, 1)]
)
def test_a_block_of_updates_alone_never_overflows(block_size: int, every: int, step: int) -> None:
    plan = CommitPlan(every, step)
    batch = plan.requests_per_block(block_size)
    writer = OperationWriter(plan)
    lengths = [len(write(writer, "a" * batch)) for _ in range(max(5, 3 * every // batch))]
    assert max(lengths) <= block_size
    assert max(lengths) >= 0.85 * block_size  # nor is it left half empty


def test_requests_per_block_by_hand() -> None:
    # 60 places for each request with its take, and a seal every 10: 60 / (1 + 1 + 0.1) = 28.6
    assert CommitPlan(every=10, step=1).requests_per_block(64) == 28


# --- the mix ------------------------------------------------------------------------------------


def test_the_mix_has_its_weights() -> None:
    drawn = Mix(read=10, ack=50, mention=40).draw(np.random.default_rng(1), 100_000)
    assert drawn.dtype == np.uint8
    shares = np.bincount(drawn, minlength=3) / 100_000
    assert shares.tolist() == pytest.approx([0.1, 0.5, 0.4], abs=0.007)


@pytest.mark.parametrize(
    ("mix", "only"),
    [
        (Mix(read=1, ack=0, mention=0), {READ}),
        (Mix(read=0, ack=3, mention=0), {ACK}),
        (Mix(read=0, ack=0, mention=0.5), {MENTION}),
        (Mix(read=1, ack=0, mention=1), {READ, MENTION}),
    ],
)
def test_an_operation_of_weight_zero_never_comes(mix: Mix, only: set[int]) -> None:
    assert set(mix.draw(np.random.default_rng(1), 10_000).tolist()) == only


def test_the_mix_does_not_depend_on_how_it_is_cut() -> None:
    rng = np.random.default_rng(1)
    parts = np.concatenate([Mix().draw(rng, count) for count in (1, 499, 0, 500)])
    assert parts.tolist() == Mix().draw(np.random.default_rng(1), 1_000).tolist()
