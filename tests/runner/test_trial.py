"""Real workers at a small scale: what holds for every trial, and what a trial must notice."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trial_maker import Outcome, Silent, broken_command, make_trial, play, small_spec

import lab.runner.lane
from lab.histogram import read_hlog
from lab.plan import make_plan
from lab.runner.floor import NoiseFloor
from lab.runner.process import ContractBrokenError, WorkerFailedError, worker_command
from lab.runner.trial import PHASE_NAMES, Trial
from lab.spec import TrialSpec, build_experiment

PHASES = list(PHASE_NAMES.values())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii") as file:
        return list(csv.DictReader(file))


def figure(outcome: Outcome, event: str, name: str) -> Any:
    return outcome.trial.lanes[0].answers[event][name]


# --- every exact layout gives the same answers --------------------------------------------------


@pytest.fixture(scope="module")
def slots(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    spec = small_spec("slots", keep_requests=True)
    return play(spec, tmp_path_factory.mktemp("slots"))


@pytest.mark.parametrize(
    "strategy",
    [
        "dict",
        "flat",
        "flat-array",
        "slots:update=in-place",
        "slots:pending=coalesce",
        "slots:drain=rolling",
        "dict:update=in-place,pending=coalesce+freeze",
    ],
)
def test_every_exact_layout_gives_the_same_answers(
    slots: Outcome, tmp_path: Path, strategy: str
) -> None:
    outcome = play(small_spec(strategy), tmp_path)
    assert outcome.wrong is None
    assert outcome.answers == slots.answers
    assert outcome.trial.dumped["entries"] == 2_000


@pytest.mark.parametrize("strategy", ["dict", "slots:update=in-place", "flat", "flat-array"])
def test_payloads_are_written_and_change_no_answer(
    slots: Outcome, tmp_path: Path, strategy: str
) -> None:
    outcome = play(small_spec(strategy, {"payload_bytes": 27}), tmp_path)
    assert outcome.wrong is None
    assert outcome.answers == slots.answers


def test_sleeping_between_requests_changes_no_answer(tmp_path: Path) -> None:
    slept, spun = (
        play(small_spec("slots", load={"rate": "1k", "wait": wait}), tmp_path / wait)
        for wait in ("sleep", "spin")
    )
    assert slept.wrong is spun.wrong is None
    assert slept.answers == spun.answers
    switches = "voluntary_switches"
    usage = [figure(outcome, "finished", "usage") for outcome in (slept, spun)]
    assert usage[0][switches] > 100 > usage[1][switches]  # one for each longer wait of 300


def test_another_seed_gives_other_answers(slots: Outcome, tmp_path: Path) -> None:
    outcome = play(small_spec("slots", seed=2), tmp_path)
    assert outcome.wrong is None
    assert outcome.trial.checksum != slots.trial.checksum


def test_a_closed_loop(tmp_path: Path) -> None:
    load = {"closed_loop": True, "rate": "20k", "duration": "500ms"}
    one, other = (
        play(small_spec(strategy, load=load), tmp_path / strategy) for strategy in ("slots", "flat")
    )
    assert one.wrong is other.wrong is None
    assert one.answers == other.answers
    assert one.counts.operations == 10_000
    assert one.counts.late_blocks == one.counts.clock_faults == 0
    assert one.trial.recorder is not None
    assert one.trial.recorder.response is None
    assert not (one.folder / "response.hlog").exists()


def test_a_trace_with_times_and_any_keys(tmp_path: Path) -> None:
    lines = [f"{number},{(number * number % 997 - 500) * 10**15}" for number in range(3_000)]
    path = tmp_path / "t.csv"
    path.write_text("at,key\n" + "\n".join(lines), encoding="ascii")
    raw = {
        "workload": {
            "trace": str(path),
            "trace_format": "csv:key,time=at,unit=us",
            "entries": 100,
            "commit": {"every": 200, "step": 20},
        },
        "matrix": {"strategy": ["slots", "flat"]},
    }
    plan = make_plan(build_experiment("x", raw, verify=True, keep_requests=False))
    answers = set()
    for planned in plan.trials:
        folder = tmp_path / str(planned.number)
        folder.mkdir()
        trial = Trial(
            planned.spec,
            planned.keys,
            folder,
            command=worker_command(),
            cpus=[None],
            floor=NoiseFloor(None),
            observer=Silent(),
        )
        assert trial.run(verify=True) is None
        assert trial.recorder is not None
        assert trial.recorder.counts.operations == 3_000
        answers.add((trial.recorder.counts.misses, trial.checksum))
    assert len(answers) == 1


# --- what a trial leaves ------------------------------------------------------------------------


def test_the_phases_in_their_order(slots: Outcome) -> None:
    assert slots.phases == list(slots.trial.phases_s) == PHASES


def test_counts_logs_and_kept_requests_agree(slots: Outcome) -> None:
    counts, recorder = slots.counts, slots.trial.recorder
    assert recorder is not None
    assert slots.wrong is None
    assert 0 < counts.evictions == counts.misses < counts.operations  # the cache is full
    assert counts.clock_faults == 0
    for name in ("response", "service"):
        logged = read_hlog(slots.folder / f"{name}.hlog").rows
        assert sum(row.histogram().total for row in logged) == counts.operations
        assert len(logged) == 3
    kept = np.load(slots.folder / "requests.npy")
    assert len(kept) == counts.operations
    assert int((kept["outcome"] & 1).sum()) == counts.misses
    assert int(kept["service_ns"].max()) == recorder.service.max
    assert recorder.response is not None
    assert recorder.response.max >= recorder.service.max
    assert len(rows(slots.folder / "slow.csv")) == recorder.slow


def test_updates_bring_commits(slots: Outcome) -> None:
    counts = slots.counts
    updates = 0.9 * counts.operations
    assert counts.commits == pytest.approx(updates / 20 + updates / 500, rel=0.05)
    assert slots.trial.dumped["stored"] > 2_000


def test_the_one_collection_of_the_harness_is_explicit(slots: Outcome) -> None:
    assert slots.trial.events.explicit == 1
    assert all(row["explicit"] == "0" for row in rows(slots.folder / "gc.csv"))


def test_the_worker_is_metered_from_outside(slots: Outcome) -> None:
    metered = rows(slots.folder / "resources.csv")
    assert metered
    assert all(int(row["rss_bytes"]) > 1_000_000 for row in metered)


def test_nothing_is_left_in_shared_memory(slots: Outcome) -> None:
    assert not slots.trial.lanes[0].path.exists()


def test_without_verification_the_checksum_is_the_same(slots: Outcome, tmp_path: Path) -> None:
    outcome = play(small_spec("slots"), tmp_path, verify=False)
    assert outcome.answers == slots.answers


# --- the harness itself does not make the collector run -----------------------------------------


@pytest.mark.parametrize("strategy", ["null", "flat"])
def test_the_harness_allocates_nothing_that_the_collector_counts(
    tmp_path: Path, strategy: str
) -> None:
    load = {"closed_loop": True, "rate": "200k", "duration": "1s"}
    outcome = play(small_spec(strategy, load=load), tmp_path, verify=strategy != "null")
    assert outcome.wrong is None
    assert outcome.counts.operations == 200_000
    assert outcome.counts.commits > 9_000
    if strategy == "flat":
        assert outcome.counts.misses > 5_000
    assert outcome.trial.events.to_json()["pauses"] == 0
    before = figure(outcome, "finished", "gen0_before")
    after = figure(outcome, "finished", "gen0_after")
    assert abs(after - before) <= 20
    assert figure(outcome, "finished", "gc")["enabled"] is True


def test_collections_after_the_measured_phase_are_not_counted(tmp_path: Path) -> None:
    spec = small_spec("busy-dump:pending=coalesce")
    outcome = play(spec, tmp_path, command=broken_command())
    assert outcome.wrong is None
    end_ns = outcome.counts.last_finished_ns - outcome.trial.t0_ns
    assert all(int(row["start_ns"]) <= end_ns for row in rows(tmp_path / "gc.csv"))


# --- layouts that are wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ("wrong-id", "(age: read of key "),
        ("forgets", "the cache holds ("),
        ("wrong-victim", "outcome 0, message id "),
        ("loses-commits", "acknowledged states are not in the store"),
        ("stale-commits", "message id 1; the model says"),
        ("wrong-payload", "entries hold a payload that is not the one written"),
    ],
)
def test_wrong_answers_are_caught(tmp_path: Path, strategy: str, says: str) -> None:
    spec = small_spec(strategy, {"payload_bytes": 8 if "payload" in strategy else 0})
    outcome = play(spec, tmp_path, command=broken_command())
    assert outcome.wrong is not None
    assert says in outcome.wrong
    assert "\n" not in outcome.wrong
    assert outcome.phases == PHASES  # and the trial went on to its end
    assert outcome.counts.operations > 1_000


def failure(spec: TrialSpec, folder: Path) -> tuple[str, Trial]:
    trial = make_trial(spec, folder, command=broken_command())
    with pytest.raises(WorkerFailedError) as error:
        trial.run(verify=True)
    assert "\n" not in str(error.value)
    return str(error.value), trial


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ("raises", "(phase measure): ValueError: boom"),
        ("exits", "the worker ended with exit code 7"),
        ("out-of-memory", "out of memory"),
        ("no-such-layout", "unknown layout 'no-such-layout'"),
    ],
)
def test_a_worker_that_fails_says_why(tmp_path: Path, strategy: str, says: str) -> None:
    said, trial = failure(small_spec(strategy), tmp_path)
    assert says in said
    assert not trial.lanes[0].path.exists()


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ("cannot-be-made", r"^operation 0 \(constructor\): ValueError: 2000 is an unlucky number$"),
        ("raises", r"^operation [\d,]+ \(phase measure\): ValueError: boom and more$"),
        ("raises-in-dump", r"^operation [\d,]+ \(phase dump\): LookupError: lost$"),
        ("strange-items", r"^operation [\d,]+ \(phase dump\): TypeError: "),
        ("no-payload", r"^operation [\d,]+ \(phase dump\): KeyError: "),
        (
            "grows",
            r"^operation [\d,]+ \(phase measure\): OverflowError: 2,\d+ entries where 2,010 ",
        ),
    ],
)
def test_a_broken_contract_is_told_from_a_failed_worker(
    tmp_path: Path, strategy: str, says: str
) -> None:
    spec = small_spec(strategy, {"payload_bytes": 8 if "payload" in strategy else 0})
    trial = make_trial(spec, tmp_path, command=broken_command())
    with pytest.raises(ContractBrokenError, match=says):
        trial.run(verify=True, exact=strategy != "grows", slack=10)


def test_entries_within_the_slack_that_a_layout_declares_are_none_too_many(tmp_path: Path) -> None:
    trial = make_trial(small_spec("late"), tmp_path, command=broken_command())
    assert trial.run(verify=True, exact=False, slack=10) is None
    assert trial.dumped["entries"] == 2_010


def test_entries_beyond_the_slack_are_noticed_in_the_dump(tmp_path: Path) -> None:
    trial = make_trial(small_spec("late"), tmp_path, command=broken_command())
    wrong = trial.run(verify=True, exact=False, slack=9)
    assert wrong == "the cache holds 2,010 entries where 2,009 are the most"


def test_what_was_measured_before_a_failure_stays(tmp_path: Path) -> None:
    load = {"rate": "5k", "duration": "1s"}
    _, trial = failure(small_spec("exits", load=load, keep_requests=True), tmp_path)
    assert list(trial.phases_s) == ["fill", "age", "warm_up"]
    assert trial.recorder is not None
    measured = trial.recorder.counts.operations
    # about 500 in a block, and half of them acknowledgements, of which the 1,000th is the last
    assert 500 < measured < 2_200
    assert len(np.load(tmp_path / "requests.npy")) == measured
    logged = read_hlog(tmp_path / "response.hlog")
    assert sum(row.histogram().total for row in logged.rows) == measured
    assert {path.name for path in tmp_path.iterdir()} == {
        "gc.csv",
        "requests.npy",
        "resources.csv",
        "response.hlog",
        "service.hlog",
        "slow.csv",
    }


def test_a_worker_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.runner.lane, "WATCHDOG_S", 1.0)
    begin = time.monotonic()
    said, trial = failure(small_spec("hangs"), tmp_path)
    assert said == "no answer for 1 s in phase measure"
    assert time.monotonic() - begin < 60
    assert not Path(f"/proc/{trial.lanes[0].answers['ready']['pid']}").exists()


def test_a_missing_interpreter_fails_the_trial(tmp_path: Path) -> None:
    trial = make_trial(small_spec("slots"), tmp_path, command=["/nowhere/python", "x"])
    with pytest.raises(WorkerFailedError, match="/nowhere/python: No such file"):
        trial.run(verify=True)
    assert not trial.lanes[0].path.exists()
