from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.runner.model import ReferenceModel
from lab.trial.block import EVICTED, MISS, Operation
from strategies.interface import MENTIONS_MAX

READ, ACK, MENTION, COMMIT = Operation
HIT, IN, OUT = 0, MISS, MISS | EVICTED
BIG = 2**64 - 1

Step = tuple[Operation, int, int]
Item = tuple[int, int, int]


def columns(
    steps: list[Step],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint64]]:
    operations, keys, arguments = zip(*steps, strict=True)
    return (
        np.array(operations, np.uint8),
        np.array(keys, np.int64),
        np.array(arguments, np.uint64),
    )


def replay(model: ReferenceModel, *steps: Step) -> tuple[list[int], list[int]]:
    outcomes, arguments = model.replay(*columns(list(steps)), np.zeros(len(steps), np.uint8))
    assert outcomes.dtype == np.uint8
    assert arguments.dtype == np.uint64
    return outcomes.tolist(), arguments.tolist()


def table(items: list[Item]) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    return (
        np.array([key for key, _, _ in items], np.int64),
        np.array([message_id for _, message_id, _ in items], np.uint64),
        np.array([mentions for _, _, mentions in items], np.int64),
    )


def check_items(model: ReferenceModel, *items: Item) -> str | None:
    return model.check_items(*table(list(items)))


def check_store(model: ReferenceModel, *items: Item) -> str | None:
    return model.check_store(*table(list(items)))


def of_two(*, dense: bool = True) -> ReferenceModel:
    """A model of a cache for two entries over ten keys."""
    return ReferenceModel(2, 10, dense=dense)


SEAL: Step = (COMMIT, 0, 0)


def take(count: int) -> Step:
    return (COMMIT, 0, count)


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dense", [True, False])
def test_an_lru_of_two_by_hand(dense: bool) -> None:
    model = of_two(dense=dense)
    steps: list[tuple[Step, int, int]] = [
        ((READ, 1, 0), IN, 0),  # unknown: (0, 0)
        ((ACK, 2, 70), IN, 70),
        ((MENTION, 1, 0), HIT, 0),  # 1 is now the newer one
        ((READ, 3, 0), OUT, 0),  # 2 goes
        ((READ, 2, 0), OUT, 70),  # 1 goes; 2 comes back with what it was
        ((READ, 3, 0), HIT, 0),
        ((MENTION, 1, 0), OUT, 0),  # 2 goes again, 1 has 2 mentions
        ((ACK, 1, BIG), HIT, BIG),  # clears them
        ((READ, 1, 0), HIT, BIG),
    ]
    outcomes, seen = replay(model, *[step for step, _, _ in steps])
    assert outcomes == [outcome for _, outcome, _ in steps]
    assert seen == [argument for _, _, argument in steps]
    assert check_items(model, (3, 0, 0), (1, BIG, 0)) is None


def test_a_stream_may_be_replayed_in_any_blocks() -> None:
    steps: list[Step] = [(Operation(n % 3), n * n % 7, n if n % 3 == ACK else 0) for n in range(60)]
    whole = replay(of_two(), *steps)
    model = of_two()
    parts = [replay(model, *steps[begin : begin + 7]) for begin in range(0, 60, 7)]
    assert [outcome for outcomes, _ in parts for outcome in outcomes] == whole[0]
    assert [argument for _, seen in parts for argument in seen] == whole[1]


def test_commits_have_no_outcome_and_keep_their_argument() -> None:
    model = of_two()
    outcomes, seen = replay(model, (ACK, 1, 5), SEAL, take(250), (READ, 1, 0))
    assert outcomes == [IN, HIT, HIT, HIT]
    assert seen == [5, 0, 250, 5]


def test_mentions_stop_at_their_maximum() -> None:
    model = of_two()
    replay(model, (MENTION, 1, 0))
    model._mentions[1] = MENTIONS_MAX - 1
    replay(model, (MENTION, 1, 0), (MENTION, 1, 0), (MENTION, 1, 0))
    assert check_items(model, (1, 0, MENTIONS_MAX)) is None


def test_keys_of_a_trace_may_be_any_numbers() -> None:
    model = ReferenceModel(2, 3, dense=False)
    low, high = -(2**63), 2**63 - 1
    outcomes, _ = replay(model, (ACK, low, 1), (ACK, high, 2), (MENTION, low, 0), (READ, -1, 0))
    assert outcomes == [IN, IN, HIT, OUT]
    assert check_items(model, (low, 1, 1), (-1, 0, 0)) is None
    assert check_store(model, (high, 2, 0), (low, 0, 0)) is None


# --- the cache ----------------------------------------------------------------------------------


def filled() -> ReferenceModel:
    model = of_two()
    replay(model, (ACK, 4, 40), (MENTION, 6, 0))
    return model


