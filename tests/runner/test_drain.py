from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.causes.stalls import Instrument
from lab.histogram import Histogram, read_hlog
from lab.runner.drain import Recorder, Stamped, summarise
from lab.trial.block import (
    EVICTED,
    EVIDENCE_RECORD_WORDS,
    GC_RECORD_WORDS,
    MISS,
    Operation,
)

READ, ACK, MENTION, COMMIT = Operation
US, MS = 1_000, 1_000_000
T0 = 5_000_000_000

Row = tuple[Operation, int, int, int, int, int]
"""Operation, key, outcome, and due, started, finished in ns since t0."""


def recorder(folder: Path, *, closed_loop: bool = False, keep_requests: bool = False) -> Recorder:
    return Recorder(
        folder,
        t0_ns=T0,
        start_epoch_s=1_700_000_000.0,
        closed_loop=closed_loop,
        seed=1,
        keep_requests=keep_requests,
        workers=2,
        slow_ns=MS,
        instrument=Instrument(slow_ns=MS // 4, fault_ns=1_000, spinning=True),
    )


def int64(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def stamped(
    *rows: Row,
    closed: bool = False,
    sent: int = -MS,
    received: int = 10**12,
    worker: int = 0,
) -> Stamped:
    operations, keys, outcomes, due, started, finished = (
        np.array(column, np.int64) for column in zip(*rows, strict=True)
    )
    return Stamped(
        np.zeros(len(rows), np.int64) if closed else due + T0,
        started + T0,
        finished + T0,
        keys,
        operations.astype(np.uint8),
        outcomes.astype(np.uint8),
        T0 + sent,
        T0 + received,
        worker,
        np.empty((0, GC_RECORD_WORDS), np.int64),
        np.empty((0, EVIDENCE_RECORD_WORDS), np.int64),
    )


def simple(due: int, started: int, finished: int, *, outcome: int = 0) -> Row:
    return (READ, 7, outcome, due, started, finished)


def log_rows(path: Path) -> list[tuple[float, int, int]]:
    """Return (start in s, count, max in ns) of each interval."""
    return [(row.start_s, row.histogram().total, row.max_ns) for row in read_hlog(path).rows]


def slow_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "slow.csv").open(encoding="ascii") as file:
        return list(csv.DictReader(file))


# A commit stalls what is behind it: 300 us of it, and two requests wait.
BLOCK: tuple[Row, ...] = (
    (READ, 1, 0, 0, 10, 110),
    (ACK, 2, MISS, 1 * US, 1 * US + 20, 1 * US + 520),
    (COMMIT, 0, 0, 1 * US, 1 * US + 530, 301 * US),
    (MENTION, 3, MISS | EVICTED, 100 * US, 301 * US + 10, 302 * US),
    (READ, 4, 0, 200 * US, 302 * US, 302 * US + 200),
)


# --- figures worked by hand ---------------------------------------------------------------------


def test_response_counts_from_the_intended_start_and_service_from_the_actual_one(
    tmp_path: Path,
) -> None:
    taken = recorder(tmp_path, keep_requests=True)
    taken.take(stamped(*BLOCK))
    assert taken.response is not None
    service = [100, 500, 990, 200]  # the commit is no request
    response = [110, 520, 202 * US, 102 * US + 200]
    assert sorted(taken.service.buckets()[0].tolist()) == sorted(service)
    assert taken.response.total == 4
    assert taken.response.min == 110
    assert taken.response.max == 202 * US
    expected = Histogram()
    expected.add(np.array(response))
    assert taken.response.buckets()[0].tolist() == expected.buckets()[0].tolist()
    taken.close()


def test_counts(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(*BLOCK))
    counts = taken.counts
    assert (counts.operations, counts.commits) == (4, 1)
    assert (counts.misses, counts.evictions) == (2, 1)
    assert counts.last_finished_ns == T0 + 302 * US + 200
    assert counts.clock_faults == counts.late_blocks == 0
    taken.take(stamped(simple(400 * US, 400 * US, 401 * US, outcome=MISS)))
    assert (counts.operations, counts.commits, counts.misses, counts.evictions) == (5, 1, 3, 1)
    taken.close()


def test_the_time_of_commits_is_busy(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(*BLOCK))
    commit_ns = 300 * US - 530
    assert taken.counts.busy_ns == 100 + 500 + commit_ns + 990 + 200
    taken.close()


def test_a_block_of_commits_alone_has_no_request(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped((COMMIT, 0, 0, 0, 10, 20)))
    assert (taken.counts.operations, taken.counts.commits, taken.counts.busy_ns) == (0, 1, 10)
    assert taken.service.total == 0
    taken.close()


def test_a_request_belongs_to_the_interval_of_its_intended_start(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(
        stamped(
            simple(10 * MS, 10 * MS, 11 * MS),
            simple(99 * MS, 150 * MS, 151 * MS),  # begun and ended in the next interval
        )
    )
    taken.take(stamped(simple(100 * MS, 151 * MS, 152 * MS)))
    taken.take(stamped(simple(430 * MS, 430 * MS, 433 * MS)))
    taken.close()
    assert log_rows(tmp_path / "response.hlog") == [
        (0.0, 2, 52 * MS),
        (0.1, 1, 52 * MS),
        (0.4, 1, 3 * MS),
    ]
    assert log_rows(tmp_path / "service.hlog") == [
        (0.0, 2, 1 * MS),
        (0.1, 1, 1 * MS),
        (0.4, 1, 3 * MS),
    ]
    assert read_hlog(tmp_path / "response.hlog").start_epoch_s == 1_700_000_000.0


def test_a_closed_loop_records_service_time_only_at_the_actual_start(tmp_path: Path) -> None:
    taken = recorder(tmp_path, closed_loop=True, keep_requests=True)
    rows = [
        simple(0, 10 * MS, 12 * MS),
        simple(0, 99 * MS, 103 * MS),
        simple(0, 104 * MS, 105 * MS),
    ]
    taken.take(stamped(*rows, closed=True, sent=9 * MS))
    taken.close()
    assert taken.response is None
    assert not (tmp_path / "response.hlog").exists()
    assert log_rows(tmp_path / "service.hlog") == [(0.0, 2, 4 * MS), (0.1, 1, 1 * MS)]
    assert (taken.counts.late_blocks, taken.counts.clock_faults) == (0, 0)
    slow = slow_rows(tmp_path)
    assert [(row["request"], row["queued_ns"]) for row in slow] == [("0", "0"), ("1", "0")]
    assert [row["response_ns"] for row in slow] == [str(2 * MS), str(4 * MS)]
    assert [row["intended_start_ns"] for row in slow] == [str(10 * MS), str(99 * MS)]
    kept = np.load(tmp_path / "requests.npy")
    assert kept["due_ns"].tolist() == [10 * MS, 99 * MS, 104 * MS]


# --- the clock ----------------------------------------------------------------------------------


def test_blocks_handed_over_late_are_counted(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(simple(MS, 5 * MS, 6 * MS), sent=4 * MS))
    taken.take(stamped(simple(7 * MS, 9 * MS, 9 * MS), sent=8 * MS))
    taken.take(stamped(simple(10 * MS, 10 * MS, 11 * MS), sent=10 * MS))
    assert (taken.counts.late_blocks, taken.counts.worst_late_ns) == (2, 3 * MS)
    assert taken.counts.clock_faults == 0
    taken.close()


@pytest.mark.parametrize(
    ("rows", "sent", "received", "fault"),
    [
        ([simple(50, 40, 60)], 0, MS, "due <= started"),
        ([simple(10, 20, 19)], 0, MS, "started <= finished"),
        ([simple(0, 10, 30), simple(0, 29, 40)], 0, MS, "one after another"),
        ([simple(10, 20, 30)], 21, MS, "token sent <= started"),
        ([simple(10, 20, 30)], 0, 29, "finished <= token received"),
    ],
)
def test_clock_faults_are_counted_and_named(
    tmp_path: Path, rows: list[Row], sent: int, received: int, fault: str
) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(*rows, sent=sent, received=received))
    assert (taken.counts.clock_faults, taken.counts.first_fault) == (1, fault)
    assert taken.counts.operations == len(rows)
    taken.take(stamped(simple(2 * MS, 3 * MS, 3 * MS, outcome=0), sent=4 * MS))
    assert taken.counts.clock_faults == 2
    assert taken.counts.first_fault == fault
    taken.close()


@pytest.mark.parametrize("closed_loop", [False, True])
def test_stamps_that_were_never_written_are_a_fault_and_no_crash(
    tmp_path: Path, closed_loop: bool
) -> None:
    taken = recorder(tmp_path, closed_loop=closed_loop)
    for _ in range(2):
        taken.take(stamped(simple(0, -T0, -T0), simple(0, 10, 20), closed=closed_loop))
    assert taken.counts.clock_faults >= 2
    assert taken.service.total == 4
    taken.close()


def test_the_tightest_stamps_are_no_fault(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(simple(5, 5, 5), simple(5, 5, 6), simple(5, 6, 6), sent=5, received=6))
    assert (taken.counts.clock_faults, taken.counts.late_blocks) == (0, 0)
    taken.close()


# --- slow requests and kept ones ----------------------------------------------------------------


def test_slow_rows_say_what_was_queueing_and_what_was_service(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(simple(0, 10, 20)))
    taken.take(
        stamped(
            (ACK, 11, MISS, 1 * MS, 1 * MS, 6 * MS),  # slow itself
            (COMMIT, 0, 0, 1 * MS, 6 * MS, 9 * MS),  # slow, and no request
            (MENTION, 12, MISS | EVICTED, 2 * MS, 9 * MS, 9 * MS + 400),  # only queued
            (READ, 13, 0, 8 * MS + 600, 9 * MS + 400, 9 * MS + 600),  # 1 ms exactly: not slow
            (READ, -14, 0, 9 * MS, 9 * MS + 600, 10 * MS + 1),
        )
    )
    assert taken.slow == 3
    taken.close()
    rows = [
        {name: int(value) for name, value in row.items() if name not in ("cause", "kind")}
        for row in slow_rows(tmp_path)
    ]
    names = ("request", "intended_start_ns", "queued_ns", "service_ns", "response_ns")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (1, 1 * MS, 0, 5 * MS, 5 * MS),
        (2, 2 * MS, 7 * MS, 400, 7 * MS + 400),
        (4, 9 * MS, 600, 1 * MS - 599, 1 * MS + 1),
    ]
    rest = ("operation", "outcome", "key", "sampled")
    assert [tuple(row[name] for name in rest) for row in rows] == [
        (ACK, MISS, 11, 0),
        (MENTION, MISS | EVICTED, 12, 0),
        (READ, 0, -14, 0),
    ]
    assert all(row["queued_ns"] + row["service_ns"] == row["response_ns"] for row in rows)


