from __future__ import annotations

import struct
from hashlib import blake2b

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.runner.model import ReferenceModel
from lab.runner.verify import Checksum, Verifier
from lab.trial.block import EVICTED, MISS, Operation, Phase
from lab.workload.read_states import Columns

READ, ACK, MENTION, COMMIT = Operation


def sent(*steps: tuple[Operation, int, int]) -> Columns:
    operations, keys, arguments = zip(*steps, strict=True)
    return Columns(
        np.zeros(len(steps), np.int64),
        np.array(keys, np.int64),
        np.array(arguments, np.uint64),
        np.array(operations, np.uint8),
    )


def bytes_of(*values: int) -> NDArray[np.uint8]:
    return np.array(values, np.uint8)


def ids_of(*values: int) -> NDArray[np.uint64]:
    return np.array(values, np.uint64)


# --- checksum -----------------------------------------------------------------------------------

OPERATIONS = bytes_of(READ, ACK, COMMIT, MENTION, READ, COMMIT, READ)
OUTCOMES = bytes_of(MISS, MISS | EVICTED, 0, 0, 0, 0, MISS)
ARGUMENTS = ids_of(0, 77, 250, 0, 2**64 - 1, 0, 5)


def test_the_checksum_by_hand() -> None:
    checksum = Checksum()
    checksum.answers(OPERATIONS, OUTCOMES, ARGUMENTS)
    items = np.array([3, -1]), ids_of(9, 2**64 - 1), np.array([2**32 - 1, 0])
    checksum.items(items[0].astype(np.int64), items[1], items[2].astype(np.int64))
    expected = blake2b(digest_size=8)
    # the outcome, then what a read saw; an ack's own id is no answer, a commit is no request
    for outcome, seen in [(1, 0), (3, 0), (0, 0), (0, 2**64 - 1), (1, 5)]:
        expected.update(struct.pack("<BQ", outcome, seen))
    for item in [(3, 9, 2**32 - 1), (-1, 2**64 - 1, 0)]:
        expected.update(struct.pack("<qQQ", *item))
    assert checksum.digest() == expected.hexdigest()
    assert len(checksum.digest()) == 16


@pytest.mark.parametrize("cuts", [[1], [3], [2, 3], [1, 2, 3, 4, 5, 6], [0, 7]])
def test_the_checksum_does_not_depend_on_block_cuts(cuts: list[int]) -> None:
    whole, parts = Checksum(), Checksum()
    whole.answers(OPERATIONS, OUTCOMES, ARGUMENTS)
    for columns in zip(
        np.split(OPERATIONS, cuts), np.split(OUTCOMES, cuts), np.split(ARGUMENTS, cuts), strict=True
    ):
        parts.answers(*columns)
    assert parts.digest() == whole.digest()


def test_the_checksum_does_not_depend_on_what_is_no_answer() -> None:
    one, other = Checksum(), Checksum()
    one.answers(OPERATIONS, OUTCOMES, ARGUMENTS)
    arguments = ARGUMENTS.copy()
    arguments[[1, 2, 3]] = 1_000  # of the ack, a commit, the mention
    other.answers(OPERATIONS, OUTCOMES, arguments)
    assert other.digest() == one.digest()


@pytest.mark.parametrize("place", [0, 4, 6])
def test_the_checksum_changes_with_every_answer(place: int) -> None:
    def digest(outcomes: NDArray[np.uint8], arguments: NDArray[np.uint64]) -> str:
        checksum = Checksum()
        checksum.answers(OPERATIONS, outcomes, arguments)
        return checksum.digest()

    outcomes, arguments = OUTCOMES.copy(), ARGUMENTS.copy()
    outcomes[place] ^= 1
    arguments[place] ^= np.uint64(1 << 63)
    right = digest(OUTCOMES, ARGUMENTS)
    assert len({right, digest(outcomes, ARGUMENTS), digest(OUTCOMES, arguments)}) == 3


def test_the_checksum_changes_with_the_order_of_the_items() -> None:
    def digest(*order: int) -> str:
        checksum = Checksum()
        numbers = np.array(order, np.int64)
        checksum.items(numbers, numbers.astype(np.uint64), numbers)
        return checksum.digest()

    assert digest(1, 2) != digest(2, 1)
    assert digest(1, 2) != digest(1, 3)


