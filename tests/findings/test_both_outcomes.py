"""Every shipped claim can be reproduced, refuted by each of its tests alone, and left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.experiments import experiments_folder
from lab.findings import suite as suite_module
from lab.findings.judging import judge
from lab.findings.model import Claim, Finding, Verdict
from lab.findings.reading import read_claims
from lab.findings.scales import read_scale
from lab.findings.suite import Suite, build_suite
from tests.findings.aimed import Aim, aim, figures_for
from tests.findings.made_up import write_suite


@pytest.fixture(autouse=True)
def everything_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever interpreter or program a claim names is taken to be here: nothing is run."""
    monkeypatch.setattr(suite_module, "_not_here", lambda claim: "")


CLAIMS = {claim.name: claim for claim in read_claims(experiments_folder() / "findings")}
EVERY_TEST = [
    (name, number) for name, claim in CLAIMS.items() for number in range(len(claim.tests))
]
TWO_SIDED = [
    (name, number)
    for name, number in EVERY_TEST
    for has in [CLAIMS[name].tests[number].predicate]
    if has.low is not None and has.high is not None
]


def suite_of(claim: Claim) -> Suite:
    scale = read_scale((claim.scales or ("quick",))[0])
    return build_suite("made", [claim], scale)


def aims(claim: Claim, number: int | None = None, changed: Aim | None = None) -> list[Aim]:
    """Return aims that reproduce every test, but for one."""
    every = [aim(test, Verdict.REPRODUCED) for test in claim.tests]
    if number is not None and changed is not None:
        every[number] = changed
    return every


def found(folder: Path, claim: Claim, aimed: list[Aim]) -> Finding:
    suite = suite_of(claim)
    stored = write_suite(folder, suite, figures_for(claim, suite, aimed))
    (finding,) = judge([claim], suite, stored)
    assert "{" not in finding.sentence
    assert "None" not in finding.sentence
    assert finding.sentence.endswith((".", ")"))
    assert len(finding.tested) == len(claim.tests)
    return finding


def verdicts(finding: Finding) -> list[Verdict]:
    return [tested.verdict for tested in finding.tested]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_reproduced_where_all_of_its_tests_hold(name: str, tmp_path: Path) -> None:
    claim = CLAIMS[name]
    finding = found(tmp_path, claim, aims(claim))

    assert verdicts(finding) == [Verdict.REPRODUCED] * len(claim.tests)
    assert finding.verdict == Verdict.REPRODUCED
    assert finding.decisive is finding.tested[0]
    for tested, aimed in zip(finding.tested, aims(claim), strict=True):
        assert tested.value == pytest.approx(aimed.quantity, rel=0.05)
        assert tested.value is not None
        assert tested.low is not None
        assert tested.high is not None
        assert tested.low <= tested.value <= tested.high
        assert tested.missing == ""


def refuted(folder: Path, name: str, number: int, changed: Aim) -> None:
    claim = CLAIMS[name]
    finding = found(folder, claim, aims(claim, number, changed))

    wanted = [Verdict.REPRODUCED] * len(claim.tests)
    wanted[number] = Verdict.REFUTED
    assert verdicts(finding) == wanted
    assert finding.verdict == Verdict.REFUTED
    assert finding.decisive is finding.tested[number]
    assert finding.tested[number].value == pytest.approx(changed.quantity, rel=0.05)


@pytest.mark.parametrize(("name", "number"), EVERY_TEST)
def test_one_test_alone_refutes_a_claim(name: str, number: int, tmp_path: Path) -> None:
    refuted(tmp_path, name, number, aim(CLAIMS[name].tests[number], Verdict.REFUTED))


@pytest.mark.parametrize(("name", "number"), TWO_SIDED)
def test_a_test_with_two_limits_refutes_from_below_too(
    name: str, number: int, tmp_path: Path
) -> None:
    test = CLAIMS[name].tests[number]
    refuted(tmp_path, name, number, aim(test, Verdict.REFUTED, low_side=True))


@pytest.mark.parametrize(("name", "number"), EVERY_TEST)
def test_rounds_that_lie_far_apart_leave_a_claim_open(
    name: str, number: int, tmp_path: Path
) -> None:
    claim = CLAIMS[name]
    changed = aim(claim.tests[number], Verdict.INCONCLUSIVE)
    finding = found(tmp_path, claim, aims(claim, number, changed))

    assert finding.tested[number].verdict == Verdict.INCONCLUSIVE
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert Verdict.REFUTED not in verdicts(finding)
    assert finding.sentence == f"Not decided: {finding.decisive.missing}."
    assert "more rounds would (--repeats 5)" in finding.tested[number].missing


@pytest.mark.parametrize("name", CLAIMS)
def test_the_sentences_of_both_outcomes_are_two(name: str) -> None:
    says = CLAIMS[name].says
    assert set(says) == {Verdict.REPRODUCED, Verdict.REFUTED}
    assert says[Verdict.REPRODUCED] != says[Verdict.REFUTED]
