"""Typed views over raw memory, on this interpreter; other ones run them in whole trials."""

from __future__ import annotations

import mmap
import struct
from array import array

import pytest

from strategies.buffers import bits, field, release, rows, viewer


def test_a_view_begins_where_it_is_told_to() -> None:
    with mmap.mmap(-1, 64) as memory:
        view = viewer(memory)
        signed, unsigned, small = view(8, 2, "q"), view(24, 1, "Q"), view(32, 3, "B")
        signed[1], unsigned[0], small[2] = -5, 2**64 - 1, 255
        written = memory[:40]
        for each in (signed, unsigned, small):
            release(each)
        del view
    assert struct.unpack_from("=qqQ", written, 8) == (0, -5, 2**64 - 1)
    assert written[32:35] == b"\0\0\xff"


@pytest.mark.parametrize("typecode", ["q", "Q", "I", "i", "B"])
def test_rows_are_zeroed_and_of_their_length(typecode: str) -> None:
    made = rows(typecode, 3)
    assert list(made) == [0, 0, 0]
    made[1] = 7
    assert list(made) == [0, 7, 0]


def test_fields_are_those_of_their_own_record() -> None:
    records = memoryview(bytearray(4 * 32))
    keys, ids, mentions = (
        field(records, "q", 0, 4),
        field(records, "Q", 1, 4),
        field(records, "I", 4, 8),
    )
    for row in range(4):
        keys[row], ids[row], mentions[row] = -row, 2**63 + row, 100 + row
    found = [struct.unpack_from("=qQI", records, 32 * row) for row in range(4)]
    assert found == [(-row, 2**63 + row, 100 + row) for row in range(4)]
    assert [keys[row] for row in range(4)] == [0, -1, -2, -3]


def test_bits_are_the_same_memory_without_a_sign() -> None:
    items = array("q", [0, 0, 0])
    bits(items)[1] = 2**64 - 1
    assert list(items) == [0, -1, 0]
