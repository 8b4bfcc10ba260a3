"""What the doctor says of the interpreter, of packages, and of the noise it measured."""

from __future__ import annotations

import itertools
import math
import os
from dataclasses import replace

import numpy as np
import pytest

from lab.analysis.intervals import WIDENING, t_quantile
from lab.histogram import Histogram
from lab.runner.doctor import Examination, interpreter, noise, packages
from lab.runner.doctor.finding import Finding
from lab.runner.harness import HarnessCost
from strategies.catalogue import Listed
from strategies.errors import UsageError


@pytest.mark.parametrize(
    ("call_ns", "step_ns", "state"),
    [
        (249, 999, "good"),
        (250, 20, "warn"),
        (60, 1_000, "warn"),
        (1_000, 20, "bad"),
        (60, 100_000, "bad"),
        (250, 100_000, "bad"),
    ],
)
def test_a_clock_is_as_good_as_the_worse_of_cost_and_step(
    call_ns: int, step_ns: int, state: str
) -> None:
    assert interpreter.graded_timer(call_ns, step_ns).state == state


def test_a_coarse_clock_shows_its_step_and_not_what_a_call_costs() -> None:
    readings = itertools.count()
    found = interpreter.timer(lambda: next(readings) // 3 * 4_000)
    assert found.figures == {"call_ns": 0, "step_ns": 4_000}
    assert found.state == "warn"


def test_this_clock_is_measured() -> None:
    figures = interpreter.timer().figures
    assert isinstance(figures["call_ns"], int)
    assert isinstance(figures["step_ns"], int)
    assert figures["call_ns"] > 0
    assert figures["step_ns"] > 0


def test_pinning_is_tried_and_taken_back() -> None:
    before = os.sched_getaffinity(0)
    assert interpreter.pinning().state == "good"
    assert os.sched_getaffinity(0) == before


def test_pinning_that_is_refused_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, cores: set[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    found = interpreter.pinning()
    assert (found.state, found.value) == ("bad", "refused: Operation not permitted")


PLAIN = [True, [700, 10, 10], 0, 0]


@pytest.mark.parametrize(
    ("here", "state"),
    [
        ([True, [700, 10, 10], 0, 0], "good"),
        ([False, [700, 10, 10], 0, 0], "warn"),
        ([True, [50_000, 10, 10], 0, 0], "warn"),
        ([True, [700, 10, 10], 9_000, 0], "warn"),
        ([True, [700, 10, 10], 0, 1], "warn"),
        (None, "info"),
    ],
)
def test_a_collector_that_something_changed_is_a_warning(
    here: list[object] | None, state: str
) -> None:
    found = interpreter.collector(PLAIN, here)
    assert found.state == state
    assert ("-X importtime" in (found.advice or "")) == (state == "warn")


def test_what_an_interpreter_freezes_by_itself_is_no_change() -> None:
    frozen = [True, [2_000, 10, 0], 4_000, 0]
    assert interpreter.collector(frozen, [True, [2_000, 10, 0], 4_321, 0]).state == "good"


def test_a_fresh_interpreter_answers() -> None:
    plain = interpreter._ask("-I", "-S")
    assert plain is not None
    assert plain[0] is True
    assert interpreter._ask("-c", "raise SystemExit(1)", "--") is None


@pytest.mark.parametrize(
    ("environment", "state", "value", "advice"),
    [
        ({"HOME": "/root"}, "good", "nothing that matters", None),
        ({"PYTHONUNBUFFERED": "1"}, "good", "nothing that matters", None),
        ({"PYTHONHASHSEED": "0", "A": "b"}, "info", "PYTHONHASHSEED=0", None),
        ({"LD_PRELOAD": "/x.so"}, "info", "LD_PRELOAD=/x.so", None),
        ({"PYTHONMALLOC": ""}, "good", "nothing that matters", None),
        (
            {"PYTHONTRACEMALLOC": "5", "PYTHONMALLOC": "debug", "PYTHONPATH": "/p"},
            "warn",
            "PYTHONMALLOC=debug, PYTHONTRACEMALLOC=5, PYTHONPATH=/p",
            "unset PYTHONMALLOC PYTHONTRACEMALLOC",
        ),
    ],
)
def test_variables_that_slow_a_worker_down_are_named(
    environment: dict[str, str], state: str, value: str, advice: str | None
) -> None:
    found = interpreter.variables(environment)
    assert (found.state, found.value, found.advice) == (state, value, advice)


def test_a_missing_package_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = {
        "moka": "layout 'moka' needs the package 'moka_py': pip install moka-py",
        "redis": "layout 'redis' needs redis-server: apt-get install redis-server",
        "broken": "layout 'broken' cannot be imported: no symbol",
    }
    listed = [Listed(name, None, "", reason) for name, reason in reasons.items()]
    monkeypatch.setattr(packages, "list_layouts", lambda: [*listed, Listed("a", None, "", None)])
    monkeypatch.setattr(packages, "unavailable_formats", lambda: [("odd", "has no name")])
    monkeypatch.setattr(packages, "redis_binary", lambda: None)
    monkeypatch.setattr(packages, "_importable", lambda _: False)

    found = {each.name: each for each in packages.package_findings()}

    assert found["layouts"].value == "1 of 4 can be used"
    assert found["layout moka"].value == "layout 'moka' needs the package 'moka_py'"
    assert {name: each.advice for name, each in found.items()} == {
        "layouts": "pip install 'gclab[layouts]'",
        "layout moka": "pip install moka-py",
        "layout redis": "apt-get install redis-server",
        "layout broken": None,
        "trace format odd": None,
        "redis-server": "apt-get install redis-server",
        "zstandard": "pip install zstandard",
    }
    assert {each.state for each in found.values()} == {"info"}


def test_with_everything_there_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "list_layouts", lambda: [Listed("a", None, "", None)])
    monkeypatch.setattr(packages, "unavailable_formats", list)
    monkeypatch.setattr(packages, "redis_binary", lambda: "/usr/bin/redis-server")
    monkeypatch.setattr(packages, "_importable", lambda name: name == "zstandard")
    assert [(each.name, each.state) for each in packages.package_findings()] == [
        ("layouts", "good")
    ]


def test_a_module_of_a_package_that_is_missing_is_not_there() -> None:
    assert packages._importable("json.decoder")
    assert not packages._importable("no_such_package.module")
    assert not packages._importable("no_such_module")


def of(value: int, each: int = 10_000) -> Histogram:
    histogram = Histogram()
    histogram.add(np.full(each, value, dtype=np.int64))
    return histogram


def test_the_smallest_ratio_follows_from_the_spread_of_the_slices() -> None:
    # logs 0, 1, 2 times ln 2: their standard deviation is ln 2
    slices = [of(100), of(200), of(400)]
    ratios = noise.smallest_ratios(slices)
    for n in (3, 5, 10):
        expected = 2 ** (WIDENING * t_quantile(n - 1) * math.sqrt(2 / n))
        assert ratios["p99"][str(n)] == pytest.approx(expected, rel=2e-3)
        assert ratios["max"] == ratios["p99"] == ratios["p99.9"]
    assert set(ratios["p99.99"].values()) == {None}


def test_slices_that_agree_tell_any_ratio() -> None:
    ratios = noise.smallest_ratios([of(500)] * noise.SLICES)
    assert ratios["p99.9"] == {"3": 1.0, "5": 1.0, "10": 1.0}


def test_a_slice_without_a_figure_leaves_no_ratio() -> None:
    ratios = noise.smallest_ratios([of(100), of(200), of(300, each=999)])
    assert set(ratios["p99"].values()) == {None}
    assert None not in ratios["max"].values()
    assert set(noise.smallest_ratios([of(100), Histogram()])["max"].values()) == {None}


def test_slices_are_pooled() -> None:
    slices = [of(100, each=4_950), of(100, each=4_950), of(7_000, each=100)]
    assert noise.pooled(slices) == {"p99": 100, "p99.9": 7_000, "p99.99": None, "max": 7_000}


@pytest.mark.parametrize("error", [UsageError("too little memory"), OSError("disk full")])
def test_a_null_trial_that_cannot_be_run_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(seconds: float) -> noise.Json:
        raise error

    monkeypatch.setattr(noise, "_trial_of_null", refuse)
    assert noise.null_trial(1.0) == (None, str(error))


def test_a_null_trial_that_failed_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"status": "failed", "reason": "the worker was killed by SIGKILL"}
    monkeypatch.setattr(noise, "_trial_of_null", lambda _: failed)
    assert noise.null_trial(1.0) == (None, "the worker was killed by SIGKILL")


