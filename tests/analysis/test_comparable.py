"""Which runs may be compared, and which field keeps others from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.analysis.comparison import compare_runs
from strategies.errors import UsageError
from tests.analysis.made_run import MS, Json, trial, write_run

DIFFERENT: list[tuple[Json, str]] = [
    ({"environment": {"cpu": "Intel"}}, "environment.cpu (AMD EPYC against Intel)"),
    ({"environment": {"cores": 4}}, "environment.cores (2 against 4)"),
    ({"environment": {"clock_source": "hpet"}}, "environment.clock_source (tsc against hpet)"),
    (
        {"environment": {"frequency_governor": "powersave"}},
        "environment.frequency_governor (performance against powersave)",
    ),
    ({"environment": {"system": "Linux 6.19.0"}}, "environment.system (Linux 6.18 against"),
    ({"environment": {"gclab": "0.2.0"}}, "environment.gclab (0.1 against 0.2)"),
    ({"spec": {"workload": {"entries": 1_000_000}}}, "workload.entries (300k against 1M)"),
    ({"spec": {"workload": {"key_space": 3.0}}}, "workload.key_space (2 against 3)"),
    ({"spec": {"workload": {"popularity": "uniform"}}}, "workload.popularity (zipf:0.99 against"),
    (
        {"spec": {"workload": {"mix": {"read": 90.0, "ack": 5.0, "mention": 5.0}}}},
        "workload.mix.read (10 against 90)",
    ),
    (
        {"spec": {"workload": {"commit": {"every": 500, "step": 250}}}},
        "workload.commit.every (10k against 500)",
    ),
    ({"spec": {"workload": {"payload_bytes": 64}}}, "workload.payload_bytes (0 against 64)"),
    ({"spec": {"workload": {"trace": "t.csv"}}}, "workload.trace (none against t.csv)"),
    ({"spec": {"load": {"arrivals": "constant"}}}, "load.arrivals (poisson against constant)"),
    ({"spec": {"load": {"rate": 5_000.0}}}, "load.rate (20k against 5k)"),
    ({"spec": {"load": {"duration_ns": 5 * 10**9}}}, "load.duration_ns (10.0 s against 5.00 s)"),
    ({"spec": {"load": {"closed_loop": True}}}, "load.closed_loop (False against True)"),
    ({"spec": {"load": {"wait": "sleep"}}}, "load.wait (spin against sleep)"),
    ({"spec": {"service": {"store": "sqlite"}}}, "service.store (memory against sqlite)"),
    ({"spec": {"service": {"miss_penalty_ns": MS}}}, "service.miss_penalty_ns (0 ns against 1.00"),
    ({"spec": {"service": {"commit": "thread"}}}, "service.commit (inline against thread)"),
    ({"spec": {"service": {"workers": 2}}}, "service.workers (1 against 2)"),
]


@pytest.mark.parametrize(("change", "says"), DIFFERENT)
def test_runs_that_differ_in_what_matters_are_refused(
    change: Json, says: str, tmp_path: Path
) -> None:
    first = write_run(tmp_path / "a", [trial("slots")])
    second = write_run(tmp_path / "b", [trial("slots")], **change)

    with pytest.raises(UsageError) as refused:
        compare_runs([first, second])
    assert says in str(refused.value)
    assert "--force" in str(refused.value)

    forced = compare_runs([first, second], force=True)
    ((_, fields),) = forced.forced.items()
    assert says in ", ".join(map(str, fields))


def test_another_interpreter_is_refused(tmp_path: Path) -> None:
    newer = {"name": "CPython", "version": "3.14.0", "collector": "incremental"}
    first = write_run(tmp_path / "a", [trial("slots")])
    second = write_run(tmp_path / "b", [trial("slots", runtime=newer)])

    with pytest.raises(UsageError, match=r"environment.python \(CPython 3.11.7 against"):
        compare_runs([first, second])


def test_another_release_of_pypy_is_refused(tmp_path: Path) -> None:
    runs = []
    for release in ("7.3.19", "7.3.20"):
        runtime = {"name": "PyPy", "version": "3.11.13", "release": release}
        runs.append(write_run(tmp_path / release, [trial("slots", runtime=runtime)]))

    with pytest.raises(UsageError, match=r"environment.python \(PyPy 3.11.13 7.3.19 against"):
        compare_runs(runs)


def test_what_an_interpreter_was_asked_for_as_makes_no_difference(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots")])
    second = write_run(tmp_path / "b", [trial("slots")], spec={"service": {"python": "/bin/py"}})
    assert compare_runs([first, second]).forced == {}


@pytest.mark.parametrize(
    "same",
    [
        {"environment": {"system": "Linux 6.18.99-other", "gclab": "0.1.7"}},
        {"environment": {"memory_bytes": 1, "load_average": 7.0}},
        {"environment": {"cpu": None}},
        {"spec": {"workload": {"request": {"objects": 0, "in_flight": 0, "burst": 1}}}},
    ],
)
def test_what_does_not_matter_or_is_not_known_is_no_difference(same: Json, tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots")])
    second = write_run(tmp_path / "b", [trial("slots")], **same)

    assert compare_runs([first, second]).forced == {}


def test_a_section_that_an_older_run_lacks_has_its_defaults(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots")])
    second = write_run(tmp_path / "b", [trial("slots")])
    del first.run["experiment"]["trials"][0]["service"]

    assert compare_runs([first, second]).forced == {}


def test_a_trace_is_known_by_what_it_holds_and_not_by_its_folder(tmp_path: Path) -> None:
    def run(name: str, path: str, accesses: int) -> Any:
        return write_run(
            tmp_path / name,
            [trial("slots")],
            spec={"workload": {"trace": path}},
            traces={path: {"accesses": accesses, "distinct_keys": 10}},
        )

    first = run("a", "/here/t.csv", 100)

    assert compare_runs([first, run("b", "there/t.csv", 100)]).forced == {}
    with pytest.raises(UsageError, match=r"t\.csv of 100 accesses to 10 keys against"):
        compare_runs([first, run("c", "there/t.csv", 101)])


def test_a_factor_of_both_matrices_may_differ(tmp_path: Path) -> None:
    def run(name: str, entries: str, count: int) -> Any:
        trials = [trial("slots", factors={"entries": entries})]
        return write_run(tmp_path / name, trials, spec={"workload": {"entries": count}})

    small, large = run("a", "100k", 100_000), run("b", "1M", 1_000_000)
    report = compare_runs([small, large], "slots entries=100k", ["p50"])

    assert report.forced == {}
    assert report.comparisons[0].group.label == "slots entries=1M"


def test_what_follows_from_a_common_factor_may_differ_too(tmp_path: Path) -> None:
    def run(name: str, ramp: str, rates: list[float]) -> Any:
        trials = [trial("slots", factors={"ramp": ramp})]
        load = {"ramp": rates, "rate": sum(rates) / len(rates)}
        return write_run(tmp_path / name, trials, spec={"load": load})

    slow, fast = run("a", "1k,3k", [1e3, 3e3]), run("b", "1k,9k", [1e3, 9e3])

    assert compare_runs([slow, fast], "slots ramp=1k,3k", ["p50"]).forced == {}


def test_a_factor_of_one_matrix_alone_may_not(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots", factors={"entries": "300k"})])
    second = write_run(tmp_path / "b", [trial("slots")], spec={"workload": {"entries": 9}})

    with pytest.raises(UsageError, match=r"workload\.entries"):
        compare_runs([first, second], "slots entries=300k")


def test_within_a_run_the_matrix_is_the_subject(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("slots", factors={"rate": r}) for r in ("5k", "20k")])
    run.run["experiment"]["trials"][1]["load"]["rate"] = 5_000.0

    assert compare_runs([run], metrics=["p50"]).forced == {}
