"""Real workers at a small scale: several of them, other stores, policies that want time."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from trial_maker import SMALL, play, small_spec

from lab.plan import make_plan
from lab.spec import Raw, TrialSpec, build_experiment, merge


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii") as file:
        return list(csv.DictReader(file))


def service_spec(strategy: str, raw: Raw) -> TrialSpec:
    """Return a small trial with other sections given too."""
    matrix = {"matrix": {"strategy": [strategy], "repeats": 1}}
    whole = merge(SMALL, raw, matrix)
    return (
        make_plan(build_experiment("test", whole, verify=True, keep_requests=False)).trials[0].spec
    )


@pytest.mark.parametrize("strategy", ["slots", "flat", "null"])
def test_several_workers_share_keys_and_entries(tmp_path: Path, strategy: str) -> None:
    raw = {"workload": {"entries": 2_000}, "service": {"workers": 3}}
    outcome = play(service_spec(strategy, raw), tmp_path, verify=strategy != "null")

    assert outcome.wrong is None
    assert outcome.counts.operations > 1_000
    assert outcome.counts.clock_faults == 0
    pids = {lane.answers["ready"]["pid"] for lane in outcome.trial.lanes}
    assert len(pids) == 3
    if strategy != "null":
        held = [lane.answers["warm"]["entries"] for lane in outcome.trial.lanes]
        assert all(600 <= entries <= 667 for entries in held)
        assert sum(held) == outcome.trial.dumped["entries"] or outcome.counts.misses


def test_the_workers_of_a_trial_see_what_one_worker_sees(tmp_path: Path) -> None:
    one, three = (
        play(service_spec("slots", {"service": {"workers": n}}), tmp_path / str(n)) for n in (1, 3)
    )
    assert one.counts.operations == three.counts.operations
    assert abs(one.counts.misses - three.counts.misses) < 0.1 * one.counts.misses


@pytest.mark.parametrize(
    "service",
    [
        {"store": "sqlite"},
        {"store": "sqlite", "commit": "thread"},
        {"commit": "thread", "miss_penalty": "1ms"},
        {"miss_penalty": "2ms"},
    ],
    ids=str,
)
@pytest.mark.parametrize("strategy", ["slots", "flat"])
def test_every_store_keeps_what_was_acknowledged(
    tmp_path: Path, strategy: str, service: dict[str, object]
) -> None:
    outcome = play(service_spec(strategy, {"service": service}), tmp_path)

    assert outcome.wrong is None
    assert outcome.counts.misses > 0
    if "miss_penalty" in service:
        missed = outcome.trial.recorder
        assert missed is not None
        assert missed.service.max >= 1_000_000, "a load takes its penalty at least"


@pytest.mark.parametrize(
    "strategy",
    ["slots+idle:young=100", "slots+refreeze:100ms", "slots+scheduled:100ms", "slots+young-only"],
)
def test_policies_that_want_time_change_no_answer(tmp_path: Path, strategy: str) -> None:
    outcome = play(small_spec(strategy), tmp_path)

    assert outcome.wrong is None
    events = rows(tmp_path / "gc.csv")
    explicit = [row for row in events if row["explicit"] == "1"]
    if "young-only" in strategy:
        assert not [row for row in events if row["generation"] == "2"]
    else:
        assert explicit, "what a policy collects is marked as explicit"
        assert outcome.trial.lanes[0].answers["finished"]["policy_ns"] > 0


def test_requests_that_leave_cycles_grow_the_heap_where_nobody_collects(tmp_path: Path) -> None:
    growth = {}
    for policy in ("default", "disabled"):
        spec = service_spec(f"flat+{policy}", {"workload": {"cycles": 1.0, "request_objects": 20}})
        outcome = play(spec, tmp_path / policy)
        assert outcome.wrong is None
        answers = outcome.trial.lanes[0].answers
        growth[policy] = answers["finished"]["rss_bytes"] - answers["warm"]["rss_bytes"]
    assert growth["disabled"] > 1_000_000
    assert growth["disabled"] > 3 * growth["default"]
