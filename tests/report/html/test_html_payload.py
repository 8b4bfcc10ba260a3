"""What the page's charts draw: never more than a page can carry, and right to the last value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.report.html import marks
from lab.report.html.payload import Json, charts_json, page_trials, series
from lab.report.view import run_view
from lab.store import StoredRun
from tests.analysis.made_run import MS
from tests.report.fake_run import small
from tests.report.html.made_page import FULL, TWO, YOUNG, page_run, played, write_slow


def drawn(stored: StoredRun) -> Json:
    view = run_view(stored)
    return charts_json(view, stored, page_trials(stored, view))


def test_a_pause_comes_with_the_requests_that_it_delayed(tmp_path: Path) -> None:
    slots, flat = drawn(page_run(tmp_path / "run"))["trials"]
    pauses = slots["pauses"]

    assert pauses["start_us"] == [300_000, 1_050_000, 3_050_000]
    assert pauses["ns"] == [2 * MS, 200 * MS, 100 * MS]
    assert pauses["full"] == [0, 1, 1]
    assert pauses["delayed"] == [2, 200, 100]
    assert pauses["worst"] == [2 * MS + 1_000, 200 * MS + 1_000, 100 * MS + 1_000]
    assert pauses["complete"] == [1, 1, 1]
    assert flat["pauses"]["delayed"] == []


def test_a_few_of_the_requests_are_named_from_the_slowest_to_the_fastest(tmp_path: Path) -> None:
    slots, _ = drawn(page_run(tmp_path / "run"))["trials"]
    named = slots["pauses"]["named"]

    # due (us), response (ns), cause, operation; written as the page has it: keys are text
    assert named[0] == [[300_000, 2 * MS + 1_000, 0, 0], [301_000, MS + 1_000, 0, 1]]
    assert len(named[1]) == marks.NAMED_REQUESTS
    assert named[1][0][:2] == [1_050_000, 200 * MS + 1_000]
    assert named[1][-1][:2] == [1_249_000, MS + 1_000]
    took = [request[1] for request in named[1]]
    gaps = -np.diff(took) / MS
    assert gaps.min() >= 10
    assert gaps.max() <= 11


def test_what_is_sampled_is_not_said_to_be_all(tmp_path: Path) -> None:
    run = page_run(tmp_path / "run", [(played(slow_requests=999), TWO)])
    (slots,) = drawn(run)["trials"]

    # the last stored one was due at 3,149 ms: the last pause ends after that
    assert slots["pauses"]["complete"] == [1, 1, 0]


def test_a_run_without_slow_requests_says_so(tmp_path: Path) -> None:
    run = page_run(tmp_path / "run")
    (run.trials[0].folder / "slow.csv").unlink()
    pauses = drawn(run)["trials"][0]["pauses"]

    assert (pauses["stored"], pauses["delayed"], pauses["named"]) == (False, None, {})


def test_the_longest_pauses_stay_in_the_order_of_their_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "PAUSES", 2)
    slots = drawn(page_run(tmp_path / "run"))["trials"][0]

    assert slots["pauses"]["start_us"] == [1_050_000, 3_050_000]
    assert slots["pauses"]["left_out"] == 1


def test_only_the_longest_pauses_name_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "NAMED_PAUSES", 1)
    slots = drawn(page_run(tmp_path / "run"))["trials"][0]

    assert list(slots["pauses"]["named"]) == [1]
    assert slots["pauses"]["delayed"] == [2, 200, 100]


def test_a_cause_that_is_not_known_has_no_number(tmp_path: Path) -> None:
    run = page_run(tmp_path / "run")
    path = run.trials[0].folder / "slow.csv"
    write_slow(path, [1_060 * MS], [5 * MS])
    path.write_text(path.read_text().replace(",gc,", ",fairies,"))

    assert drawn(run)["trials"][0]["pauses"]["named"][1] == [[1_060_000, 5 * MS, -1, 0]]


def test_where_no_collection_walks_the_whole_heap_none_is_marked(tmp_path: Path) -> None:
    runtime = {"name": "CPython", "version": "3.14.0", "collector": "incremental"}
    run = page_run(tmp_path / "run", [(played(runtime=runtime), TWO)])

    assert drawn(run)["trials"][0]["pauses"]["full"] == [0, 0, 0]


def test_intervals_are_merged_by_their_largest() -> None:
    nan = float("nan")
    view = replace(
        small(),
        time_s=np.array([0.0, 0.1, 0.2, 0.5]),
        p99_ns=np.array([5.0, nan, nan, nan]),
        max_ns=np.array([7.0, 9.0, 3.0, 4.0]),
    )

    plain = series(view)
    assert (plain.start_s, plain.step_s) == (0.0, 0.1)
    assert plain.max_ns == [7, 9, 3, None, None, 4]
    merged = series(view, 3)
    assert merged.step_s == 0.2
    assert (merged.p99_ns, merged.max_ns) == ([5, None, None], [9, 3, 4])
    assert len(series(view, 4).max_ns) == 3


def test_a_trial_that_failed_is_listed_and_not_drawn(tmp_path: Path) -> None:
    failed = played("broken", status="failed", reason="it broke", causes=None)
    run = page_run(tmp_path / "run", [(played(), TWO), (failed, ())])
    view = run_view(run)
    trials = page_trials(run, view)
    data = charts_json(view, run, trials)

    assert [trial.name for trial in trials] == ["slots", "broken"]
    assert [trial["name"] for trial in data["trials"]] == ["slots"]
    assert [each["name"] for each in data["strategies"]] == ["slots"]


def test_repeats_are_told_apart_and_one_stands_for_all(tmp_path: Path) -> None:
    warning = {"code": "overloaded", "message": "too much", "invalidates": True}
    bad = played(repeat=1, valid=False, warnings=[warning])
    run = page_run(tmp_path / "run", [(bad, TWO), (played(repeat=2), TWO), (played("flat"), ())])
    trials = page_trials(run, run_view(run))

    assert [trial.name for trial in trials] == [
        "slots (not valid), repeat 1",
        "slots, repeat 2",
        "flat",
    ]
    assert [trial.look for trial in trials] == [0, 0, 1]
    assert [trial.chosen for trial in trials] == [False, True, True]


def test_a_strategy_has_its_medians_and_the_mean_of_its_causes(tmp_path: Path) -> None:
    over = {"above_p99": {"gc": 0.5, "commit": 0.5}, "above_p99.9": {}, "waiting_time": {"gc": 1}}
    run = page_run(
        tmp_path / "run",
        [(played(bytes=100.0), TWO), (played(repeat=2, bytes=300.0, causes=over), TWO)],
    )
    (slots,) = drawn(run)["strategies"]

    assert (slots["bytes"], slots["p99.9"], slots["busy"]) == (200.0, 199.0 * MS, 0.25)
    assert slots["shares"]["above_p99"]["gc"] == 0.7
    assert slots["shares"]["above_p99.9"]["gc"] == 0.9
    assert slots["shares"]["waiting_time"]["commit"] == 0.05


def test_a_trial_that_does_not_count_has_no_part_in_its_strategys_causes(tmp_path: Path) -> None:
    over = {"above_p99": {"commit": 1.0}, "above_p99.9": {}, "waiting_time": {}}
    bad = played(repeat=2, valid=False, causes=over)
    run = page_run(tmp_path / "run", [(played(), TWO), (bad, TWO)])
    alone = page_run(tmp_path / "alone", [(bad, TWO)])

    assert drawn(run)["strategies"][0]["shares"]["above_p99"]["gc"] == 0.9
    assert drawn(alone)["strategies"][0]["shares"]["above_p99"]["commit"] == 1.0


def test_a_pause_that_delayed_nothing_takes_no_place_among_those_that_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "NAMED_PAUSES", 2)
    run = page_run(tmp_path / "run")
    write_slow(run.trials[0].folder / "slow.csv", [300 * MS, 3_060 * MS], [MS, 5 * MS])
    slots = drawn(run)["trials"][0]

    assert slots["pauses"]["delayed"] == [1, 0, 1]
    assert sorted(slots["pauses"]["named"]) == [0, 2]


def test_a_tail_below_the_noise_is_said_to_be_within_it(tmp_path: Path) -> None:
    trials = [(played(**{"p99.9": value}), ()) for value in (39_999.0,)]
    quiet = page_run(tmp_path / "a", trials)
    loud = page_run(tmp_path / "b", [(played(**{"p99.9": 40_000.0}), ())])

    assert drawn(quiet)["strategies"][0]["within_noise"]
    assert not drawn(loud)["strategies"][0]["within_noise"]


def test_generations_are_kept(tmp_path: Path) -> None:
    run = page_run(tmp_path / "run", [(played(), ((10, 1, YOUNG), (20, 1, 1), (30, 1, FULL)))])

    assert drawn(run)["trials"][0]["pauses"]["generation"] == [0, 1, 2]
