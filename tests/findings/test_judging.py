"""What trials say of a claim: all of its tests together, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.findings.judging import judge, written
from lab.findings.model import Verdict
from lab.findings.scales import read_scale
from lab.findings.suite import build_suite
from tests.analysis.made_run import MS
from tests.findings.claims import asking, claim_of
from tests.findings.made_claim import TRIALS, Made, Trials, rounds
from tests.findings.made_up import write_suite


def test_a_trial_against_itself_decides_nothing(tmp_path: Path) -> None:
    trials: Trials = {"a": {"strategy": "slots"}, "b": {"strategy": "slots", "size": 1.0}}
    finding = Made(tmp_path, asking(of="a", against="b", above=2), {}, trials).finding()
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert finding.sentence == "Not decided: both are the same trial at this size: slots."


def test_a_claim_of_another_scale_says_where_its_trials_are(tmp_path: Path) -> None:
    made = Made(tmp_path, asking(of="a"), {})
    other = claim_of("there", TRIALS, asking(of="a"), asking(of="b"), scales=("full",))
    suite = build_suite("x", [made.claim, other], read_scale("quick"))
    here, there = judge([made.claim, other], suite, made.stored)

    assert here.verdict == Verdict.REPRODUCED
    assert there.verdict == Verdict.INCONCLUSIVE
    assert there.sentence == "Not tested: no trials of it at this scale: --scale full has them."
    assert [tested.value for tested in there.tested] == [None, None]
    assert there.decisive is there.tested[0]


def test_a_run_that_lacks_a_trial_says_which(tmp_path: Path) -> None:
    made = Made(tmp_path, asking(of="a"), {})
    more = claim_of("C", {**TRIALS, "c": {"strategy": "dict"}}, asking(of="a", against="c"))
    suite = build_suite("x", [more], read_scale("quick"))
    (finding,) = judge([more], suite, made.stored)
    assert finding.sentence == "Not decided: dict is not in this run."
    assert finding.tested[0].labels == ("slots", "dict")


@pytest.mark.parametrize(
    ("p99_ms", "verdict", "decisive"),
    [
        ((30, 30, 30), "reproduced", 0),
        ((30, 3, 30), "refuted", 1),
        ((3, 3, 30), "refuted", 0),
        ((30, 30, 3), "refuted", 2),
    ],
)
def test_all_tests_reproduce_and_one_refutes(
    p99_ms: tuple[float, float, float], verdict: str, decisive: int, tmp_path: Path
) -> None:
    names = ("slots", "flat", "dict")
    trials = {name: {"strategy": name} for name in names}
    tests = [asking(of=name, above=10 * MS) for name in names]
    claim = claim_of("C", trials, *tests)
    suite = build_suite("x", [claim], read_scale("quick"))
    values = dict(zip(names, p99_ms, strict=True))
    figures = {name: rounds("p99", value * MS) for name, value in values.items()}
    (finding,) = judge([claim], suite, write_suite(tmp_path, suite, figures))
    assert finding.verdict == verdict
    assert finding.decisive is finding.tested[decisive]


def test_a_refuted_test_refutes_beside_an_open_one(tmp_path: Path) -> None:
    claim = claim_of("C", TRIALS, asking(of="a", above=10 * MS), asking(of="b", above=10 * MS))
    suite = build_suite("x", [claim], read_scale("quick"))
    figures = {"slots": rounds("p99", 1 * MS, 100 * MS), "flat": rounds("p99", 1 * MS)}
    (finding,) = judge([claim], suite, write_suite(tmp_path, suite, figures))

    assert [tested.verdict for tested in finding.tested] == ["inconclusive", "refuted"]
    assert finding.verdict == Verdict.REFUTED
    assert finding.decisive is finding.tested[1]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "ns", "-"),
        (0, "ns", "0 ns"),
        (1_250_000, "ns", "1.25 ms"),
        (3.9, "s", "3.90 s"),
        (0.98, "share", "98%"),
        (0.0123456, "share", "1.23%"),
        (0.0000012, "share", "0.00012%"),
        (0, "share", "0%"),
        (0.00000012, "share", "1e-05%"),
        (0.0001, "times", "0.0001 times"),
        (9_990_000, "count", "9,990,000"),
        (12_345_678, "count", "1e+07"),
        (1234.5, "times", "1,230 times"),
        (999.7, "times", "1,000 times"),
        (0.5, "times", "0.5 times"),
        (9.999, "times", "10 times"),
        (30.0, "times", "30 times"),
        (2_500_000, "bytes", "2.5 MB"),
        (-2_500_000, "bytes", "-2.5 MB"),
        (236.4, "bytes", "236 bytes"),
        (1_000_000, "bytes", "1 MB"),
        (999_999, "bytes", "1,000,000 bytes"),
        (10_000_000, "count", "1e+07"),
        (600.0, "count", "600"),
        (0.9166, "exponent", "0.917"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float | None, unit: str, text: str) -> None:
    assert written(value, unit) == text