def test_kept_requests_are_every_request_in_order(tmp_path: Path) -> None:
    taken = recorder(tmp_path, keep_requests=True)
    taken.take(stamped(*BLOCK))
    taken.take(stamped(simple(400 * US, 400 * US, 401 * US, outcome=MISS)))
    taken.close()
    kept = np.load(tmp_path / "requests.npy")
    assert kept.dtype.names == ("due_ns", "service_ns", "outcome")
    assert kept.tolist() == [
        (0, 100, 0),
        (1 * US, 500, MISS),
        (100 * US, 990, MISS | EVICTED),
        (200 * US, 200, 0),
        (400 * US, 1 * US, MISS),
    ]
    assert not (tmp_path / "requests.raw").exists()


def test_no_requests_no_rows(tmp_path: Path) -> None:
    taken = recorder(tmp_path, keep_requests=True)
    taken.close()
    assert len(np.load(tmp_path / "requests.npy")) == 0
    assert slow_rows(tmp_path) == []
    assert log_rows(tmp_path / "response.hlog") == []


def test_requests_are_kept_only_where_asked_for(tmp_path: Path) -> None:
    taken = recorder(tmp_path)
    taken.take(stamped(*BLOCK))
    taken.close()
    assert {path.name for path in tmp_path.iterdir()} == {
        "response.hlog",
        "service.hlog",
        "slow.csv",
    }