# --- answers against the model ------------------------------------------------------------------


def two_keys() -> Verifier:
    return Verifier(ReferenceModel(1, 5, dense=True))


BLOCK = sent((ACK, 1, 70), (COMMIT, 0, 0), (READ, 2, 0), (READ, 1, 0))
RIGHT = bytes_of(MISS, 0, 3, 3), ids_of(70, 0, 0, 70)


def test_right_answers_pass() -> None:
    verifier = two_keys()
    verifier.block(Phase.FILL, BLOCK, *RIGHT)
    verifier.cache(np.array([1]), ids_of(70), np.array([0]))
    verifier.payloads(0)
    verifier.store(np.array([1, 2]), ids_of(70, 0), np.array([0, 0]))
    assert verifier.wrong is None


@pytest.mark.parametrize(
    ("outcomes", "arguments", "says"),
    [
        (
            bytes_of(MISS, 0, 3, 3),
            ids_of(70, 0, 0, 71),
            "operation 3 (measure: read of key 1): outcome 3, message id 71; "
            "the model says outcome 3, message id 70",
        ),
        (
            bytes_of(MISS, 0, 1, 3),
            ids_of(70, 0, 0, 70),
            "operation 2 (measure: read of key 2): outcome 1, message id 0; "
            "the model says outcome 3, message id 0",
        ),
        (
            bytes_of(0, 0, 3, 0),
            ids_of(70, 0, 0, 0),
            "operation 0 (measure: ack of key 1): outcome 0, message id 70; "
            "the model says outcome 1, message id 70",
        ),
        (
            bytes_of(MISS, 0, 3, 3),
            ids_of(70, 9, 0, 70),
            "operation 1 (measure: commit of key 0): outcome 0, message id 9; "
            "the model says outcome 0, message id 0",
        ),
    ],
)
def test_a_wrong_answer_is_pinpointed(
    outcomes: NDArray[np.uint8], arguments: NDArray[np.uint64], says: str
) -> None:
    verifier = two_keys()
    verifier.block(Phase.MEASURE, BLOCK, outcomes, arguments)
    assert verifier.wrong == says


def test_operations_are_numbered_over_the_whole_trial_and_the_first_wrong_one_stays() -> None:
    verifier = two_keys()
    verifier.block(Phase.FILL, BLOCK, *RIGHT)
    again = sent((READ, 1, 0), (READ, 1, 0))
    verifier.block(Phase.WARM_UP, again, bytes_of(0, 0), ids_of(70, 4))
    first = str(verifier.wrong)
    assert first.startswith("operation 5 (warm_up: read of key 1): outcome 0, message id 4;")
    verifier.block(Phase.MEASURE, again, bytes_of(1, 1), ids_of(0, 0))
    verifier.cache(np.array([4]), ids_of(4), np.array([4]))
    verifier.payloads(3)
    verifier.store(np.array([4]), ids_of(4), np.array([4]))
    assert verifier.wrong == first


def test_the_cache_the_payloads_and_the_store_are_checked() -> None:
    verifier = two_keys()
    verifier.block(Phase.FILL, BLOCK, *RIGHT)
    verifier.cache(np.array([2]), ids_of(70), np.array([0]))
    assert verifier.wrong == "place 0 of the recency order holds key 2, the model 1"
    verifier = two_keys()
    verifier.block(Phase.FILL, BLOCK, *RIGHT)
    verifier.payloads(1_500)
    assert verifier.wrong == "1,500 entries hold a payload that is not the one written"
    verifier = two_keys()
    verifier.block(Phase.FILL, sent((ACK, 1, 70), (READ, 2, 0)), bytes_of(1, 3), ids_of(70, 0))
    verifier.store(np.array([2]), ids_of(0), np.array([0]))
    assert "the store holds (0, 0) for key 1, the model (70, 0)" in str(verifier.wrong)


def test_without_a_model_only_payloads_are_checked() -> None:
    verifier = Verifier(None)
    verifier.block(Phase.MEASURE, BLOCK, bytes_of(0, 0, 0, 0), ids_of(0, 0, 0, 0))
    verifier.cache(np.array([9]), ids_of(9), np.array([9]))
    verifier.store(np.array([9]), ids_of(9), np.array([9]))
    assert verifier.wrong is None
    verifier.payloads(1)
    assert verifier.wrong is not None
