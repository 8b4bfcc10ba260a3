"""What a run says beyond its table: stored runs made by hand, every figure worked out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.analysis.details import (
    NOTHING_MEASURED,
    StrategyDetails,
    computed_at,
    run_details,
)
from lab.histogram import IntervalLog
from lab.store import StoredRun, StoredTrial
from strategies.errors import UsageError
from tests.analysis.made_run import MS, US, Json, trial, write_run

COLUMNS = "start_ns,duration_ns,generation,collected,uncollectable,explicit,worker"
FULL, YOUNG = 2, 0
TWO = [(1_050, 220, FULL), (3_050, 220, FULL)]
"""Pauses: start and length in ms, generation."""
REQUEST = np.dtype([("due_ns", "<i8"), ("service_ns", "<i8"), ("outcome", "u1")])


def played(strategy: str = "slots", repeat: int = 1, **over: Any) -> Json:
    """Return the result of a trial of four seconds and 4,000 requests."""
    gc = {
        "pauses": 2,
        "by_generation": {"0": 0, "1": 0, "2": 2},
        "max_ns": 220 * MS,
        "total_ns": 440 * MS,
        "explicit": 1,
        "state": {"enabled": True, "thresholds": [700, 10, 10], "frozen": over.pop("frozen", 0)},
    }
    facts = {"measured_s": 4.0, "operations": 4_000, "commits": 0, "gc": gc, "valid": True}
    return trial(strategy, repeat, **{**facts, **over})


def store(
    folder: Path, trials: Sequence[tuple[Json, Sequence[tuple[int, ...]]]], **run: Any
) -> StoredRun:
    """Write a run; of each trial the result, and its pauses."""
    stored = write_run(folder, [result for result, _ in trials], **run)
    for one, (_, pauses) in zip(stored.trials, trials, strict=True):
        write_files(one, pauses)
    return stored


def write_files(one: StoredTrial, pauses: Sequence[tuple[int, ...]]) -> None:
    """Log a request of 1 us each ms; those due within a pause wait for its end.

    A pause may go on with: explicit (0 or 1), worker.
    """
    due = np.arange(0, 4_000, dtype=np.int64) * MS
    response = np.full(len(due), 1_000, np.int64)
    rows = []
    for start, length, generation, *rest in pauses:
        waiting = (due >= start * MS) & (due < (start + length) * MS)
        response[waiting] += (start + length) * MS - due[waiting]
        explicit, worker = (*rest, 0, 0)[:2]
        rows.append(f"{start * MS},{length * MS},{generation},0,0,{explicit},{worker}")
    kind = "service" if one.result["load"]["closed_loop"] else "response"
    log = IntervalLog(one.folder / f"{kind}.hlog", 1_000.0, 0)
    log.record(due, response)
    log.close()
    (one.folder / "gc.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")


def keep_requests(one: StoredTrial, service_ns: Sequence[int]) -> None:
    """Store the service times of a trial's requests."""
    rows = np.zeros(len(service_ns), REQUEST)
    rows["service_ns"] = service_ns
    np.save(one.folder / "requests.npy", rows)


def details(folder: Path, *pauses: tuple[int, ...], **over: Any) -> StrategyDetails:
    """Return the details of a run of one trial."""
    (found,) = run_details(store(folder, [(played(**over), pauses)]))
    return found


def test_spikes_worked_by_hand(tmp_path: Path) -> None:
    found = details(tmp_path, *TWO).spikes

    assert (found.count, found.trials, found.unrecovered) == (2, 1, 0)
    assert (found.period_s, found.shortest_s, found.longest_s) == (2.0, 2.0, 2.0)
    assert found.worst_s == 0.22
    assert found.recovery_s == pytest.approx(0.25)
    assert found.spoiled == 220


def test_young_collections_are_no_spikes(tmp_path: Path) -> None:
    found = details(tmp_path, (1_000, 30, YOUNG), *TWO)

    assert (found.spikes.count, found.spikes.worst_s) == (2, 0.22)


