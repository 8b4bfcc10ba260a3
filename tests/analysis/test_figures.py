"""The figures of single trials: stored runs made by hand, every figure worked out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.analysis.figures import TrialFigures, run_figures
from lab.histogram import IntervalLog
from lab.store import StoredRun
from tests.analysis.made_run import MS, US, Json, trial, write_run

FULL, YOUNG = 2, 0
COLUMNS = "start_ns,duration_ns,generation,collected,uncollectable,explicit,worker"
STATE = {"enabled": True, "thresholds": [700, 10, 10], "frozen": 0}
Pause = tuple[float, int, int, int]
"""Start in s, length in ms, generation, objects that it freed."""


def played(strategy: str = "slots", repeat: int = 1, **over: Any) -> Json:
    """Return the result of a trial of 10 s and 4,000 requests."""
    gc = {
        "pauses": 2,
        "by_generation": {"0": 0, "1": 0, "2": over.pop("full", 2)},
        "max_ns": 220 * MS,
        "total_ns": 500 * MS,
        "tracked_objects": 1_000,
        "state": STATE,
    }
    facts = {"operations": 4_000, "commits": 0, "gc": gc, "valid": True}
    return trial(strategy, repeat, **{**facts, **over})


def store(
    folder: Path,
    *trials: Json,
    pauses: Sequence[Pause] = (),
    due_ms: Sequence[int] = (),
    times_ns: Sequence[int] = (),
    **run: Any,
) -> StoredRun:
    """Write trials with the same pauses and requests."""
    stored = write_run(folder, trials, **run)
    for one in stored.trials:
        kind = "service" if one.result["load"]["closed_loop"] else "response"
        log = IntervalLog(one.folder / f"{kind}.hlog", 1_000.0, 0)
        log.record(np.array(due_ms, np.int64) * MS, np.array(times_ns, np.int64))
        log.close()
        workers = one.result["workers"]
        rows = [
            f"{round(start * 1e9)},{length * MS},{generation},{freed},0,0,{n % workers}"
            for n, (start, length, generation, freed) in enumerate(pauses)
        ]
        (one.folder / "gc.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    return stored


def figures(folder: Path, result: Json | None = None, **how: Any) -> TrialFigures:
    (found,) = run_figures(store(folder, result or played(), **how)).values()
    return found


def test_periods_count_from_the_collection_before_the_measured_phase(tmp_path: Path) -> None:
    pauses = [(2.0, 100, FULL, 0), (3.0, 5, YOUNG, 0), (5.0, 120, FULL, 0), (9.0, 150, FULL, 0)]
    found = figures(tmp_path, pauses=pauses)

    # gaps of 2, 3 and 4 s: their mean is 3, their standard deviation 1
    assert found.period_s == pytest.approx(3.0)
    assert found.irregularity == pytest.approx(1 / 3)
    assert (found.first_full_ns, found.last_full_ns) == (100 * MS, 150 * MS)


def test_one_full_collection_has_a_period_and_nothing_that_takes_two(tmp_path: Path) -> None:
    found = figures(tmp_path, pauses=[(2.5, 100, FULL, 0)])
    assert (found.period_s, found.irregularity) == (2.5, None)
    assert (found.first_full_ns, found.last_full_ns) == (None, None)
    two = figures(tmp_path / "2", pauses=[(2.5, 100, FULL, 0), (4.0, 90, FULL, 0)])
    assert (two.period_s, two.irregularity) == (2.0, None)
    assert (two.first_full_ns, two.last_full_ns) == (100 * MS, 90 * MS)


def test_without_a_full_collection_there_is_no_period(tmp_path: Path) -> None:
    found = figures(tmp_path, pauses=[(1.0, 5, YOUNG, 7)])
    assert (found.period_s, found.irregularity, found.garbage_share) == (None, None, None)
    assert found.spike_p99_ns is None


def test_workers_collect_each_for_itself(tmp_path: Path) -> None:
    pauses = [(1.0, 9, FULL, 0), (1.5, 9, FULL, 0), (4.0, 9, FULL, 0), (5.5, 9, FULL, 0)]
    found = figures(tmp_path, played(workers=2), pauses=pauses)
    # the first worker's 1 and 4, the other's 1.5 and 5.5
    assert found.period_s == pytest.approx(3.5)
    assert found.paused_share == pytest.approx(0.5 / 20)


def test_a_period_is_predicted_by_the_rules(tmp_path: Path) -> None:
    result = played()
    result["gc"]["by_generation"] = {"0": 240, "1": 24, "2": 2}
    found = figures(tmp_path, result)
    # 26.6 collections a second, of which the 133rd is full
    assert found.predicted_s == pytest.approx(5.0)


def test_garbage_is_what_full_collections_freed_per_entry(tmp_path: Path) -> None:
    pauses = [(1.0, 9, YOUNG, 99_000), (2.0, 9, FULL, 300), (4.0, 9, FULL, 600)]
    found = figures(tmp_path, pauses=pauses)
    assert found.garbage_share == pytest.approx(900 / (2 * 300_000))


def test_a_collector_that_numbers_no_generations_frees_garbage_all_the_same(
    tmp_path: Path,
) -> None:
    runtime = {"name": "CPython", "version": "3.14.2", "collector": "free-threaded"}
    pauses = [(2.0, 9, 0, 3_000), (4.0, 9, 0, 3_000)]
    found = figures(tmp_path, played(runtime=runtime), pauses=pauses)
    assert found.garbage_share == pytest.approx(0.01)
    assert found.period_s == 2.0


def test_parts_of_the_time(tmp_path: Path) -> None:
    found = figures(tmp_path, played(busy_s=2.5))
    assert found.paused_share == pytest.approx(0.05)
    assert found.busy_share == pytest.approx(0.25)
    assert found.measured_s == 10.0
    assert (found.full_collections, found.worst_pause_ns) == (2, 220 * MS)


def test_response_times_apart_from_a_full_collection_and_around_it(tmp_path: Path) -> None:
    # a request each ms: 1 us, and 50 us in the second from 2.0 s, where a collection of 0.5 s was
    due = list(range(4_000))
    times = [50 * US if 2_000 <= ms < 3_000 else 1 * US for ms in due]
    found = figures(tmp_path, pauses=[(2.0, 500, FULL, 0)], due_ms=due, times_ns=times)

    assert found.normal_mean_ns == pytest.approx(1 * US, rel=1e-3)
    assert found.mean_ns == pytest.approx((3 * 1 + 50) / 4 * US, rel=1e-3)
    assert found.normal_p50_ns == pytest.approx(1 * US, rel=1e-3)
    assert found.normal_p99_ns == pytest.approx(1 * US, rel=1e-3)
    assert found.spike_p99_ns == pytest.approx(50 * US, rel=1e-3)


def test_a_percentile_has_ten_requests_beyond_it(tmp_path: Path) -> None:
    # 999 requests around the collection, 1,000 apart from it
    due = [*range(999), *range(2_000, 3_000)]
    pauses = [(0.0, 500, FULL, 0)]
    found = figures(tmp_path, pauses=pauses, due_ms=due, times_ns=[US] * len(due))
    assert found.normal_p99_ns is not None
    assert found.spike_p99_ns is None
    few = figures(tmp_path / "few", pauses=pauses, due_ms=range(2_000, 2_019), times_ns=[US] * 19)
    assert (few.normal_p50_ns, few.normal_p99_ns) == (None, None)
    assert few.normal_mean_ns == pytest.approx(US, rel=1e-3)


def test_memory(tmp_path: Path) -> None:
    memory = {"rss_bytes": 100, "rss_after_bytes": 160, "bytes_per_entry": 12.5}
    found = figures(tmp_path, played(memory=memory))
    assert (found.rss_bytes, found.grown_bytes, found.bytes_per_entry) == (100, 60, 12.5)
    older = figures(tmp_path / "older")
    assert older.grown_bytes is None
    assert older.rss_bytes == 100_000_000


def test_offered_load_and_the_updates_in_it(tmp_path: Path) -> None:
    found = figures(tmp_path)
    assert (found.entries, found.rate, found.updates_per_s) == (300_000, 20_000.0, 18_000.0)
    trace = figures(tmp_path / "t", spec={"workload": {"trace": "x.csv"}})
    assert (trace.rate, trace.updates_per_s) == (20_000.0, None)
    loop = played(load=played()["load"] | {"closed_loop": True})
    closed = figures(tmp_path / "c", loop, spec={"load": {"closed_loop": True}})
    assert (closed.rate, closed.updates_per_s) == (None, None)


def test_a_closed_loop_has_figures_of_service_times(tmp_path: Path) -> None:
    loop = played(load=played()["load"] | {"closed_loop": True})
    spec = {"load": {"closed_loop": True}}
    found = figures(tmp_path, loop, due_ms=range(100), times_ns=[3 * US] * 100, spec=spec)
    assert found.mean_ns == pytest.approx(3 * US, rel=1e-3)


def test_only_valid_trials_have_figures_each_by_its_folder(tmp_path: Path) -> None:
    factors = {"entries": "300k"}
    trials = [
        played(factors=factors),
        played("flat", status="failed", reason="it broke", valid=False),
        played("dict", valid=False),
        played(repeat=2, factors=factors, operations=0),
        played(repeat=3, factors=factors),
    ]
    stored = store(tmp_path, *trials)
    found = run_figures(stored)

    assert list(found) == [stored.trials[0].folder.name, stored.trials[4].folder.name]
    assert all(each.factors == factors for each in found.values())
    assert json.loads(json.dumps(found[stored.trials[0].folder.name].factors)) == factors
