"""Strategies that nobody insists on: ``all``, and a name with a question mark."""

from __future__ import annotations

from typing import Any

import pytest

from lab.spec import ExperimentSpec, build_experiment
from strategies.errors import UsageError
from strategies.native.programs import Program


def built(*strategies: str, **raw: Any) -> ExperimentSpec:
    raw = {**raw, "matrix": {"strategy": list(strategies), **raw.get("matrix", {})}}
    return build_experiment("x", raw, verify=True, keep_requests=False)


def names(experiment: ExperimentSpec) -> list[str]:
    return [trial.strategy for trial in experiment.trials]


@pytest.fixture
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    there: bool = request.param
    monkeypatch.setattr(Program, "built", property(lambda _: there))
    monkeypatch.setattr(Program, "has_toolchain", property(lambda _: True))
    return there


with_programs = pytest.mark.parametrize("programs", [True], indirect=True)
without_programs = pytest.mark.parametrize("programs", [False], indirect=True)


@without_programs
def test_an_optional_strategy_that_is_not_there_is_left_out_and_named(programs: bool) -> None:
    experiment = built("slots", "go:gogc=off?", "rust?", "flat?")
    assert names(experiment) == ["slots", "flat"]
    assert experiment.unavailable == (
        "layout 'go' needs its program: gclab build go",
        "layout 'rust' needs its program: gclab build rust",
    )


@with_programs
def test_an_optional_strategy_that_is_there_is_one_like_others(programs: bool) -> None:
    experiment = built("slots", "go:gogc=off?", "slots+freeze?")
    assert names(experiment) == ["slots", "go:gogc=off", "slots+freeze"]
    assert experiment.labels == ("slots", "go:gogc=off", "slots+freeze")
    assert experiment.unavailable == ()


@without_programs
def test_a_name_that_there_is_not_is_an_error_all_the_same(programs: bool) -> None:
    with pytest.raises(UsageError, match="did you mean 'rust'"):
        built("slots", "rus?")


@without_programs
def test_nothing_left_is_an_error_that_says_why(programs: bool) -> None:
    with pytest.raises(UsageError) as refused:
        built("go?", "rust?")
    assert str(refused.value) == (
        "nothing to run: layout 'go' needs its program: gclab build go; "
        "layout 'rust' needs its program: gclab build rust"
    )


@with_programs
def test_all_has_the_programs_where_they_are_built(programs: bool) -> None:
    found = names(built("all"))
    assert {"go", "go-flat", "rust", "rust-flat", "slots"} <= set(found)
    assert not {"go-null", "rust-known-pause", "null"} & set(found)


@without_programs
def test_all_names_what_is_not_built_with_the_command(programs: bool) -> None:
    experiment = built("all")
    assert not {"go", "rust"} & set(names(experiment))
    assert "layout 'go-flat' needs its program: gclab build go" in experiment.unavailable
    assert not any("null" in reason for reason in experiment.unavailable)


@with_programs
def test_all_with_a_policy_leaves_out_what_has_none(programs: bool) -> None:
    experiment = built("all+freeze")
    assert "slots+freeze" in names(experiment)
    assert not any(name.startswith(("go", "rust")) for name in names(experiment))
    assert "layout 'go' has no policies: they are CPython's" in experiment.unavailable
    assert "go+default" in names(built("all+default"))


@with_programs
def test_what_an_optional_one_cannot_serve_leaves_it_out_there(programs: bool) -> None:
    experiment = built("slots", "go?", matrix={"store": ["memory", "sqlite"]})
    assert [trial.label for trial in experiment.trials] == [
        "slots store=memory",
        "go store=memory",
        "slots store=sqlite",
    ]
    (reason,) = experiment.unavailable
    assert reason.startswith("go: store sqlite: for strategies in Python only")


@with_programs
def test_without_the_mark_it_is_the_plan_that_refuses(programs: bool) -> None:
    assert names(built("go", service={"store": "sqlite"})) == ["go"]
