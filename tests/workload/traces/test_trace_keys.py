from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trace_maker import facts_of, keys_of, make

from lab.workload.traces import CHUNK_ACCESSES, facts, keys, scan


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0", 0),
        ("-1", -1),
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**63), -(2**63)),
        (str(2**64 - 1), -1),
    ],
)
def test_numbers_keep_their_bits(tmp_path: Path, text: str, key: int) -> None:
    trace = make(tmp_path, f"{text}\n1\n", "lirs")
    assert keys_of(trace) == [key, 1]
    assert scan(trace).hashed_keys == 0


@pytest.mark.parametrize(
    "text", ["user:7", "7.0", "007", "+7", "1_0", "-0", "\u0667", "é", "9" * 5000]
)
def test_anything_else_is_hashed(tmp_path: Path, text: str) -> None:
    trace = make(tmp_path, f"7\n{text}\n{text}\n", "lirs")
    assert keys_of(trace) == [7, keys.hash_key(text), keys.hash_key(text)]
    assert scan(trace) == facts_of(3, 2, 1, 0)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_numbers_out_of_range_are_hashed(tmp_path: Path, number: int) -> None:
    trace = make(tmp_path, f"{number}\n", "lirs")
    assert keys_of(trace) == [keys.hash_key(str(number))]


def test_the_hash_is_blake2b_read_as_a_signed_little_endian_number() -> None:
    # printf abc | b2sum -l 64 -> d8bb14d833d59559
    assert keys.hash_key("abc") == 0x5995D533D814BBD8


def test_collisions_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def same_hash(text: str) -> int:
        return 42

    monkeypatch.setattr(keys, "hash_key", same_hash)
    monkeypatch.setattr(facts, "hash_key", same_hash)
    # Hash against hash: three keys as written become one.
    trace = make(tmp_path, "a\nb\na\nc\n7\n", "lirs")
    assert scan(trace) == facts_of(5, 2, 3, 2)
    # Hash against number, the number in another chunk, which holds numbers alone.
    trace = make(tmp_path, "a\n" + "7\n" * CHUNK_ACCESSES + "42\n", "lirs")
    assert scan(trace) == facts_of(CHUNK_ACCESSES + 2, 2, 1, 1)


def test_a_negative_and_an_unsigned_number_with_the_same_bits_collide(tmp_path: Path) -> None:
    trace = make(tmp_path, f"-1\n{2**64 - 1}\n-1\n", "lirs")
    assert scan(trace) == facts_of(3, 1, 0, 1)


def test_distinct_keys_over_many_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_STEP_ACCESSES", 10)
    numbers = np.arange(3 * CHUNK_ACCESSES, dtype="<u4") % (CHUNK_ACCESSES + 5)
    found = scan(make(tmp_path, numbers.tobytes(), "cache2k-u32"))
    assert found.accesses == 3 * CHUNK_ACCESSES
    assert found.distinct_keys == CHUNK_ACCESSES + 5
