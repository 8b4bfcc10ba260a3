"""What numba compiled leaves the same bytes in every column as the Python code that it follows."""

from __future__ import annotations

from array import array
from random import Random
from typing import Any

import pytest
from taking import taken

pytest.importorskip("numba")

from strategies.layouts.flat import Flat
from strategies.layouts.flat_numba import FlatNumba
from strategies.parts import flat_kernels

COLUMNS = ("_index", "_records", "_payload", "_ring")


@pytest.mark.parametrize("payload_bytes", [0, 20])
@pytest.mark.parametrize("capacity", [1, 5, 60])
def test_the_columns_are_those_of_flat(capacity: int, payload_bytes: int) -> None:
    plain = Flat(capacity, payload_bytes=payload_bytes)
    compiled = FlatNumba(capacity, payload_bytes=payload_bytes)
    draw = Random(capacity)
    keys = [draw.choice((draw.randrange(-50, 50), draw.getrandbits(64) - 2**63)) for _ in range(90)]
    for step in range(3_000):
        key, kind, message_id = draw.choice(keys), draw.randrange(20), draw.getrandbits(64)
        limit = draw.randrange(1, 9)
        answers = [operate(table, kind, key, message_id, limit) for table in (plain, compiled)]
        assert answers[0] == answers[1]
        assert plain.victim == compiled.victim
        if step % 10 == 0:
            for name in COLUMNS:
                assert getattr(plain, name) == getattr(compiled, name), name
            assert list(plain.items()) == list(compiled.items())


def operate(table: Any, kind: int, key: int, message_id: int, limit: int) -> object:
    if kind == 0:
        return table.seal_pending()
    if kind < 3:
        return taken(table.take_pending, limit)
    if kind < 8:
        found = table.read(key)
        return table.insert(key, message_id, limit, False) if found is None else found
    hit = table.ack(key, message_id) if kind < 14 else table.mention(key)
    return hit or table.insert(key, message_id, 2**32 - 2, True)


def test_no_more_is_handed_out_than_the_columns_take() -> None:
    table = FlatNumba(9)
    for key in range(9):
        table.insert(key, key, 0, changed=True)
    table.seal_pending()
    keys, ids, mentions = (memoryview(array(code, [0] * 4)) for code in "qQI")
    assert table.take_pending(100, keys, ids, mentions) == 4
    assert table.take_pending(100, keys[:0], ids, mentions) == 0
    assert keys.tolist() == [0, 1, 2, 3]


def test_nothing_reaches_released_memory() -> None:
    table = FlatNumba(2)
    table.insert(1, 1, 0, changed=True)
    table.close()
    table.close()
    assert len(table) == 0
    with pytest.raises(AttributeError):
        table.read(1)


def test_each_operation_was_compiled_once_for_its_signature() -> None:
    table = FlatNumba(2)
    table.insert(-1, 2**64 - 1, 2**32 - 1, changed=True)
    table.ack(-1, 1)
    table.read(2**63 - 1)
    for name in ("read", "ack", "mention", "insert", "take"):
        assert len(getattr(flat_kernels, name).signatures) == 1


def test_it_compiles_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = flat_kernels.njit

    def refusing(*signature: Any, cache: bool = False) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*signature)

    monkeypatch.setattr(flat_kernels, "njit", refusing)
    double = flat_kernels.compiled("int64(int64)")(lambda number: number * 2)
    assert double(21) == 42
