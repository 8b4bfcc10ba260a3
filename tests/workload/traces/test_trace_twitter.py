from __future__ import annotations

from pathlib import Path

import pytest
from trace_maker import TWITTER_TEXT, error_of, keys_of, make

from lab.trial.block import Operation
from lab.workload.traces import CHUNK_ACCESSES, Chunk, TraceFacts, keys, scan

READ, ACK, MENTION = int(Operation.READ), int(Operation.ACK), int(Operation.MENTION)


def operations_in(chunk: Chunk) -> list[int]:
    assert chunk.operations is not None
    return chunk.operations.tolist()


def test_a_hand_worked_trace(tmp_path: Path) -> None:
    trace = make(tmp_path, TWITTER_TEXT, "twitter")
    (chunk,) = trace.chunks()
    a, b = keys.hash_key("a"), keys.hash_key("b")
    assert chunk.keys.tolist() == [a, b, a]
    assert operations_in(chunk) == [READ, ACK, MENTION]
    assert chunk.sizes_bytes is not None
    assert chunk.sizes_bytes.tolist() == [10, 20, 30]
    found = scan(trace)
    assert found.duration_s is not None
    assert 0.5 < found.duration_s < 2
    assert found == TraceFacts(
        accesses=3,
        distinct_keys=2,
        hashed_keys=2,
        collisions=0,
        has_times=True,
        duration_s=found.duration_s,
        skipped=1,
        has_operations=True,
        mean_size_bytes=20.0,
    )


@pytest.mark.parametrize(
    ("written", "operation"),
    [
        *[(name, READ) for name in ("get", "gets")],
        *[(name, ACK) for name in ("set", "add", "replace", "cas")],
        *[(name, MENTION) for name in ("incr", "decr")],
    ],
)
def test_what_each_operation_becomes(tmp_path: Path, written: str, operation: int) -> None:
    (chunk,) = make(tmp_path, f"0,1,1,1,1,{written},0\n", "twitter").chunks()
    assert operations_in(chunk) == [operation]
    assert chunk.skipped == 0


@pytest.mark.parametrize("written", ["delete", "append", "prepend", "GET", ""])
@pytest.mark.parametrize("times", ["spread", "none"])
def test_the_others_are_skipped_and_counted(tmp_path: Path, written: str, times: str) -> None:
    other = f"5,1,1,1,1,{written},0\n"
    trace = make(tmp_path, other + "6,1,1,1,1,get,0\n" + other, f"twitter:{times}")
    found = scan(trace)
    assert (found.accesses, found.skipped) == (1, 2)
    assert found.duration_s == (0 if times == "spread" else None)


def test_skipped_accesses_are_counted_where_no_request_is_near(tmp_path: Path) -> None:
    other = "5,1,1,1,1,delete,0\n"
    data = other * (CHUNK_ACCESSES + 1) + "6,1,1,1,1,get,0\n" + other * (CHUNK_ACCESSES + 1)
    found = scan(make(tmp_path, data, "twitter"))
    assert (found.accesses, found.skipped) == (1, 2 * CHUNK_ACCESSES + 2)


def test_nothing_but_others(tmp_path: Path) -> None:
    message = error_of(make(tmp_path, "0,1,1,1,1,delete,0\n" * 3, "twitter"))
    assert ": holds no accesses that are requests (3 others were skipped): give a " in message


def test_a_key_may_hold_commas(tmp_path: Path) -> None:
    trace = make(tmp_path, "0,a,b,,3,1,1,get,0\n", "twitter")
    assert keys_of(trace) == [keys.hash_key("a,b,")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0,a,1,1,1,get", "line 3: 6 fields where there are 7"),
        ("0", "line 3: 1 fields where there are 7"),
        ("0,,1,1,1,get,0", "line 3: no key"),
        ("x,a,1,1,1,get,0", "line 3: timestamp 'x' is not a whole number from 0 to 4,294,967,295"),
        ("1.5,a,1,1,1,get,0", "line 3: timestamp '1.5' is not"),
        ("-1,a,1,1,1,get,0", "line 3: timestamp '-1' is not"),
        (f"{2**32},a,1,1,1,get,0", "line 3: timestamp '4294967296' is not"),
        ("0,a,1,,1,get,0", "line 3: value size '' is not a whole number"),
        ("0,a,1,1,1,get,0", "line 3: the time goes backwards, by 1 s"),
        ("timestamp,key,key_size,value_size,client_id,operation,ttl", "line 3: timestamp 'time"),
    ],
)
def test_lines_that_cannot_be_right(tmp_path: Path, line: str, expected: str) -> None:
    data = f"1,1,1,1,1,get,0\n1,1,1,1,1,delete,0\n{line}\n"
    assert expected in error_of(make(tmp_path, data, "twitter"))
