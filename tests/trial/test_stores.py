"""The store `memory`: dense rows and hashed keys, by hand and against a dict."""

from __future__ import annotations

import gc
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stores.interface import StateStore
from lab.stores.memory import DenseStore, HashedStore, memory_store
from strategies.interface import Typed

KEY_MIN, KEY_MAX, ID_MAX, MENTIONS_MAX = -(2**63), 2**63 - 1, 2**64 - 1, 2**32 - 1
INVERSE = pow(0x9E3779B97F4A7C15, -1, 2**64)
STATES = st.tuples(
    st.sampled_from([0, 2**63, ID_MAX]) | st.integers(0, ID_MAX), st.integers(0, MENTIONS_MAX)
)


def columns(*rows: tuple[int, int, int]) -> tuple[Typed, Typed, Typed]:
    keys, ids, mentions = zip(*rows, strict=True)
    return (
        memoryview(array("q", keys)),
        memoryview(array("Q", ids)),
        memoryview(array("I", mentions)),
    )


@pytest.fixture(params=["dense", "hashed"])
def store(request: pytest.FixtureRequest) -> StateStore:
    return memory_store(10, dense=request.param == "dense")


def test_dense_or_hashed() -> None:
    assert type(memory_store(3, dense=True)) is DenseStore
    assert type(memory_store(3, dense=False)) is HashedStore


def test_an_unknown_key_is_nothing(store: StateStore) -> None:
    assert store.load(3) == (0, 0)
    assert list(store.items()) == []


def test_a_saved_state_comes_back(store: StateStore) -> None:
    store.save(0, 1, 2)
    store.save(9, ID_MAX, MENTIONS_MAX)
    store.save(0, 3, 0)
    assert (store.load(0), store.load(9), store.load(1)) == ((3, 0), (ID_MAX, MENTIONS_MAX), (0, 0))
    assert sorted(store.items()) == [(0, 3, 0), (9, ID_MAX, MENTIONS_MAX)]


def test_a_state_of_nothing_is_a_state(store: StateStore) -> None:
    store.save(4, 0, 0)
    assert list(store.items()) == [(4, 0, 0)]


def test_one_commit_writes_the_first_rows_only(store: StateStore) -> None:
    rows = columns((1, 10, 0), (2, 20, 5), (1, 11, 0), (3, 30, 0))
    store.save_many(3, *rows)
    assert sorted(store.items()) == [(1, 11, 0), (2, 20, 5)]
    store.save_many(0, *rows)
    assert len(list(store.items())) == 2


def test_closing_twice(store: StateStore) -> None:
    store.save(1, 2, 3)
    store.close()
    store.close()
    assert list(store.items()) == []


def test_a_dense_store_has_no_row_beyond_its_keys() -> None:
    with pytest.raises(IndexError):
        memory_store(10, dense=True).save(10, 1, 1)


def test_keys_from_the_whole_signed_range() -> None:
    store = memory_store(5, dense=False)
    keys = [KEY_MIN, -1, 0, 1, KEY_MAX]
    for number, key in enumerate(keys):
        assert store.load(key) == (0, 0)
        store.save(key, number, number)
    assert sorted(store.items()) == [(key, n, n) for n, key in enumerate(keys)]
    assert [store.load(key) for key in keys] == [(n, n) for n in range(5)]


def test_keys_that_collide() -> None:
    # six keys whose own place is the last of sixteen: they go around the end
    store = memory_store(6, dense=False)
    patterns = [((15 << 60) + number) * INVERSE % 2**64 for number in range(6)]
    keys = [pattern - 2**64 if pattern >= 2**63 else pattern for pattern in patterns]
    assert {key * 0x9E3779B97F4A7C15 % 2**64 >> 60 for key in keys} == {15}
    for number, key in enumerate(keys):
        store.save(key, number, 0)
    assert [store.load(key) for key in keys] == [(number, 0) for number in range(6)]
    assert len(list(store.items())) == 6


def test_the_limit_of_a_hashed_store() -> None:
    store = memory_store(3, dense=False)
    for key in (-1, 0, 1):
        store.save(key, 1, 1)
    store.save(0, 2, 2)  # an old key is no new one
    with pytest.raises(RuntimeError, match=r"^the store was made for 3 keys and met one more$"):
        store.save(2, 1, 1)
    assert store.load(2) == (0, 0)
    assert sorted(store.items()) == [(-1, 1, 1), (0, 2, 2), (1, 1, 1)]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([KEY_MIN, -1, 0, 1, KEY_MAX]) | st.integers(-20, 20), STATES),
        max_size=60,
    ),
    st.integers(1, 7),
)
def test_a_hashed_store_is_a_dict(writes: list[tuple[int, tuple[int, int]]], batch: int) -> None:
    store = memory_store(45, dense=False)
    model: dict[int, tuple[int, int]] = {}
    for start in range(0, len(writes), batch):
        rows = [(key, *state) for key, state in writes[start : start + batch]]
        store.save_many(len(rows), *columns(*rows))
        model.update(writes[start : start + batch])
        assert {key: store.load(key) for key in model} == model
    assert sorted(store.items()) == sorted((key, *state) for key, state in model.items())


@pytest.mark.parametrize("dense", [True, False])
def test_the_collector_sees_nothing_of_it(dense: bool) -> None:
    store = memory_store(2_000, dense=dense)
    gc.collect()
    before = len(gc.get_objects())
    for key in range(2_000):
        store.save(key, 2**40 + key, key)
    assert abs(len(gc.get_objects()) - before) < 20
