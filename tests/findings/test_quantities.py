"""What is measured of trials, and when nothing may be concluded: made-up figures, by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lab.analysis.counts import rate_interval, rate_ratio
from lab.analysis.intervals import t_quantile
from lab.findings.model import Verdict
from lab.findings.quantities import Measured
from tests.analysis.made_run import MS, US
from tests.findings.claims import asking
from tests.findings.made_claim import CLOSED, FAILED, NOT_VALID, SIZES, Made, rounds
from tests.findings.made_up import Faults

# --- one trial alone ----------------------------------------------------------------------------


def test_a_figure_alone_is_the_median_with_students_interval(tmp_path: Path) -> None:
    values = (1.0 * MS, 2.0 * MS, 4.0 * MS)
    found = Made(tmp_path, asking(of="a"), {"slots": rounds("p99", *values)}).measured()

    # logarithms 0, ln 2, 2 ln 2 around ln 2: their deviation is ln 2, and t with 2 degrees 4.303
    half = 1.05 * 4.302653 * math.log(2) / math.sqrt(3)
    assert (found.value, found.unit, found.trials, found.lacks) == (2 * MS, "ns", 3, "")
    assert found.low == pytest.approx(2 * MS * math.exp(-half), rel=1e-6)
    assert found.high == pytest.approx(2 * MS * math.exp(half), rel=1e-6)
    assert t_quantile(2) == pytest.approx(4.302653, rel=1e-6)


def test_nothing_in_every_trial_is_0_without_doubt(tmp_path: Path) -> None:
    test = asking("gc.total", "a", below=1)
    made = Made(tmp_path, test, {"slots": rounds("gc.total", 0)})

    assert made.measured() == Measured(0, 0, 0, "ns", 3)
    assert made.finding().verdict == Verdict.REPRODUCED


def test_nothing_in_one_trial_alone_has_no_interval(tmp_path: Path) -> None:
    made = Made(tmp_path, asking("gc.total", "a", below=1), {"slots": [{"gc.total": 0}]}, repeats=1)

    assert made.measured().lacks == "one round gives no interval: --repeats 3 would"
    assert made.finding().verdict == Verdict.INCONCLUSIVE


def test_nothing_in_some_trials_and_something_in_others_is_said(tmp_path: Path) -> None:
    test = asking("gc.total", "a", below=1)
    finding = Made(tmp_path, test, {"slots": rounds("gc.total", 0, 5, 0)}).finding()

    assert finding.verdict == Verdict.INCONCLUSIVE
    assert "it is 0 in some trials of slots and not in others" in finding.sentence
    assert "- to -" not in finding.sentence


def test_one_round_gives_no_interval(tmp_path: Path) -> None:
    for number, test in enumerate((asking(of="a"), asking(of="a", against="b"))):
        made = Made(tmp_path / str(number), test, {}, repeats=1)
        assert made.measured().lacks == "one round gives no interval: --repeats 3 would"
        finding = made.finding()
        assert finding.verdict == Verdict.INCONCLUSIVE
        assert finding.tested[0].value is not None
        assert (finding.tested[0].low, finding.tested[0].high) == (None, None)


def test_one_round_that_is_left_says_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    faults = {("flat", 2): NOT_VALID, ("flat", 3): NOT_VALID}
    for number, test in enumerate((asking(of="b"), asking(of="a", against="b"))):
        made = Made(tmp_path / str(number), test, {}, faults=faults)
        assert made.measured().lacks == (
            "one valid round gives no interval; flat in round 2: its measurement is not valid"
        )


def test_a_trial_that_measured_wrongly_does_not_count(tmp_path: Path) -> None:
    values = {"slots": rounds("p99", 1.0 * MS, 99.0 * MS, 1.1 * MS)}
    made = Made(tmp_path, asking(of="a"), values, faults={("slots", 2): NOT_VALID})
    found = made.measured()

    assert found.trials == 2
    assert found.value == pytest.approx(1.05 * MS)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (NOT_VALID, "flat: no valid trial: its measurement is not valid"),
        (FAILED, "flat: failed in round 1: it broke"),
        (Faults(missing=True), "flat: no trial of it was run"),
    ],
)
def test_a_strategy_without_a_good_trial_decides_nothing(
    fault: Faults, says: str, tmp_path: Path
) -> None:
    faults = {("flat", number): fault for number in (1, 2, 3)}
    made = Made(tmp_path, asking(of="a", against="b"), {}, faults=faults)

    assert made.measured() == Measured(None, None, None, "times", 0, says)
    finding = made.finding()
    assert (finding.verdict, finding.sentence) == ("inconclusive", f"Not decided: {says}.")


def test_a_strategy_that_failed_once_decides_nothing(tmp_path: Path) -> None:
    made = Made(tmp_path, asking(of="a", against="b"), {}, faults={("slots", 3): FAILED})
    assert made.measured().lacks == "slots: failed in round 3: it broke"


def test_a_trial_that_was_interrupted_is_nobodys_fault(tmp_path: Path) -> None:
    faults = {("slots", 3): Faults("failed", "interrupted", valid=False)}
    found = Made(tmp_path, asking(of="a"), {}, faults=faults).measured()
    assert (found.lacks, found.trials) == ("", 2)


# --- one against another ------------------------------------------------------------------------


def test_a_ratio_is_paired_by_round(tmp_path: Path) -> None:
    figures = {
        "slots": rounds("p99", 10 * MS, 20 * MS, 40 * MS),
        "flat": rounds("p99", 1 * MS, 2 * MS, 4 * MS),
    }
    found = Made(tmp_path, asking(of="a", against="b"), figures).measured()

    # the machine was slower from round to round, for both: the ratio is 10 in each
    assert (found.value, found.unit, found.trials, found.lacks) == (10, "times", 6, "")
    assert found.low == pytest.approx(10)
    assert found.high == pytest.approx(10)


def test_repeats_that_disagree_decide_nothing_below_five(tmp_path: Path) -> None:
    outlier = (10 * MS, 10.2 * MS, 60 * MS, 10.1 * MS, 10.3 * MS)
    for n, lacks in ((4, "the repeats of slots disagree in its p99"), (5, "")):
        figures = {
            "slots": rounds("p99", *outlier[:n]),
            "flat": rounds("p99", *(1 * MS for _ in range(n))),
        }
        one, two = tmp_path / f"one-{n}", tmp_path / f"two-{n}"
        found = Made(one, asking(of="a"), figures, repeats=n).measured()
        pair = Made(two, asking(of="a", against="b"), figures, repeats=n).measured()

        for measured in (found, pair):
            assert measured.lacks.startswith(lacks)
            assert bool(measured.lacks) == bool(lacks)


def test_only_rounds_that_both_have_are_compared(tmp_path: Path) -> None:
    figures = {
        "slots": rounds("p99", 10 * MS, 900 * MS, 10 * MS),
        "flat": rounds("p99", 1 * MS, 1 * MS, 1 * MS),
    }
    faults = {("flat", 2): NOT_VALID}
    found = Made(tmp_path, asking(of="a", against="b"), figures, faults=faults).measured()
    assert (found.value, found.trials) == (10, 5)
    assert found.low == pytest.approx(10)


def test_without_a_common_round_that_is_said(tmp_path: Path) -> None:
    faults = {("slots", 1): NOT_VALID, ("slots", 2): NOT_VALID, ("flat", 3): NOT_VALID}
    made = Made(tmp_path, asking(of="a", against="b"), {}, faults=faults)
    assert made.measured().lacks == "no round with a valid trial of both slots and flat"


def test_nothing_against_something_is_0_times(tmp_path: Path) -> None:
    test = asking("gc.total", "a", "b", below=0.5)
    made = Made(tmp_path, test, {"slots": rounds("gc.total", 0)})
    assert made.measured() == Measured(0, 0, 0, "times", 6)
    assert made.finding().verdict == Verdict.REPRODUCED


def test_nothing_in_some_rounds_against_something_is_said(tmp_path: Path) -> None:
    test = asking("gc.total", "a", "b", below=0.5)
    found = Made(tmp_path, test, {"slots": rounds("gc.total", 0, 5, 5)}).measured()
    assert "it is 0 in some trials of slots and not in others" in found.lacks


def test_something_against_nothing_has_no_ratio(tmp_path: Path) -> None:
    test = asking("gc.total", "a", "b", above=2)
    made = Made(tmp_path, test, {"flat": rounds("gc.total", 0)})
    found = made.measured()
    assert (found.value, found.low) == (None, None)
    assert found.lacks.startswith("flat has no time in GC pauses: too little happened in it")
    assert made.finding().verdict == Verdict.INCONCLUSIVE


def test_a_difference_within_the_noise_of_the_machine_decides_nothing(tmp_path: Path) -> None:
    figures = {"slots": rounds("p99", 60 * US), "flat": rounds("p99", 20 * US)}
    test = asking(of="a", against="b", above=2)
    quiet = Made(tmp_path / "q", test, figures, noise_ns={"p99": 39 * US, "max": 9 * MS})
    loud = Made(tmp_path / "l", test, figures, noise_ns={"p99": 40 * US})

    assert quiet.finding().verdict == Verdict.REPRODUCED
    finding = loud.finding()
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert "not above the machine's own noise of 40.0 us" in finding.sentence
    assert "a quieter machine would decide it" in finding.sentence


@pytest.mark.parametrize("metric", ["p99.normal", "p99.spike"])
def test_noise_is_in_the_parts_of_a_trial_as_in_the_whole(metric: str, tmp_path: Path) -> None:
    figures = {"slots": rounds(metric, 600 * US), "flat": rounds(metric, 200 * US)}
    test = asking(metric, "a", "b", above=2)
    loud = Made(tmp_path / "l", test, figures, noise_ns={"p99": 0.5 * MS})
    quiet = Made(tmp_path / "q", test, figures, noise_ns={"p99": 0.3 * MS})
    assert loud.finding().verdict == Verdict.INCONCLUSIVE
    assert quiet.finding().verdict == Verdict.REPRODUCED


def test_a_median_knows_no_noise(tmp_path: Path) -> None:
    figures = {"slots": rounds("p50", 60 * US), "flat": rounds("p50", 20 * US)}
    test = asking("p50", "a", "b", above=2)
    made = Made(tmp_path, test, figures, noise_ns={"p99": 9 * MS, "p99.9": 9 * MS, "max": 9 * MS})
    assert made.finding().verdict == Verdict.REPRODUCED


@pytest.mark.parametrize("percentile", ["p99", "p99.9"])
def test_a_share_of_slow_requests_is_of_the_strategy_where_it_is_slower_than_the_machine(
    percentile: str, tmp_path: Path
) -> None:
    name = f"why.{percentile}.gc"
    figures = {"slots": [{name: 0.95, percentile: 10.0 * MS}]}
    test = asking(name, "a", above=0.5)
    quiet = Made(tmp_path / "q", test, figures, noise_ns={percentile: 5.0 * MS, "max": 99 * MS})
    loud = Made(tmp_path / "l", test, figures, noise_ns={percentile: 5.1 * MS})

    assert quiet.finding().verdict == Verdict.REPRODUCED
    finding = loud.finding()
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert f"the machine's own noise ({percentile} 5.10 ms) is as long as" in finding.sentence
    assert "what is slow in slots (10.0 ms): a quieter machine would decide it" in finding.sentence


def test_a_share_has_no_interval_beyond_1(tmp_path: Path) -> None:
    figures = {"slots": rounds("why.p99.gc", 0.8, 0.95, 0.99)}
    found = Made(tmp_path, asking("why.p99.gc", "a", above=0.5), figures).measured()
    assert (found.value, found.high, found.lacks) == (0.95, 1.0, "")
    assert found.low is not None
    assert 0.6 < found.low < 0.8


def test_a_maximum_needs_a_few_full_collections(tmp_path: Path) -> None:
    test = asking("gc.max", "a", above=1)
    few = Made(tmp_path / "2", test, {"slots": [{"gc.full": 2}]}).finding()
    enough = Made(tmp_path / "3", test, {"slots": [{"gc.full": 3}]}).finding()

    assert few.verdict == Verdict.INCONCLUSIVE
    assert "fewer than 3 full collections of slots fit in a trial" in few.sentence
    assert "s is 4 periods of " in few.sentence
    assert enough.verdict == Verdict.REPRODUCED
    pair = asking("gc.max", "a", "b", above=0.5)
    other = Made(tmp_path / "b", pair, {"flat": [{"gc.full": 2}]}).finding()
    assert "fewer than 3 full collections of flat" in other.sentence
    tail = Made(tmp_path / "p", asking("p99", "a"), {"slots": [{"gc.full": 2}]}).finding()
    assert tail.verdict == Verdict.REPRODUCED, "a p99 does not hang on one collection"


def test_a_closed_loop_has_no_response_time_and_says_what_it_has(tmp_path: Path) -> None:
    for number, test in enumerate((asking(of="a"), asking(of="a", against="b"))):
        made = Made(tmp_path / str(number), test, {}, CLOSED)
        assert made.measured().lacks == (
            "slots closed_loop has no p99 of response time: a closed loop has no response time; "
            "service.p99 is there"
        )
    served = Made(tmp_path / "s", asking("service.p99", "a"), {}, CLOSED).finding()
    assert served.verdict == Verdict.REPRODUCED


# --- counts -------------------------------------------------------------------------------------


def test_counts_of_all_trials_are_added_up(tmp_path: Path) -> None:
    test = asking("gc.full", "a", below=3)
    found = Made(tmp_path, test, {"slots": rounds("gc.full", 0, 1, 2)}).measured()

    low, high = rate_interval(3, 3)
    assert found == Measured(1.0, low, high, "count", 3)


def test_no_event_at_all_is_counted_too(tmp_path: Path) -> None:
    test = asking("gc.full", "a", below=3)
    found = Made(tmp_path, test, {"slots": rounds("gc.full", 0)}).measured()
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(3.689 / 3, abs=1e-3)


def test_a_ratio_of_counts_is_one_of_rates(tmp_path: Path) -> None:
    figures = {"slots": rounds("gc.full", 4), "flat": rounds("gc.full", 30)}
    test = asking("gc.full", "a", "b", below=0.5)
    faults = {("slots", 3): NOT_VALID}
    found = Made(tmp_path, test, figures, faults=faults).measured()

    # 8 in two trials, 90 in three of equal length
    low, high = rate_ratio(8, 80.0, 90, 120.0)
    assert found.value == pytest.approx(4 / 30)
    assert (found.trials, found.lacks) == (5, "")
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_none_against_some_is_fewer_and_none_against_none_is_open(tmp_path: Path) -> None:
    test = asking("gc.full", "a", "b", below=0.5)
    some = {"slots": rounds("gc.full", 0), "flat": rounds("gc.full", 4)}
    none = {"slots": rounds("gc.full", 0), "flat": rounds("gc.full", 0)}
    fewer = Made(tmp_path / "s", test, some)
    assert fewer.finding().verdict == Verdict.REPRODUCED
    assert fewer.measured().value == 0

    finding = Made(tmp_path / "n", test, none).finding()
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert "flat had none: nothing to compare with" in finding.sentence


# --- power laws ---------------------------------------------------------------------------------


def law(power: float, spread: float = 1.02) -> dict[str, list[dict[str, float]]]:
    sizes = {"slots": 1.0, "slots entries=50k": 0.25, "slots entries=2k": 0.01}
    return {
        label: [{"gc.max": 100 * MS * size**power * spread**n} for n in (0, 1, -1)]
        for label, size in sizes.items()
    }


def test_an_exponent_is_that_of_all_trials(tmp_path: Path) -> None:
    test = asking("gc.max", fit="entries", above=0.6, below=1.4)
    found = Made(tmp_path, test, law(0.9), SIZES).measured()

    assert found.value == pytest.approx(0.9)
    assert (found.unit, found.trials, found.lacks) == ("exponent", 9, "")
    assert found.low is not None
    assert found.high is not None
    assert 0.88 < found.low < 0.9 < found.high < 0.92


def test_a_trial_without_a_pause_is_not_left_out_of_a_law(tmp_path: Path) -> None:
    figures = law(0.9)
    figures["slots entries=2k"][1] = {"gc.max": 0}
    test = asking("gc.max", fit="entries", above=0.6)
    made = Made(tmp_path, test, figures, SIZES)

    assert made.measured().lacks.startswith("slots entries=2k has no worst GC pause")
    assert made.finding().verdict == Verdict.INCONCLUSIVE


def test_two_trials_make_no_law(tmp_path: Path) -> None:
    two = {name: SIZES[name] for name in ("a", "b")}
    test = asking("gc.max", fit="entries", above=0.6)
    made = Made(tmp_path, test, law(1), two, repeats=1)
    assert made.measured().lacks == "a power law needs at least 3 points, not 2"


def test_a_law_of_maxima_needs_a_few_full_collections(tmp_path: Path) -> None:
    figures = law(0.9)
    figures["slots entries=2k"] = [each | {"gc.full": 1} for each in figures["slots entries=2k"]]
    test = asking("gc.max", fit="entries", above=0.6)
    finding = Made(tmp_path, test, figures, SIZES).finding()
    assert "fewer than 3 full collections of slots entries=2k" in finding.sentence


def test_a_trial_is_held_against_the_law_through_the_others(tmp_path: Path) -> None:
    figures = law(1)
    figures["slots"] = [{"gc.max": 300 * MS}]
    test = asking("gc.max", "a", fit="entries", below=2)
    made = Made(tmp_path, test, figures, SIZES)
    found = made.measured()

    assert found.value == pytest.approx(3)
    assert (found.unit, found.trials) == ("times", 9)
    assert found.low is not None
    assert found.high is not None
    assert 2.5 < found.low < 3 < found.high < 3.6
    finding = made.finding()
    assert finding.verdict == Verdict.REFUTED
    assert finding.tested[0].labels == ("slots",)
