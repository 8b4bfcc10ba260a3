"""Which trials an interpreter can run, and what is said of those that it cannot."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lab import runnable as runnable_module
from lab.plan import make_plan
from lab.pythons import Answer, Interpreter
from lab.runnable import runnable
from lab.spec import ExperimentSpec, build_experiment
from strategies.errors import UsageError

LACKS = {
    "flat": Answer("layout 'flat' needs the package 'numpy'", "numpy"),
    "slots+freeze": Answer("policy 'freeze' needs gc.freeze: PyPy 3.11.13 has none"),
}
NUMPY = "layout 'flat' needs the package 'numpy' in python{0}: /p/python{0} -m pip install numpy"


def interpreter(text: str) -> Interpreter:
    path = sys.executable if text == "here" else f"/p/python{text}"
    return Interpreter(path, (), "CPython", f"{text}.1", "", (3, 14, 1), "generational", ())


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Interpreters that lack numpy and gc.freeze; what each was asked."""
    questions: list[tuple[str, tuple[str, ...]]] = []

    def ask(path: str, strategies: tuple[str, ...]) -> dict[str, Answer]:
        questions.append((path, strategies))
        return {name: LACKS[name] for name in strategies if name in LACKS}

    monkeypatch.setattr(runnable_module, "resolve", interpreter)
    monkeypatch.setattr(runnable_module, "ask", ask)
    return questions


def experiment(strategies: list[str], *pythons: str, **sections: Any) -> ExperimentSpec:
    matrix: dict[str, Any] = {"strategy": strategies}
    if pythons:
        matrix["python"] = list(pythons)
    raw = {"matrix": matrix, **sections}
    return build_experiment("x", raw, verify=True, keep_requests=False)


def test_without_an_interpreter_nobody_is_asked(asked: list[Any]) -> None:
    plain = experiment(["slots", "flat"])
    assert runnable(plain) == (plain, {"": sys.executable})
    assert asked == []


def test_each_interpreter_is_asked_once_of_what_it_is_to_run(asked: list[Any]) -> None:
    once = experiment(["slots", "dict"], "3.13", "3.14")
    assert runnable(once) == (
        once,
        {"": sys.executable, "3.13": "/p/python3.13", "3.14": "/p/python3.14"},
    )
    assert asked == [
        ("/p/python3.13", ("slots", "dict")),
        ("/p/python3.14", ("slots", "dict")),
    ]


def test_this_interpreter_is_not_asked(asked: list[Any]) -> None:
    made, _ = runnable(experiment(["slots", "flat"], "here", "3.14"))
    assert made.labels == ("slots python=here", "flat python=here", "slots python=3.14")
    assert [path for path, _ in asked] == ["/p/python3.14"]


def test_of_several_interpreters_what_cannot_be_run_is_left_out_and_said() -> None:
    made, _ = runnable(experiment(["slots", "flat", "slots+freeze"], "3.13", "3.14"))
    assert made.labels == ("slots python=3.13", "slots python=3.14")
    assert [trial.label for trial in made.trials] == list(made.labels)
    assert made.unavailable == (
        NUMPY.format("3.13"),
        "policy 'freeze' needs gc.freeze: PyPy 3.11.13 has none (in python3.13)",
        NUMPY.format("3.14"),
        "policy 'freeze' needs gc.freeze: PyPy 3.11.13 has none (in python3.14)",
    )


def test_a_pair_that_is_asked_for_alone_is_a_wrong_input() -> None:
    with pytest.raises(UsageError) as error:
        runnable(experiment(["slots", "flat"], service={"python": "3.14"}))
    assert str(error.value) == NUMPY.format("3.14")


def test_where_nothing_is_left_it_is_a_wrong_input() -> None:
    with pytest.raises(UsageError) as error:
        runnable(experiment(["flat"], "3.13", "3.14"))
    assert str(error.value) == NUMPY.format("3.13")


def test_what_all_brings_along_is_left_out_of_one_interpreter_too() -> None:
    made, _ = runnable(experiment(["all"], service={"python": "3.14"}))
    assert "flat" not in made.labels
    assert "slots" in made.labels
    assert NUMPY.format("3.14") in made.unavailable


def test_a_plan_has_the_interpreter_of_each_trial() -> None:
    plan = make_plan(experiment(["slots", "flat"], "here", "3.14"))
    assert [(trial.number, trial.spec.label, trial.python) for trial in plan.trials] == [
        (1, "slots python=here", sys.executable),
        (2, "flat python=here", sys.executable),
        (3, "slots python=3.14", "/p/python3.14"),
    ]
    assert plan.experiment.unavailable == (NUMPY.format("3.14"),)
