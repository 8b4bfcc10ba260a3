"""Collections of the whole heap, whether the process stands meanwhile or runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.analysis.comparison import METRICS, groups_of
from lab.analysis.comparison.verdicts import full_collection_period_s
from lab.analysis.details import run_details
from lab.analysis.figures import run_figures
from lab.analysis.summary import summarise_run
from lab.analysis.whole_heap import full_count, whole_heap
from lab.collectors import full_collections
from lab.store import StoredRun
from tests.analysis.made_run import MS, trial, write_run
from tests.analysis.two_runtimes import CYCLES_S, S, beside, cycles, two_runtimes, without


@pytest.fixture
def stored(tmp_path: Path) -> StoredRun:
    return two_runtimes(tmp_path / "run")


def test_which_collections_are_full_depends_on_the_collector() -> None:
    numbers = [0, 1, 2, 0]

    assert full_collections(numbers, "generational").tolist() == [False, False, True, False]
    assert full_collections(numbers, "incremental").all()
    assert full_collections([0, 0], "free-threaded").all()
    assert not full_collections([2, 2], "concurrent").any()


def test_cycles_are_counted_where_the_process_runs_on() -> None:
    assert full_count(beside()) == 3  # and not the 6 pauses at their ends
    assert full_count(without()) == 0
    assert full_count(trial("slots", full=5)) == 5
    assert full_count(trial(runtime={"collector": "incremental"})) is None
    assert METRICS["gc.full"].figure(beside()) == 3


def test_a_cycle_is_a_collection_of_the_whole_heap_and_its_pauses_are_none(
    stored: StoredRun,
) -> None:
    slots, other, bare = map(whole_heap, stored.trials)
    assert slots["start_ns"].tolist() == [1 * S, 4 * S]
    assert other["start_ns"].tolist() == [at * S for at in CYCLES_S]
    assert set(other["duration_ns"]) == {300 * MS}
    assert len(bare) == 0


def test_pauses_and_cycles_are_told_apart(stored: StoredRun) -> None:
    slots, other, _ = stored.trials
    assert (len(slots.pauses()), len(slots.cycles())) == (2, 0)
    assert (len(other.pauses()), len(other.cycles())) == (6, 3)


def test_an_older_run_has_pauses_only(tmp_path: Path) -> None:
    stored = write_run(tmp_path / "old", [trial("slots")], full_at_s={"slots": (1.0, 3.0)})
    (old,) = stored.trials
    assert "concurrent" not in old.table("gc")
    assert (len(old.pauses()), len(old.cycles())) == (4, 0)
    assert len(whole_heap(old)) == 3


def test_spikes_are_looked_for_at_the_cycles(stored: StoredRun) -> None:
    slots, other, bare = run_details(stored)
    assert [spike.start_s for spike in slots.trials[0].spikes.each] == [1.0, 4.0]
    found = other.trials[0]
    assert [spike.start_s for spike in found.spikes.each] == [float(at) for at in CYCLES_S]
    assert found.spikes.period_s == 3.0
    assert found.gaps_s == (3.0, 3.0)
    assert found.predicted_s is None  # CPython's rules say nothing of it
    assert bare.trials[0].spikes.count == 0


def test_only_pauses_take_from_the_utilisation(stored: StoredRun) -> None:
    slots, other, bare = (each.utilisation for each in run_details(stored))
    assert slots[0] == 0  # 1 ms: wholly in a pause
    assert other[0] == pytest.approx(0.94)  # 60 us of it
    assert bare[0] == 1


def test_the_figures_of_the_case_study_go_by_the_cycles(stored: StoredRun) -> None:
    figures = run_figures(stored)
    other = figures[stored.trials[1].folder.name]
    assert other.full_collections == 3
    assert other.garbage_share is None
    assert other.normal_p99_ns == pytest.approx(10_000, rel=0.01)
    assert other.spike_p99_ns == pytest.approx(2 * MS, rel=0.01)
    assert other.paused_share == pytest.approx(300e-6 / 10)


def test_the_period_is_that_of_automatic_cycles(stored: StoredRun) -> None:
    group = groups_of(stored)["beside"]
    assert full_collection_period_s(group) == 3.0
    (stored.trials[1].folder / "gc.csv").write_text(cycles(explicit=1))
    assert full_collection_period_s(group) is None


def test_a_row_says_what_served(stored: StoredRun) -> None:
    rows = summarise_run(stored)
    assert [row.runtime for row in rows] == ["CPython 3.11.7", "Tongue 1.2.3", "Metal 9"]
    assert [row.full_collections for row in rows] == [5, 3, 0]
