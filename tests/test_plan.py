"""What is checked before anything is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab import plan
from lab.plan import make_plan
from lab.runner.run import describe_run
from lab.spec import build_experiment
from strategies.errors import UsageError
from strategies.native.programs import Program


def planned(**raw: Any) -> plan.Plan:
    return make_plan(build_experiment("x", raw, verify=True, keep_requests=False))


def test_instruments_are_not_verified_and_caches_are() -> None:
    trials = planned(matrix={"strategy": ["null", "slots"]}).trials

    assert [trial.verified for trial in trials] == [False, True]
    assert [trial.number for trial in trials] == [1, 2]


def test_a_synthetic_stream_has_the_keys_of_its_key_space() -> None:
    trial = planned(workload={"entries": 1_000, "key_space": 2.5}).trials[0]

    assert (trial.keys.keys, trial.keys.dense) == (2_500, True)


def test_a_worker_with_threads_of_its_own_sleeps() -> None:
    alone = planned(matrix={"strategy": ["slots", "theine?"]})
    waits = {each.spec.strategy: each.spec.load.wait for each in alone.trials}
    assert waits in ({"slots": "spin", "theine": "sleep"}, {"slots": "spin"})
    (beside,) = planned(matrix={"strategy": ["slots"]}, service={"commit": "thread"}).trials
    assert beside.spec.load.wait == "sleep"


def test_what_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "available_memory_bytes", lambda: 300_000_000)

    planned(workload={"entries": "100k"})
    with pytest.raises(UsageError, match=r"1M entries needs about 0\.6 GB, 0\.3 GB are available"):
        planned(workload={"entries": "1M"})


@pytest.mark.parametrize(
    ("content", "trace_format", "given", "rate"),
    [
        ("1\n2\n2\n", "lirs", "", 20_000.0),
        ("1\n2\n2\n", "lirs", "5k", 5_000.0),
        ("k,t\n1,0\n2,1\n2,2\n", "csv:k,time=t", "", None),
        ("k,t\n1,0\n2,1\n2,2\n", "csv:k,time=t", "5k", 5_000.0),
    ],
)
def test_a_trace_brings_its_keys_and_its_times_unless_a_rate_is_given(
    tmp_path: Path, content: str, trace_format: str, given: str, rate: float | None
) -> None:
    (tmp_path / "t").write_text(content)
    made = planned(
        workload={"trace": str(tmp_path / "t"), "trace_format": trace_format},
        load={"rate": given},
    )

    trial = made.trials[0]
    assert (trial.keys.keys, trial.keys.dense) == (2, False)
    assert trial.spec.load.rate == rate
    assert trial.spec.load.duration_ns is None
    assert not trial.spec.workload.fill
    assert made.traces[str(tmp_path / "t"), trace_format].accesses == 3


def test_one_file_in_two_formats_is_two_traces(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("a,b\n1,10\n2,10\n3,20\n")
    made = planned(
        workload={"trace": str(path), "trace_format": "csv:a"},
        matrix={"strategy": ["slots"], "trace_format": ["csv:a", "csv:b"]},
    )
    assert [trial.keys.keys for trial in made.trials] == [3, 2]
    stored = describe_run(made, [])["traces"]
    assert {name: facts["distinct_keys"] for name, facts in stored.items()} == {
        str(path): 3,
        f"{path} as csv:b": 2,
    }


def test_a_store_without_its_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError) as refused:
        planned(service={"store": "redis"}, matrix={"strategy": ["slots"]})
    assert str(refused.value) == ("store 'redis' needs redis-server: apt-get install redis-server")


# --- programs in other languages ----------------------------------------------------------------


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that every program was built."""
    monkeypatch.setattr(Program, "built", property(lambda _: True))


@pytest.fixture
def not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "built", property(lambda _: False))
    monkeypatch.setattr(Program, "has_toolchain", property(lambda _: True))


@pytest.mark.usefixtures("not_built")
def test_a_program_that_is_not_built_is_refused_with_the_command() -> None:
    with pytest.raises(UsageError) as refused:
        planned(matrix={"strategy": ["slots", "go:procs=2"]})
    assert str(refused.value) == "layout 'go' needs its program: gclab build go"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ({"service": {"store": "sqlite"}}, "store sqlite"),
        ({"service": {"commit": "thread"}}, "commit thread"),
        ({"workload": {"request_objects": 10}}, "objects, bursts and cycles of requests"),
        ({"workload": {"in_flight": 10}}, "objects, bursts and cycles of requests"),
        ({"workload": {"burst": 10}}, "objects, bursts and cycles of requests"),
        ({"workload": {"cycles": 0.1}}, "objects, bursts and cycles of requests"),
    ],
)
def test_what_a_program_cannot_serve_is_refused(raw: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError) as refused:
        planned(matrix={"strategy": ["rust:in-place"]}, **raw)
    assert str(refused.value) == (
        f"rust:in-place: {what}: for strategies in Python only; rust has a store in memory, "
        "inline commits, and requests that leave nothing behind"
    )
    planned(matrix={"strategy": ["slots"]}, **raw)


@pytest.mark.usefixtures("built")
def test_what_a_program_can_serve_is_taken() -> None:
    raw = {"service": {"miss_penalty": "1ms", "workers": 2}, "workload": {"payload_bytes": 64}}
    trials = planned(matrix={"strategy": ["go", "rust", "go-null"]}, **raw).trials
    assert [trial.strategy.layout_facts.program for trial in trials] == ["go", "rust", "go"]
    assert [trial.verified for trial in trials] == [True, True, False]
