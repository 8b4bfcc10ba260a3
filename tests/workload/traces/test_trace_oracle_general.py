from __future__ import annotations

import struct
from pathlib import Path

import pytest
from trace_maker import ORACLE_BYTES, error_of, keys_of, make

from lab.workload.traces import TraceFacts, scan


def records(*rows: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("<IQIq", *row) for row in rows)


def test_a_record_lies_as_its_definition_says(tmp_path: Path) -> None:
    data = bytes.fromhex(
        "04030201010000000000008010000000ffffffffffffffff"
    )  # time 0x01020304, key 2^63 + 1, size 16, no next access
    (chunk,) = make(tmp_path, data, "oracle-general").chunks()
    assert chunk.keys.tolist() == [-(2**63) + 1]
    assert chunk.sizes_bytes is not None
    assert chunk.sizes_bytes.tolist() == [16]
    assert chunk.operations is None


def test_facts(tmp_path: Path) -> None:
    found = scan(make(tmp_path, ORACLE_BYTES, "oracle-general:times=none"))
    assert found == TraceFacts(
        accesses=3,
        distinct_keys=2,
        hashed_keys=0,
        collisions=0,
        has_times=False,
        duration_s=None,
        skipped=0,
        has_operations=False,
        mean_size_bytes=140.0,
    )
    # the seconds are 7, 7, 9: the first within [7, 7.5), the last within [9, 10)
    spread = scan(make(tmp_path, ORACLE_BYTES, "oracle-general"))
    assert spread.has_times
    assert spread.duration_s is not None
    assert 1.5 < spread.duration_s < 3


def test_size_zero_is_an_access(tmp_path: Path) -> None:
    assert scan(make(tmp_path, records((0, 1, 0, -1)), "oracle-general")).mean_size_bytes == 0


@pytest.mark.parametrize("following", [-2, -1, 0, 2**63 - 1])
def test_next_accesses_that_may_be(tmp_path: Path, following: int) -> None:
    assert keys_of(make(tmp_path, records((0, 1, 1, following)), "oracle-general")) == [1]


def test_another_binary_format(tmp_path: Path) -> None:
    data = records((0, 1, 1, 1), (0, 1, 1, -3))
    message = error_of(make(tmp_path, data, "oracle-general"))
    assert "access 2 (byte 24): the next access is -3, which cannot be: name the" in message
    data = records((5, 1, 1, 1), (4, 1, 1, 1))
    message = error_of(make(tmp_path, data, "oracle-general"))
    assert "access 2 (byte 24): the time goes backwards, by 1 s: sort the trace" in message


@pytest.mark.parametrize("kept", [24 + 4, 47])
def test_a_file_cut_within_a_record(tmp_path: Path, kept: int) -> None:
    message = error_of(make(tmp_path, ORACLE_BYTES[:kept], "oracle-general"))
    assert (
        f"truncated after 1 accesses: {kept - 24} of the 24 bytes of an access at byte 24: "
        in message
    )