def test_the_right_cache() -> None:
    assert check_items(filled(), (4, 40, 0), (6, 0, 1)) is None
    assert check_items(of_two()) is None


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([(4, 40, 0)], "the cache holds 1 entries, the model 2"),
        ([], "the cache holds 0 entries, the model 2"),
        (
            [(6, 0, 1), (4, 40, 0)],
            "place 0 of the recency order holds key 6, the model 4",
        ),
        ([(4, 40, 0), (5, 0, 1)], "place 1 of the recency order holds key 5, the model 6"),
        ([(4, 41, 0), (6, 0, 1)], "the cache holds (41, 0) for key 4, the model (40, 0)"),
        ([(4, 40, 0), (6, 0, 2)], "the cache holds (0, 2) for key 6, the model (0, 1)"),
        ([(4, 40, 0), (6, BIG, 1)], f"the cache holds ({BIG}, 1) for key 6, the model (0, 1)"),
        ([(4, 40, 0), (99, 0, 1)], "place 1 of the recency order holds key 99, the model 6"),
    ],
)
@pytest.mark.parametrize("dense", [True, False])
def test_a_wrong_cache_is_said_in_one_line(items: list[Item], says: str, dense: bool) -> None:
    model = of_two(dense=dense)
    replay(model, (ACK, 4, 40), (MENTION, 6, 0))
    assert check_items(model, *items) == says


# --- the store ----------------------------------------------------------------------------------


def test_what_was_evicted_must_be_in_the_store() -> None:
    model = of_two()
    replay(model, (ACK, 1, 10), (ACK, 2, 20), (ACK, 3, 30))  # 1 was evicted
    assert check_store(model, (1, 10, 0)) is None
    lost = check_store(model)
    assert lost == (
        "1 acknowledged states are not in the store, such as: "
        "the store holds (0, 0) for key 1, the model (10, 0)"
    )


def test_what_waits_in_the_cache_may_be_in_the_store_or_older_there() -> None:
    model = of_two()
    replay(model, (ACK, 1, 10), (ACK, 2, 20))
    assert check_store(model) is None
    assert check_store(model, (1, 10, 0)) is None
    assert check_store(model, (2, 7, 3)) is None  # a state from before


def test_a_sealed_update_is_durable_once_all_sealed_records_are_out() -> None:
    model = ReferenceModel(5, 10, dense=True)
    replay(model, (ACK, 1, 10), (MENTION, 2, 0), (ACK, 3, 30), SEAL)
    assert check_store(model) is None  # 3 records sealed, none handed out
    replay(model, take(2))
    assert check_store(model) is None  # 1 record left
    replay(model, take(2))
    assert check_store(model, (1, 10, 0), (2, 0, 1), (3, 30, 0)) is None
    assert "3 acknowledged states" in str(check_store(model))
    assert "for key 2, the model (0, 1)" in str(check_store(model, (1, 10, 0), (3, 30, 0)))


def test_a_take_without_a_seal_makes_nothing_durable() -> None:
    model = ReferenceModel(5, 10, dense=True)
    replay(model, (ACK, 1, 10), take(250))
    assert check_store(model) is None


def test_an_update_after_the_seal_waits_for_the_next() -> None:
    model = ReferenceModel(5, 10, dense=True)
    replay(model, (ACK, 1, 10), SEAL, (ACK, 1, 11), (ACK, 2, 20), take(5))
    # the sealed record of 1 was passed over: its state is no longer the current one
    assert check_store(model) is None
    replay(model, SEAL, take(1))
    assert check_store(model) is None
    replay(model, take(1))
    assert "2 acknowledged states" in str(check_store(model))
    assert check_store(model, (1, 11, 0), (2, 20, 0)) is None
    assert "(10, 0) for key 1" in str(check_store(model, (1, 10, 0), (2, 20, 0)))


def test_two_seals_add_up() -> None:
    model = ReferenceModel(5, 10, dense=True)
    replay(model, (ACK, 1, 10), (ACK, 2, 20), SEAL, (ACK, 3, 30), SEAL, take(2))
    assert check_store(model) is None  # one of the three is still to come
    replay(model, take(2))
    assert "3 acknowledged states" in str(check_store(model))


def test_reads_are_no_records() -> None:
    model = ReferenceModel(5, 10, dense=True)
    replay(model, (READ, 7, 0), (ACK, 1, 10), (READ, 1, 0), (READ, 7, 0), SEAL, take(1))
    assert "(0, 0) for key 1" in str(check_store(model))


def test_a_store_holds_no_state_that_was_never_written() -> None:
    model = of_two()
    replay(model, (READ, 1, 0), (READ, 2, 0), (READ, 3, 0))  # 1 was evicted clean
    assert check_store(model, (1, 0, 0)) is None
    assert "(5, 0) for key 1, the model (0, 0)" in str(check_store(model, (1, 5, 0)))
    assert "(0, 9) for key 8, the model (0, 0)" in str(check_store(model, (8, 0, 9)))


def test_a_store_holds_no_key_that_nobody_named() -> None:
    for dense in (True, False):
        model = of_two(dense=dense)
        replay(model, (ACK, 1, 10))
        assert check_store(model, (77, 0, 0)) == (
            "the store holds key 77, which no request ever named"
        )


def test_sparse_keys_are_named_in_the_message() -> None:
    model = ReferenceModel(1, 3, dense=False)
    replay(model, (ACK, -500, 10), (ACK, 10**15, 20), (READ, 3, 0))
    lost = check_store(model, (-500, 10, 0))
    assert lost is not None
    assert "the store holds (0, 0) for key 1000000000000000, the model (20, 0)" in lost