def test_spikes_of_all_trials_count_and_no_gap_lies_between_trials(tmp_path: Path) -> None:
    three = [(500, 100, FULL), (1_500, 110, FULL), (3_200, 120, FULL)]
    trials = [(played(repeat=1), TWO), (played(repeat=2), three)]
    (found,) = run_details(store(tmp_path, trials))

    # gaps: 2.0 in the first, 1.0 and 1.7 in the second
    assert (found.spikes.count, found.spikes.trials) == (5, 2)
    assert found.spikes.period_s == pytest.approx(1.7)
    assert (found.spikes.shortest_s, found.spikes.longest_s) == pytest.approx((1.0, 2.0))
    assert found.spikes.worst_s == 0.22
    # 100, 110, 120, 220 and 220 requests
    assert found.spikes.spoiled == 120


def test_each_worker_has_a_period_of_its_own(tmp_path: Path) -> None:
    pauses = [(500, 10, FULL, 0, 0), (600, 10, FULL, 0, 1), (2_500, 10, FULL, 0, 0)]
    found = details(tmp_path, *pauses, (2_700, 10, FULL, 0, 1), workers=2).spikes

    assert (found.count, found.shortest_s, found.longest_s) == (4, 2.0, 2.1)


def test_a_spike_that_the_trial_ends_in_is_longer_than_all_others(tmp_path: Path) -> None:
    one_of_two = details(tmp_path / "a", (1_050, 220, FULL), (3_700, 300, FULL)).spikes
    one_of_three = details(
        tmp_path / "b", (450, 220, FULL), (1_450, 220, FULL), (3_700, 300, FULL)
    ).spikes

    assert (one_of_two.unrecovered, one_of_two.recovery_s) == (1, None)
    assert one_of_three.unrecovered == 1
    assert one_of_three.recovery_s == pytest.approx(0.25)


def test_the_noise_of_the_machine_is_normal(tmp_path: Path) -> None:
    noise = {"p99": 300.0 * MS, "p99.9": None, "p99.99": None, "max": None}
    found = details(tmp_path, *TWO, noise_ns=noise).spikes

    assert (found.spoiled, found.recovery_s) == (0, pytest.approx(0.05))


def test_the_predicted_period_by_hand(tmp_path: Path) -> None:
    # tuples: it is not known what an update allocates, so the collections that were seen count
    # two collections in four seconds: the 133rd comes after 266 s
    assert details(tmp_path / "a", *TWO, strategy="tuple").spikes.predicted_s == 266.0
    # 1,000,000 / 4 is pending after 30 cycles of 12 collections; 100,000 / 4 after 3
    big = details(tmp_path / "b", *TWO, strategy="tuple", entries=1_000_000)
    assert big.spikes.predicted_s == 722.0
    frozen = details(tmp_path / "c", *TWO, strategy="tuple", entries=1_000_000, frozen=900_000)
    assert frozen.spikes.predicted_s == 266.0
    # two workers: 0.25 a second each over 500,000 entries each, 15 cycles
    both = details(tmp_path / "d", *TWO, strategy="tuple", entries=1_000_000, workers=2)
    assert both.spikes.predicted_s == 724.0


def test_a_period_is_predicted_from_the_workload_where_its_allocations_are_known(
    tmp_path: Path,
) -> None:
    # whatever was seen: 18,000 updates a second of 300,000 entries' keys, 34.3 collections
    assert details(tmp_path / "a", *TWO).spikes.predicted_s == pytest.approx(3.88, 0.01)
    other = details(tmp_path / "b", (1_000, 30, YOUNG), *TWO)
    assert other.spikes.predicted_s == pytest.approx(3.88, 0.01)


def test_what_a_policy_collects_has_no_predicted_period(tmp_path: Path) -> None:
    asked = details(tmp_path / "a", (1_050, 220, FULL, 1), (3_050, 220, FULL)).spikes
    assert (asked.count, asked.predicted_s) == (2, None)

    runtime = {"name": "CPython", "version": "3.13.0", "collector": "free-threaded"}
    other = details(tmp_path / "b", (1_050, 220, YOUNG), runtime=runtime).spikes
    assert (other.count, other.predicted_s) == (1, None)


