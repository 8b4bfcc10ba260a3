"""The workers' own cost: measured alike, the Python one first."""

from __future__ import annotations

import pytest

from lab.runner.worker_cost import instruments, measure_workers
from strategies.native.programs import PROGRAMS, Program


def test_without_a_program_there_is_the_python_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "built", property(lambda _: False))
    (python,) = measure_workers(3)
    assert python.strategy == "null"
    assert python.ratio == 1.0
    assert 50 < python.ns < 20_000
    assert python.runtime.split(" ")[0] in ("CPython", "PyPy")
    assert python.to_json()["ratio"] == 1.0


def test_every_program_that_is_built_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "built", property(lambda program: program.name == "rust"))
    assert instruments() == ["null", "rust-null"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_costs_less_than_the_python_worker(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = PROGRAMS[name]
    if not program.built:
        if not program.has_toolchain:
            pytest.skip(f"no {program.tool} here")
        program.build()
    monkeypatch.setattr(Program, "built", property(lambda each: each.name == name))
    _, own = measure_workers(5)
    assert own.strategy == f"{name}-null"
    assert own.runtime.startswith(program.language)
    assert own.ratio < 0.5
