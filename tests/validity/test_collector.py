from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_up import STATE, found, only, quiet

from lab.validity import Collector, TrialFigures
from lab.validity.collector import first_full_collection_s


def collected(**changes: Any) -> TrialFigures:
    """Return a quiet trial of 10 s whose collector is changed."""
    return quiet(measured_s=10.0, collector=replace(quiet().collector, **changes))


def state(**changes: Any) -> dict[str, Any]:
    return {**STATE, **changes}


# --- lost events --------------------------------------------------------------------------------


def test_lost_events_invalidate() -> None:
    warning = only(collected(lost_events=1_200))
    assert warning["message"] == "1,200 GC events or records of slow operations were overwritten"
    assert (warning["code"], warning["value"]) == ("lost_events", 1_200)
    assert warning["invalidates"]


# --- gc_settings_changed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("warm", "end", "says"),
    [
        (state(enabled=False), state(), "enabled: False after warm-up, True at the end"),
        (state(), state(enabled=False), "enabled: True after"),
        (state(), state(thresholds=[700, 10, 5]), "thresholds: [700, 10, 10] after"),
        (state(), state(frozen=5), "frozen: 0 after warm-up, 5 at the end"),
        (state(frozen=90_000), state(frozen=90_001), "frozen: 90000 after"),
        (state(frozen=90_000), state(frozen=0), "0 at the end"),
    ],
)
def test_settings_that_change_invalidate(
    warm: dict[str, Any], end: dict[str, Any], says: str
) -> None:
    warning = found(collected(state_warm=warm, state_end=end))["gc_settings_changed"]
    assert says in warning["message"]
    assert warning["invalidates"]
    assert warning["value"] == 1


def test_every_change_is_named() -> None:
    end = state(enabled=False, thresholds=[0, 1, 2], frozen=3)
    warning = found(collected(state_end=end))["gc_settings_changed"]
    assert warning["value"] == 3
    assert warning["message"].count("after warm-up") == 3


@pytest.mark.parametrize(
    ("warm", "end"),
    [
        (state(), state(counts=[600, 9, 9])),
        (state(frozen=90_000), state(frozen=80_000)),  # frozen entries were replaced and freed
        (state(frozen=None), state(frozen=None)),
        (None, state(enabled=False)),
        (state(), None),
    ],
)
def test_what_changes_by_itself_is_no_change(warm: Any, end: Any) -> None:
    assert found(collected(state_warm=warm, state_end=end)) == {}


def test_what_the_policy_sets_is_no_change() -> None:
    changed = {"state_end": state(frozen=5)}
    assert found(collected(**changed, policy_sets=("frozen",))) == {}
    assert found(collected(**changed, policy_sets=("enabled", "thresholds"))) != {}


# --- no_full_collection -------------------------------------------------------------------------


def first_s(**changes: Any) -> float | None:
    return first_full_collection_s(collected(**{"full": 0, **changes}))


def test_the_first_full_collection_by_hand() -> None:
    # 133 young ones are over after 133 / 33.9 s; 75,000 objects promoted after 75,000 / 23,764 s
    assert first_s(young=339) == pytest.approx(133 / 33.9)
    # 10 a second promote 7,010 objects a second: a quarter of 1,000,000 takes 35.7 s
    assert first_s(young=100, tracked_objects=1_000_000) == pytest.approx(250_000 / 7_010)
    # of which 3,010 a second were collected
    assert first_s(young=100, collected=30_100, tracked_objects=1_000_000) == pytest.approx(
        250_000 / 4_000
    )
    # thresholds 1,000, 5, 3: (3 + 1) * (5 + 2) + 1 = 29
    few = state(thresholds=[1_000, 5, 3])
    assert first_s(young=100, state_warm=few, tracked_objects=4) == pytest.approx(2.9)


def test_each_worker_collects_for_itself() -> None:
    pair = replace(collected(young=339, full=0), workers=2)
    assert first_full_collection_s(pair) == pytest.approx(2 * 133 / 33.9)
    # 20 a second of 2 workers: 10 each, 7,010 objects, of 500,000 entries each
    pair = replace(collected(young=200, full=0), workers=2, entries=1_000_000)
    assert first_full_collection_s(pair) == pytest.approx(125_000 / 7_010)


def test_young_collections_without_a_full_one_say_how_long_it_takes() -> None:
    warning = only(collected(young=100, full=0))
    assert warning["code"] == "no_full_collection"
    assert warning["value"] == pytest.approx(13.3)
    assert "within about 13.3 s, the trial measured 10.0 s" in warning["message"]
    assert warning["advice"] == "take --duration 16s to see the first, 48s for the period"
    assert not warning["invalidates"]


@pytest.mark.parametrize(
    "changes",
    [
        {"full": 1},
        {"young": 0},
        {"kind": "incremental"},
        {"kind": "free-threaded"},
        {"kind": "concurrent", "cycles": 5},
        {"kind": "none"},
        {"state_warm": state(enabled=False), "state_end": state(enabled=False)},
        {"state_warm": None},
        {"collected": 100 * 701},  # everything was garbage: nothing is promoted
        {
            "state_warm": state(thresholds=[700, 10, 2**31 - 1]),
            "state_end": state(thresholds=[700, 10, 2**31 - 1]),
        },
    ],
)
def test_where_no_full_collection_is_to_come_nothing_is_said(changes: dict[str, Any]) -> None:
    assert found(collected(**{"young": 100, "full": 0, **changes})) == {}


def test_a_trial_with_wrong_answers_is_not_told_to_last_longer() -> None:
    broken = replace(collected(young=100, full=0), status="invalid", reason="x", wrong=True)
    assert list(found(broken)) == ["wrong_answers"]


def test_a_collector_that_is_not_known_says_nothing() -> None:
    assert found(quiet(collector=Collector())) == {}


def test_settings_of_another_runtime_are_its_own() -> None:
    warm = {"gogc": "100", "procs": 2, "cycles": 4}
    end = {"gogc": "100", "procs": 2, "cycles": 9}
    other = Collector(kind="concurrent", state_warm=warm, state_end=end, cycles=5, young=10)
    assert found(quiet(collector=other)) == {}
    assert found(quiet(collector=Collector(kind="none", state_warm={}, state_end={}))) == {}


def test_the_trial_s_own_thresholds_count() -> None:
    # 3.13 and later: 133 young collections of 2,001 net allocations
    newer = state(thresholds=[2_000, 10, 10])
    assert first_s(young=100, state_warm=newer, tracked_objects=4) == pytest.approx(13.3)
    # a quarter of 2,000,000 takes longer: 10 a second promote 20,010 objects a second
    assert first_s(young=100, state_warm=newer, tracked_objects=2_000_000) == pytest.approx(
        500_000 / 20_010
    )


@pytest.mark.parametrize("kind", ["incremental", "free-threaded", "incminimark"])
def test_the_rules_of_one_collector_are_not_those_of_another(kind: str) -> None:
    without = {"enabled": True, "thresholds": None, "frozen": None, "counts": None}
    assert first_s(kind=kind, young=100, state_warm=without) is None
    assert (
        found(collected(kind=kind, young=100, full=0, state_warm=without, state_end=without)) == {}
    )