def test_a_harness_that_cannot_be_pinned_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(rounds: int) -> HarnessCost:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(noise, "measure_harness", refuse)
    found = noise.harness_finding()
    assert (found.state, found.value) == ("info", "not measured: Operation not permitted")


def test_the_harness_is_told_in_ns_and_as_a_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = HarnessCost(driver_ns=456.7, bare_ns=250.1, ratio=1.826, rounds=7)
    monkeypatch.setattr(noise, "measure_harness", lambda _: cost)
    found = noise.harness_finding()
    assert found.value == "457 ns per operation, 1.83 times a bare loop"
    assert found.figures == {"driver_ns": 456.7, "ratio": 1.826}


FIGURES: noise.Figures = {"p99": 5_000, "p99.9": 99_999, "p99.99": None, "max": 2_000_000}


@pytest.mark.parametrize(
    ("p999", "state"), [(99_999, "good"), (100_000, "warn"), (999_999, "warn"), (1_000_000, "bad")]
)
def test_noise_is_graded_by_its_p999(p999: int, state: str) -> None:
    found = noise.noise_finding({**FIGURES, "p99.9": p999}, "noise", None)
    assert found.state == state
    assert found.value.startswith("p99 5.00 us, p99.9 ")
    assert "p99.99 " not in found.value
    assert found.figures["p99.9_ns"] == p999