def test_utilisation_by_hand(tmp_path: Path) -> None:
    found = details(tmp_path, *TWO).utilisation

    # 1, 10, 50, 100 ms lie within a pause; 220 of 500 and of 1,000 ms; 5 s is longer than the trial
    assert found == (0, 0, 0, 0, pytest.approx(0.56), pytest.approx(0.78), None)


def test_utilisation_is_the_least_of_any_trial_and_young_pauses_count(tmp_path: Path) -> None:
    trials = [(played(repeat=1), []), (played(repeat=2), [(100, 25, YOUNG)])]
    (found,) = run_details(store(tmp_path, trials))

    assert found.utilisation[:4] == (0, 0, 0.5, 0.75)
    # one trial that is shorter than the window leaves it unknown
    trials.append((played(repeat=3, measured_s=0.4), []))
    (found,) = run_details(store(tmp_path / "b", trials))
    assert found.utilisation[3:5] == (0.75, None)


def test_missed_deadlines_by_hand(tmp_path: Path) -> None:
    trials = [(played(repeat=1), TWO), (played(repeat=2, operations=4_000), TWO[:1])]
    (found,) = run_details(store(tmp_path, trials))

    # a pause of 220 ms: 220 requests wait for 1 ms or more (and 1 us), 211 for 10, 121 for 100
    assert [one.count for one in found.trials[0].missed] == [440, 422, 242]
    assert [one.count for one in found.missed] == [660, 633, 363]
    assert found.missed[0].share == 660 / 8_000
    assert [one.deadline_ns for one in found.missed] == [MS, 10 * MS, 100 * MS]


def test_a_closed_loop_has_spikes_and_no_response_times(tmp_path: Path) -> None:
    load = {"rate": None, "arrivals": "constant", "closed_loop": True, "wait": "spin"}
    found = details(tmp_path, *TWO, load=load)

    assert found.closed_loop
    assert found.missed == ()
    assert (found.spikes.count, found.spikes.worst_s, found.spikes.period_s) == (2, 0.22, 2.0)
    assert (found.spikes.recovery_s, found.spikes.unrecovered, found.spikes.spoiled) == (
        None,
        0,
        None,
    )


def test_only_valid_trials_count_and_a_strategy_without_one_says_why(tmp_path: Path) -> None:
    late = {"code": "generator_late", "message": "too late", "invalidates": True}
    trials = [
        (played("slots", 1), TWO),
        (played("slots", 2, valid=False, busy_s=90.0, warnings=[late]), TWO * 2),
        (played("flat", 1, valid=False, warnings=[late]), []),
        (played("null", 1, operations=0), []),
    ]
    slots, flat, null = run_details(store(tmp_path, trials))

    assert (slots.spikes.count, slots.spikes.trials, slots.reason) == (2, 1, None)
    assert slots.cost is not None
    assert slots.cost.busy_s_per_million is not None
    assert slots.cost.busy_s_per_million.point == 250.0
    assert (flat.trials, flat.cost, flat.reason) == ((), None, "generator_late: too late")
    assert flat.utilisation == ()
    assert flat.missed == ()
    assert null.reason == NOTHING_MEASURED


def test_a_trial_of_before_there_were_workers_and_one_without_pauses(tmp_path: Path) -> None:
    stored = store(tmp_path, [(played(), TWO)])
    path = stored.trials[0].folder / "gc.csv"
    path.write_text("\n".join(line.rpartition(",")[0] for line in path.read_text().split()))
    assert run_details(stored)[0].spikes.period_s == 2.0

    path.write_text(COLUMNS + "\n")
    (found,) = run_details(stored)
    assert (found.spikes.count, found.spikes.period_s, found.spikes.worst_s) == (0, None, None)
    assert found.utilisation[:6] == (1,) * 6


