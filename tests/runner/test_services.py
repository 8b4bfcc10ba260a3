"""Real workers at a small scale: several of them, other stores, policies that want time."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from trial_maker import SMALL, Outcome, Silent, broken_command, make_trial, play, small_spec

import lab.runner.lane
from lab.plan import make_plan
from lab.runner.process import ContractBrokenError, WorkerFailedError
from lab.spec import Raw, TrialSpec, build_experiment, merge
from strategies.parts.redis_server import redis_binary


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


def test_no_penalty_is_paid_while_the_cache_is_filled(tmp_path: Path) -> None:
    spec = service_spec("slots", {"service": {"miss_penalty": "5ms"}, "load": {"rate": "2k"}})
    outcome = play(spec, tmp_path)

    assert outcome.wrong is None
    phases = outcome.trial.phases_s
    assert phases["fill"] < 2, "2,000 misses, of which each would take 5 ms"
    recorder = outcome.trial.recorder
    assert recorder is not None
    assert recorder.service.percentile(100 * (1 - 0.5 * misses(outcome))) >= 5_000_000


def misses(outcome: Outcome) -> float:
    """Return the share of the requests that missed."""
    return outcome.counts.misses / outcome.counts.operations


def test_what_the_ageing_left_to_the_commit_thread_is_not_measured(tmp_path: Path) -> None:
    raw: Raw = {
        "service": {"store": "sqlite", "commit": "thread"},
        "workload": {"entries": 20_000, "mix": {"read": 1, "ack": 0, "mention": 0}},
        "load": {"rate": "200", "duration": "500ms", "warm_up": "10ms"},
    }
    outcome = play(service_spec("slots", raw), tmp_path)

    assert outcome.wrong is None
    assert outcome.counts.commits == 0
    evicted = outcome.counts.evictions
    used_ns = outcome.trial.lanes[0].answers["finished"]["commit_thread_ns"]
    # 20,000 states were written before; now only what was evicted is
    assert used_ns < 20_000_000 + evicted * 1_000_000


def session_of(pid: int) -> list[int]:
    """Return the processes of the session that a process led."""
    found = []
    for process in psutil.pids():
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(process) == pid and psutil.Process(process).status() != "zombie":
                found.append(process)
    return found


@pytest.mark.skipif(redis_binary() is None, reason="redis-server is not installed")
@pytest.mark.parametrize("strategy", ["raises", "exits", "hangs", "cannot-be-made"])
def test_no_server_outlives_its_trial(
    tmp_path: Path, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.runner.lane, "WATCHDOG_S", 2.0)
    spec = small_spec(strategy)
    spec = replace(spec, service=replace(spec.service, store="redis"))
    trial = make_trial(spec, tmp_path, command=broken_command())
    with pytest.raises(WorkerFailedError):
        trial.run(verify=True)
    worker = trial.lanes[0].worker
    # what was killed as another process's child ends a little later than the call that killed it
    until = time.monotonic() + 10
    while session_of(worker.pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert session_of(worker.pid) == []
    assert not Path(worker.folder).exists()


@pytest.mark.skipif(redis_binary() is None, reason="redis-server is not installed")
def test_a_lost_database_is_no_fault_of_the_layout(tmp_path: Path) -> None:
    class Vandal(Silent):
        """Takes the database away when the measured phase begins."""

        def phase(self, name: str) -> None:
            super().phase(name)
            if name == "measure":
                worker = trial.lanes[0].worker.pid
                (server,) = [pid for pid in session_of(worker) if pid != worker]
                os.kill(server, signal.SIGKILL)

    spec = small_spec("slots")
    spec = replace(spec, service=replace(spec.service, store="redis"))
    trial = make_trial(spec, tmp_path, observer=Vandal())
    with pytest.raises(WorkerFailedError, match=r"^store redis: ") as lost:
        trial.run(verify=True)
    assert not isinstance(lost.value, ContractBrokenError)