def test_with_few_samples_noise_is_graded_by_its_p99() -> None:
    few: noise.Figures = {**FIGURES, "p99": 100_000, "p99.9": None}
    assert noise.noise_finding(few, "noise", None).state == "warn"


def test_noise_that_was_not_measured_is_a_warning_with_its_reason() -> None:
    found = noise.noise_finding({}, "noise", "the meter was killed")
    assert (found.state, found.value) == ("warn", "not measured: the meter was killed")
    assert noise.noise_finding({}, "noise", None).value == "not measured: too few samples"


def test_the_floor_is_the_larger_of_both_measurements() -> None:
    spin: noise.Figures = {"p99": 10, "p99.9": 20, "p99.99": None, "max": None}
    null: noise.Figures = {"p99": 5, "p99.9": 80, "p99.99": 7, "max": None}
    assert noise.floors(spin, null) == {"p99": 10, "p99.9": 80, "p99.99": 7, "max": None}
    assert noise.floors(spin, None) == spin


EXAMINATION = Examination(
    findings=(Finding("cores", "2 usable of 2", "good"),),
    spin_ns=FIGURES,
    null_ns={**FIGURES, "p99": 6_000},
    core=1,
    seconds=5.0,
    ratios={"p99": {"3": 2.0, "5": 1.5, "10": 1.2}},
)


def test_the_json_has_findings_noise_and_effects() -> None:
    told = EXAMINATION.to_json()
    assert told["schema"] == 1
    assert told["findings"][0]["name"] == "cores"
    assert told["noise_ns"] == {
        "core": 1,
        "seconds": 5.0,
        "spin": FIGURES,
        "null_trial": {**FIGURES, "p99": 6_000},
    }
    assert told["effects"]["floor_ns"]["p99"] == 6_000
    assert told["effects"]["smallest_ratio"] == {"p99": {"3": 2.0, "5": 1.5, "10": 1.2}}
    without = replace(EXAMINATION, null_ns=None).to_json()
    assert without["noise_ns"]["null_trial"] is None
    assert without["effects"]["floor_ns"]["p99"] == 5_000