def test_a_run_without_its_log_is_damaged(tmp_path: Path) -> None:
    stored = store(tmp_path, [(played(), TWO)])
    (stored.trials[0].folder / "response.hlog").unlink()

    with pytest.raises(UsageError, match="damaged"):
        run_details(stored)


def computed_run(folder: Path, *results: Json) -> StoredRun:
    """Store trials that kept 2,000 requests of 10 us each."""
    stored = store(folder, [(result, []) for result in results])
    for one in stored.trials:
        keep_requests(one, [10 * US] * 2_000)
    return stored


def constant(strategy: str = "slots", repeat: int = 1, **over: Any) -> Json:
    load = {"rate": 1e4, "arrivals": "constant", "closed_loop": False, "wait": "spin"}
    return played(strategy, repeat, operations=2_000, load=load, **over)


def test_other_rates_by_hand(tmp_path: Path) -> None:
    (found,) = computed_at(computed_run(tmp_path, constant()), [1e4, 2e5])
    slow, fast = found.points

    assert found.arrivals == "constant"
    assert (slow.rate_per_s, slow.max_ns) == (1e4, 10 * US)
    assert slow.utilisation == pytest.approx(0.1)
    # 10 us of work every 5 us
    assert fast.utilisation == pytest.approx(2.0)
    assert fast.max_ns == pytest.approx(1_999 * 5 * US + 10 * US)


def test_commits_are_work_of_the_server(tmp_path: Path) -> None:
    # 20 ms in 2,000 requests, 20 ms more in 200 commits: one of 100 us after every 10 requests
    result = constant(busy_s=0.04, commits=200)
    (found,) = computed_at(computed_run(tmp_path, result), [1e4])

    assert found.points[0].utilisation == pytest.approx(0.2)
    # the next request comes 100 us after the one before the commit and waits for 10 us
    assert found.points[0].max_ns == pytest.approx(20 * US)


@pytest.mark.parametrize("arrivals", ["poisson", "trace", "bursty:factor=2,on=20ms,off=80ms"])
def test_what_is_not_constant_is_computed_as_poisson(tmp_path: Path, arrivals: str) -> None:
    result = constant()
    result["load"]["arrivals"] = arrivals
    (found,) = computed_at(computed_run(tmp_path, result), [5e4])

    assert found.arrivals == "poisson"
    assert found.points[0].max_ns > 10 * US


def test_the_arrivals_come_from_the_seed_of_the_trial(tmp_path: Path) -> None:
    results = [constant(repeat=number, seed=seed) for number, seed in enumerate((1, 1, 2), 1)]
    for result in results:
        result["load"]["arrivals"] = "poisson"
    same, again, other = computed_at(computed_run(tmp_path, *results), [5e4])

    assert same.points == again.points
    assert same.points != other.points


def test_only_valid_trials_that_kept_their_requests_are_computed(tmp_path: Path) -> None:
    results = [constant("slots"), constant("flat", valid=False), constant("dict")]
    stored = computed_run(tmp_path, *results)
    (stored.trials[2].folder / "requests.npy").unlink()

    assert [one.trial.label for one in computed_at(stored, [1e4])] == ["slots"]
    (stored.trials[0].folder / "requests.npy").unlink()
    with pytest.raises(UsageError, match=r"no valid trial kept its requests.*--keep-requests"):
        computed_at(stored, [1e4])


def test_several_workers_and_damaged_requests_are_named(tmp_path: Path) -> None:
    stored = computed_run(tmp_path, constant(workers=2))
    with pytest.raises(UsageError, match=r"2 workers.*--workers 1"):
        computed_at(stored, [1e4])

    path = stored.trials[0].folder / "requests.npy"
    for content in (b"", b"\x93NUMPY", b"no array at all"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="damaged"):
            computed_at(stored, [1e4])
    np.save(path, np.zeros(3))
    with pytest.raises(UsageError, match="damaged"):
        computed_at(stored, [1e4])
