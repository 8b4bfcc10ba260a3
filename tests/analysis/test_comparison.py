"""Verdicts between strategies, on stored runs whose figures are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.analysis.comparison import METRICS, Comparison, compare_runs, groups_of
from lab.analysis.comparison.verdicts import full_collection_period_s
from lab.validity.warning import warn
from strategies.errors import UsageError
from tests.analysis.made_run import MS, US, Json, repeats, trial, write_run

CLEAR_SLOTS = [100.0 * MS, 110.0 * MS, 90.0 * MS, 105.0 * MS, 95.0 * MS]
CLEAR_FLAT = [1.0 * MS, 1.1 * MS, 0.9 * MS, 1.05 * MS, 0.95 * MS]


def only(folder: Path, trials: list[Json], metric: str = "p99.9", **run: Any) -> Comparison:
    """Compare the two strategies of a run by one metric."""
    (found,) = compare_runs([write_run(folder, trials, **run)], metrics=[metric]).comparisons
    return found


def codes(found: Comparison) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_a_hundredth_in_every_repeat_is_faster(tmp_path: Path) -> None:
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + repeats("flat", CLEAR_FLAT))

    assert found.verdict == "faster"
    assert found.reasons == ()
    assert found.ratio is not None
    assert found.ratio.point == pytest.approx(0.01)
    assert found.value is not None
    assert found.base is not None
    assert (found.value.point, found.base.point) == (1.0 * MS, 100.0 * MS)
    assert found.value.low is not None


def test_the_other_way_round_it_is_slower(tmp_path: Path) -> None:
    run = write_run(tmp_path, repeats("slots", CLEAR_SLOTS) + repeats("flat", CLEAR_FLAT))
    (found,) = compare_runs([run], "flat", ["p99.9"]).comparisons

    assert (found.group.label, found.reference.label, found.verdict) == ("slots", "flat", "slower")


def test_one_repeat_tells_nothing_however_far_apart(tmp_path: Path) -> None:
    found = only(tmp_path, [trial("slots", **{"p99.9": 1e9}), trial("flat", **{"p99.9": 1e3})])

    assert (found.verdict, codes(found)) == ("cannot tell", ["one_repeat"])
    assert "--repeats 5" in found.reasons[0].message
    assert found.value is not None
    assert found.value.low is None


def test_overlapping_repeats_cannot_be_told_apart(tmp_path: Path) -> None:
    values = [1.0 * MS, 1.2 * MS, 0.8 * MS, 1.1 * MS, 0.9 * MS]
    found = only(
        tmp_path, repeats("slots", values) + repeats("flat", [1.01 * v for v in values[::-1]])
    )

    assert (found.verdict, codes(found)) == ("cannot tell", ["overlap"])


@pytest.mark.parametrize(("noise", "verdict"), [(99, "faster"), (101, "cannot tell")])
def test_a_difference_below_the_noise_floor_is_not_ranked(
    noise: int, verdict: str, tmp_path: Path
) -> None:
    slow = repeats("slots", [1.0 * MS] * 4 + [1.001 * MS], noise_ns={"p99.9": 5 * US, "p99": MS})
    fast = repeats("flat", [0.9 * MS] * 4 + [0.901 * MS])
    # the largest of all trials is the floor, whichever strategy was served then
    fast[2]["noise_ns"] = {"p99.9": noise * US}
    fast[3]["noise_ns"] = {"p99.9": None}
    found = only(tmp_path, slow + fast)

    assert found.noise_floor == noise * US
    assert found.verdict == verdict
    assert codes(found) == ([] if verdict == "faster" else ["below_noise"])


def test_a_run_that_measured_no_noise_has_no_floor(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        repeats("slots", CLEAR_SLOTS, noise_ns=None) + repeats("flat", CLEAR_FLAT),
    )

    assert (found.noise_floor, found.verdict) == (None, "faster")


@pytest.mark.parametrize(("n", "verdict"), [(4, "cannot tell"), (5, "faster")])
def test_repeats_that_disagree_are_ranked_from_five_on(
    n: int, verdict: str, tmp_path: Path
) -> None:
    # two modes a factor 10 apart, ten thousand times above the other strategy
    modes = [1e9, 1.01e9, 1e10, 1.02e10, 1.03e9]
    found = only(tmp_path, repeats("slots", modes[:n]) + repeats("flat", [1e4] * n))

    assert found.verdict == verdict
    assert codes(found) == (["repeats_disagree"] if n == 4 else [])


@pytest.mark.parametrize(
    ("metric", "less", "more"),
    [
        ("p50", "faster", "slower"),
        ("service.max", "faster", "slower"),
        ("gc.max", "shorter", "longer"),
        ("bytes_per_entry", "smaller", "larger"),
        ("rss", "smaller", "larger"),
        ("busy", "cheaper", "dearer"),
        ("busy_per_million", "cheaper", "dearer"),
        ("misses", "fewer", "more"),
    ],
)
def test_the_verdict_is_in_the_words_of_its_metric(
    metric: str, less: str, more: str, tmp_path: Path
) -> None:
    def of(strategy: str, times: float) -> list[Json]:
        return [
            trial(
                strategy,
                n,
                p50=times * MS,
                max=times * MS,
                gc_max=times * MS,
                bytes=times * 100,
                memory={"rss_bytes": times * 1e8, "bytes_per_entry": times * 100},
                busy_s=times,
                misses=times * 1_000,
            )
            for n in (1, 2, 3)
        ]

    run = write_run(tmp_path, of("slots", 2) + of("flat", 1) + of("dict", 4))
    low, high = compare_runs([run], metrics=[metric]).comparisons

    assert (low.verdict, high.verdict) == (less, more)


def test_busy_figures_are_of_the_workers_time_and_of_a_million_requests() -> None:
    result = trial(busy_s=3.0, measured_s=10.0, workers=2, operations=500_000, misses=50_000)

    assert METRICS["busy"].figure(result) == 0.15
    assert METRICS["busy_per_million"].figure(result) == 6e9
    assert METRICS["misses"].figure(result) == 0.1


@pytest.mark.parametrize(
    ("collector", "full"), [("generational", 2), ("free-threaded", 7), ("incremental", None)]
)
def test_a_full_collection_is_what_the_build_reports_as_one(
    collector: str, full: int | None
) -> None:
    result = trial(runtime={"name": "CPython", "version": "3", "collector": collector})
    result["gc"]["by_generation"] = {"0": 7, "1": 4, "2": 2}

    assert METRICS["gc.full"].figure(result) == full


def test_every_metric_reads_a_trial_that_failed() -> None:
    failed = trial(
        status="failed",
        runtime=None,
        operations=0,
        measured_s=0.0,
        busy_s=None,
        memory={"rss_bytes": None, "bytes_per_entry": None},
        **dict.fromkeys(("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")),
    )

    assert {metric.figure(failed) for metric in METRICS.values()} == {None}


def test_a_strategy_that_answered_wrongly_once_is_not_ranked(tmp_path: Path) -> None:
    flat = repeats("flat", CLEAR_FLAT)
    flat[2].update(status="invalid", reason="wrong id for key 7")
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert (found.verdict, codes(found)) == ("not ranked", ["not_valid"])
    assert "flat: invalid in round 3: wrong id for key 7" in found.reasons[0].message


def test_a_trial_that_measured_wrongly_is_left_out_with_its_round(tmp_path: Path) -> None:
    flat = repeats("flat", CLEAR_FLAT)
    flat[2].update({"valid": False, "response_ns": dict.fromkeys(flat[2]["response_ns"], 9e12)})
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert found.verdict == "faster"
    assert found.ratio is not None
    assert found.value is not None
    assert (found.ratio.n, found.value.n) == (4, 4)


@pytest.mark.parametrize("code", ["overloaded", "over_range", "gc_settings_changed"])
def test_a_strategy_that_spoiled_a_trial_itself_is_not_ranked_by_the_others(
    code: str, tmp_path: Path
) -> None:
    flat = repeats("flat", CLEAR_FLAT)
    flat[2].update(valid=False, warnings=[warn(code, "its own doing", invalidates=True)])
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert (found.verdict, codes(found)) == ("not ranked", ["not_valid"])
    assert found.reasons[0].message == f"flat: not valid in round 3: {code}: its own doing"
    assert found.value is not None


def test_one_that_the_machine_spoiled_is_left_out(tmp_path: Path) -> None:
    flat = repeats("flat", CLEAR_FLAT)
    note = warn("overloaded", "nearly", invalidates=False)
    flat[2].update(valid=False, warnings=[note, warn("core_taken", "taken")])
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert found.verdict == "faster"
    assert found.ratio is not None
    assert found.ratio.n == 4


def test_a_strategy_without_a_valid_trial_is_not_ranked(tmp_path: Path) -> None:
    warning = {"code": "ring_starved", "message": "it ran empty", "invalidates": True}
    other = {"code": "closed_loop", "message": "no intended start"}
    flat = repeats("flat", CLEAR_FLAT, valid=False, warnings=[other, warning])
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert found.verdict == "not ranked"
    assert found.reasons[0].message == "flat: no valid trial: ring_starved: it ran empty"


def test_an_interrupted_trial_is_nobodys_fault(tmp_path: Path) -> None:
    flat = repeats("flat", CLEAR_FLAT)
    flat[4].update(status="failed", reason="interrupted")
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert found.verdict == "faster"
    assert found.ratio is not None
    assert found.ratio.n == 4


def test_a_figure_that_one_trial_lacks_is_not_compared(tmp_path: Path) -> None:
    flat = repeats("flat", [*CLEAR_FLAT[:4], None])
    found = only(tmp_path, repeats("slots", CLEAR_SLOTS) + flat)

    assert (found.verdict, codes(found), found.value) == ("cannot tell", ["no_figure"], None)
    assert "flat has no p99.9" in found.reasons[0].message


@pytest.mark.parametrize(("n", "verdict"), [(3, "cannot tell"), (4, "shorter")])
def test_a_layout_that_never_collects_is_ranked_where_chance_is_below_5_percent(
    n: int, verdict: str, tmp_path: Path
) -> None:
    # 2 / C(6, 3) is 10%, 2 / C(8, 4) is 2.9%
    slots = repeats("slots", [50.0 * MS] * n, "gc_max")
    flat = repeats("flat", [0] * n, "gc_max", pauses=0, full=0)
    found = only(tmp_path, slots + flat, "gc.max")

    assert found.verdict == verdict
    assert codes(found) == (["zero"] if n == 3 else [])


@pytest.mark.parametrize("reference", ["slots", "flat"])
def test_trials_that_touch_are_not_apart(reference: str, tmp_path: Path) -> None:
    slots = repeats("slots", [50.0 * MS] * 6, "gc_max")
    run = write_run(tmp_path, slots + repeats("flat", [0, 0, 0, 0, 0, 50.0 * MS], "gc_max"))
    (found,) = compare_runs([run], reference, ["gc.max"]).comparisons

    assert (found.verdict, codes(found)) == ("cannot tell", ["zero"])


def test_two_layouts_that_never_collect_do_not_differ(tmp_path: Path) -> None:
    none = {"pauses": 0, "full": 0}
    found = only(
        tmp_path,
        repeats("flat", [0] * 5, "gc_max", **none) + repeats("mmap", [0] * 5, "gc_max", **none),
        "gc.max",
    )

    assert (found.verdict, codes(found)) == ("cannot tell", ["equal"])


@pytest.mark.parametrize(
    ("full", "n", "told"), [(2, 4, False), (3, 4, True), (2, 5, True), (0, 4, False)]
)
def test_a_maximum_needs_three_full_collections_or_five_repeats(
    full: int, n: int, told: bool, tmp_path: Path
) -> None:
    slots = repeats("slots", CLEAR_SLOTS[:n], "max", full=full)
    found = only(tmp_path, slots + repeats("flat", CLEAR_FLAT[:n], "max", pauses=0, full=0), "max")

    assert found.verdict == ("faster" if told else "cannot tell")
    assert codes(found) == ([] if told else ["few_full_collections"])
    assert found.base is not None
    assert found.ratio is not None
    assert (found.base.low is None) != told
    assert (found.ratio.low is None) != told
    # the other one never collects, so that its own maximum does not hang on collections
    assert found.value is not None
    assert found.value.low is not None


def test_a_percentile_has_its_interval_whatever_the_collections(tmp_path: Path) -> None:
    slots = repeats("slots", CLEAR_SLOTS[:4], full=1)
    found = only(tmp_path, slots + repeats("flat", CLEAR_FLAT[:4]))

    assert found.verdict == "faster"


def test_the_advice_is_a_whole_number_of_periods(tmp_path: Path) -> None:
    # gaps of 4, 4.2 and 4.1 s; the young and the explicit collection in the file are no period
    run = write_run(
        tmp_path,
        repeats("slots", CLEAR_SLOTS[:3], "max", full=2) + repeats("flat", CLEAR_FLAT[:3], "max"),
        full_at_s={"slots": [1.0, 5.0, 9.2, 13.3]},
    )
    (found,) = compare_runs([run], metrics=["max"]).comparisons

    assert full_collection_period_s(groups_of(run)["slots"]) == pytest.approx(4.1)
    assert "--duration 16.4s is 4 periods of 4.1 s" in found.reasons[0].message


def test_without_a_period_the_advice_says_longer(tmp_path: Path) -> None:
    run = write_run(
        tmp_path,
        repeats("slots", CLEAR_SLOTS[:3], "max", full=1) + repeats("flat", CLEAR_FLAT[:3], "max"),
        full_at_s={"slots": [1.0]},
    )
    (found,) = compare_runs([run], metrics=["max"]).comparisons

    assert full_collection_period_s(groups_of(run)["slots"]) is None
    assert "longer --duration" in found.reasons[0].message


def walked(full: int) -> Json:
    """Return what the collector did in a trial of 10 s: 133 collections, so many of them full."""
    state = {"enabled": True, "thresholds": [700, 10, 10], "frozen": 0}
    counts = {"0": 133 - full, "1": 0, "2": full}
    return {
        "pauses": 133,
        "by_generation": counts,
        "max_ns": MS,
        "total_ns": MS,
        "tracked_objects": 1_000,
        "state": state,
    }


@pytest.mark.parametrize("full", [0, 1])
def test_without_a_period_the_advice_is_of_predicted_ones(full: int, tmp_path: Path) -> None:
    # a small heap is walked in the 133rd collection: every 10 s at this rate
    slots = repeats("slots", CLEAR_SLOTS[:3], "max", gc=walked(full), workers=1)
    spec = {"workload": {"trace": "t.csv"}}
    run = write_run(
        tmp_path, slots + repeats("flat", CLEAR_FLAT[:3], "max", pauses=0, full=0), spec=spec
    )
    (found,) = compare_runs([run], metrics=["max"]).comparisons

    assert codes(found) == ["few_full_collections"]
    assert "--duration 40s is 4 predicted periods of 10 s" in found.reasons[0].message


def test_one_run_is_compared_with_its_first_strategy_as_written(tmp_path: Path) -> None:
    run = write_run(
        tmp_path, [trial(name, n) for n in (1, 2) for name in ("dict", "slots", "flat")]
    )
    report = compare_runs([run], metrics=["p50"])

    assert report.reference_label == "dict"
    assert [found.group.label for found in report.comparisons] == ["slots", "flat"]


def test_the_order_that_the_experiment_states_comes_first(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("flat"), trial("slots")])
    run.run["experiment"]["labels"] = ["slots", "flat"]

    assert list(groups_of(run)) == ["slots", "flat"]


def test_default_metrics_are_of_service_time_in_a_closed_loop(tmp_path: Path) -> None:
    trials = [trial("slots"), trial("flat")]
    run = write_run(tmp_path, trials, spec={"load": {"closed_loop": True}})
    names = [metric.name for metric in compare_runs([run]).metrics]

    assert names == [
        *("service.p50", "service.p99", "service.p99.9", "service.max"),
        *("gc.max", "bytes_per_entry", "busy_per_million"),
    ]


def test_several_runs_compare_namesakes_and_name_the_rest(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots"), trial("dict")])
    second = write_run(tmp_path / "b", [trial("slots"), trial("flat")])
    report = compare_runs([first, second], metrics=["p50"])

    (found,) = report.comparisons
    assert (found.group.run.folder.name, found.group.label) == ("b", "slots")
    assert (found.reference.run.folder.name, found.reference.label) == ("a", "slots")
    assert [alone.labels for alone in report.alone] == [("flat",), ("dict",)]


def test_several_runs_with_a_reference_compare_all_with_that_one(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [trial("slots"), trial("dict")])
    second = write_run(tmp_path / "b", [trial("slots"), trial("flat")])
    report = compare_runs([first, second], "slots", ["p50"])

    compared = [(f.group.run.folder.name, f.group.label) for f in report.comparisons]
    assert compared == [("a", "dict"), ("b", "slots"), ("b", "flat")]
    assert report.alone == ()


@pytest.mark.parametrize(
    ("names", "reference", "says"),
    [
        ((["slots", "dict"],), "slot", "did you mean 'slots'?"),
        ((["slots"],), None, "holds one strategy"),
        (([],), None, "holds no strategy"),
        ((["slots"], []), None, "1 holds no strategy"),
        ((["slots"], ["flat"]), None, "--reference 'slots'"),
    ],
)
def test_what_cannot_be_paired_is_refused(
    names: tuple[list[str], ...], reference: str | None, says: str, tmp_path: Path
) -> None:
    runs = [
        write_run(tmp_path / str(number), [trial(name) for name in labels])
        for number, labels in enumerate(names)
    ]

    with pytest.raises(UsageError) as refused:
        compare_runs(runs, reference)
    assert says in str(refused.value)


def test_a_run_given_twice_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path, [trial("slots"), trial("flat")])

    with pytest.raises(UsageError, match="given twice"):
        compare_runs([run, run])