# --- the summary --------------------------------------------------------------------------------

NAMES = ["mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"]


def counted(values: Any) -> Histogram:
    histogram = Histogram()
    histogram.add(np.array(values, np.int64))
    return histogram


@pytest.mark.parametrize(
    ("total", "printed"),
    [
        (19, []),
        (20, ["p50"]),
        (99, ["p50"]),
        (100, ["p50", "p90"]),
        (999, ["p50", "p90"]),
        (1_000, ["p50", "p90", "p99"]),
        (9_999, ["p50", "p90", "p99"]),
        (10_000, ["p50", "p90", "p99", "p99.9"]),
        (99_999, ["p50", "p90", "p99", "p99.9"]),
        (100_000, ["p50", "p90", "p99", "p99.9", "p99.99"]),
    ],
)
def test_a_percentile_needs_ten_requests_beyond_it(total: int, printed: list[str]) -> None:
    summary = summarise(counted(np.arange(1, total + 1)))
    assert list(summary) == NAMES
    assert [name for name in NAMES if summary[name] is not None] == ["mean", *printed, "max"]


def test_the_figures_of_a_summary() -> None:
    summary = summarise(counted(np.arange(1, 100_001) * 10))
    assert summary["max"] == 1_000_000
    for name, exact in [("mean", 500_005), ("p50", 500_000), ("p99.9", 999_000)]:
        assert summary[name] == pytest.approx(exact, rel=0.001)


def test_no_percentile_is_above_the_maximum() -> None:
    summary = summarise(counted([1_000_001] * 100_000))  # its bucket reaches to 1,000,447
    assert {summary[name] for name in NAMES if name != "mean"} == {1_000_001}


@pytest.mark.parametrize("histogram", [None, Histogram()])
def test_nothing_counted_nothing_said(histogram: Histogram | None) -> None:
    assert summarise(histogram) == dict.fromkeys(NAMES)
