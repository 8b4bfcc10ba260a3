"""Which requests a pause delayed: queues worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.analysis.victims import EVERY, SlowRequests, slow_requests
from lab.runner.route import worker_of
from lab.store import StoredTrial

COLUMNS = "request,intended_start_ns,queued_ns,service_ns,response_ns,operation,outcome,key,cause"


def rows(slow: SlowRequests, start: int, length: int, worker: int = 0) -> list[int]:
    return slow.delayed_by(start, length, worker).rows.tolist()


def stored(
    folder: Path, requests: list[tuple[int, int, int, int]], **result: object
) -> StoredTrial:
    """Write a trial's slow requests: due, response, key, sampled."""
    lines = [f"{COLUMNS},kind,queued,sampled"]
    lines += [
        f"{number},{due},0,0,{response},0,0,{key},gc,gc2,0,{sampled}"
        for number, (due, response, key, sampled) in enumerate(requests)
    ]
    (folder / "slow.csv").write_text("\n".join(lines) + "\n")
    return StoredTrial(folder, {"slow_requests": len(requests), **result})


def test_a_pause_delays_what_was_due_and_unfinished_and_the_slowest_comes_first() -> None:
    # the pause lasts from 100 to 200
    due = [10, 90, 100, 150, 199, 200, 300]
    response = [90, 120, 115, 70, 30, 40, 50]
    slow = SlowRequests(due, response)

    # 0 was finished when it began, 5 was due when it was over
    assert rows(slow, 100, 100) == [1, 2, 3, 4]


def test_a_request_that_touches_a_pause_is_not_delayed_by_it() -> None:
    slow = SlowRequests([0, 0, 199, 200], [100, 101, 50, 50])

    assert rows(slow, 100, 100) == [1, 2]


def test_a_request_counts_for_every_pause_that_it_saw() -> None:
    slow = SlowRequests([0], [1_000])

    assert [rows(slow, at, 10) for at in (0, 500, 990, 1_000)] == [[0], [0], [0], []]


def test_the_order_of_the_rows_is_the_callers() -> None:
    slow = SlowRequests([150, 90, 10], [70, 120, 90])

    assert rows(slow, 100, 100) == [1, 0]


def test_a_long_request_before_short_ones_is_not_overlooked() -> None:
    # the first is under way for long, those behind it are over before the pause begins
    slow = SlowRequests([0, 10, 20, 600], [900, 5, 5, 5])

    assert rows(slow, 500, 50) == [0]


def test_a_pause_delays_its_own_worker_only() -> None:
    slow = SlowRequests([0, 0, 0], [50, 60, 70], [0, 1, 0])

    assert rows(slow, 10, 10, 0) == [2, 0]
    assert rows(slow, 10, 10, 1) == [1]
    assert rows(slow, 10, 10, 2) == []


def test_a_pause_within_what_is_known_is_complete() -> None:
    slow = SlowRequests([0, 100], [50, 50], known_until_ns=100)

    assert slow.delayed_by(40, 60).complete
    assert not slow.delayed_by(40, 61).complete
    assert SlowRequests([0], [50]).delayed_by(0, EVERY - 1).complete


def test_without_slow_requests_nothing_was_delayed() -> None:
    found = SlowRequests([], []).delayed_by(0, 100)

    assert (found.count, found.complete) == (0, True)


@given(
    some.lists(some.tuples(some.integers(0, 60), some.integers(1, 60)), max_size=12),
    some.integers(0, 60),
    some.integers(0, 30),
)
def test_the_search_finds_what_looking_at_each_request_finds(
    requests: list[tuple[int, int]], start: int, length: int
) -> None:
    due = [each[0] for each in requests]
    response = [each[1] for each in requests]
    found = SlowRequests(due, response).delayed_by(start, length).rows.tolist()

    plainly = {
        number
        for number, (at, took) in enumerate(requests)
        if at < start + length and at + took > start
    }
    assert set(found) == plainly
    assert len(found) == len(plainly)
    taken = [response[number] for number in found]
    assert taken == sorted(taken, reverse=True)


def test_a_run_without_the_file_is_told_from_one_without_slow_requests(tmp_path: Path) -> None:
    assert slow_requests(StoredTrial(tmp_path, {})) is None

    none = slow_requests(stored(tmp_path, []))
    assert none is not None
    assert none.delayed_by(0, 100).count == 0


def test_what_comes_after_the_stored_ones_is_a_sample(tmp_path: Path) -> None:
    requests = [(100, 50, 1, 0), (200, 50, 2, 0), (900, 50, 3, 1)]
    whole = slow_requests(stored(tmp_path, requests))
    sampled = slow_requests(stored(tmp_path, requests, slow_requests=4))

    assert whole is not None
    assert sampled is not None
    assert whole.delayed_by(900, 20).complete
    assert sampled.delayed_by(120, 80).complete
    assert not sampled.delayed_by(120, 81).complete
    assert sampled.delayed_by(900, 20).rows.tolist() == [2]


@pytest.mark.parametrize("workers", [2, 3])
def test_a_request_belongs_to_the_worker_of_its_key(tmp_path: Path, workers: int) -> None:
    keys = np.arange(40, dtype=np.int64)
    owner = worker_of(keys, workers)
    trial = stored(tmp_path, [(0, 100, key, 0) for key in keys.tolist()], workers=workers)
    slow = slow_requests(trial)

    assert slow is not None
    for worker in range(workers):
        assert sorted(rows(slow, 50, 10, worker)) == keys[owner == worker].tolist()
