"""The answer in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.findings.model import Finding, Verdict
from lab.report.html.answer import answer
from lab.store import StoredRun
from tests.analysis.made_run import MS
from tests.report.html.made_page import finding, page_run, played


def run(folder: Path, **tails: Any) -> StoredRun:
    """Write a run of one trial per strategy with its p99.9 in ms."""
    trials = [
        (played(name, **{"p99.9": None if value is None else value * MS}), ())
        for name, value in tails.items()
    ]
    return page_run(folder / "run", trials)


def test_the_first_is_held_against_the_best_of_the_others(tmp_path: Path) -> None:
    stored = run(tmp_path, slots=200.0, dict=90.0, flat=2.0)

    assert answer(stored, ()) == (
        "p99.9 of the response time: flat 2.00 ms, slots 200 ms (0.01x); verdict: cannot tell, "
        "for one repeat gives no interval: --repeats 5 would."
    )


def test_repeats_give_a_verdict(tmp_path: Path) -> None:
    trials = [
        (played(name, repeat, **{"p99.9": (base + repeat / 100) * MS}), ())
        for repeat in range(1, 6)
        for name, base in (("slots", 200.0), ("flat", 2.0))
    ]
    stored = page_run(tmp_path / "run", trials)

    assert answer(stored, ()).endswith("slots 200 ms (0.0101x); verdict: faster.")


def test_a_best_within_the_noise_is_not_praised(tmp_path: Path) -> None:
    assert answer(run(tmp_path, slots=200.0, flat=0.03), ()).endswith(
        "; that of flat lies within the machine's own noise of 40.0 us."
    )
    assert "lies within" in answer(run(tmp_path / "same", slots=200.0, flat=0.04), ())
    assert "lies within" not in answer(run(tmp_path / "above", slots=200.0, flat=0.041), ())


def test_one_strategy_is_compared_with_nothing(tmp_path: Path) -> None:
    assert answer(run(tmp_path, slots=200.0), ()) == (
        "slots has a p99.9 of the response time of 200 ms."
    )


def test_without_a_figure_it_says_what_is_missing(tmp_path: Path) -> None:
    assert answer(run(tmp_path, slots=None), ()).startswith("No valid trial has a p99.9")


def test_a_first_one_without_a_figure_is_named(tmp_path: Path) -> None:
    stored = run(tmp_path, slots=None, flat=2.0)

    assert answer(stored, ()) == (
        "slots, which the others were to be compared with, has no valid p99.9 of the response "
        "time; the least is that of flat: 2.00 ms."
    )


def suite(**verdicts: Verdict) -> list[Finding]:
    """Return the claims behind the answer, one test each, with these verdicts."""
    return [finding(name, verdict) for name, verdict in verdicts.items()]


def test_a_suite_is_answered_from_the_claims_behind_its_question(tmp_path: Path) -> None:
    good = Verdict.REPRODUCED
    findings = suite(L1=good, L2=good, L3=Verdict.REFUTED, L6=good, L8=good)

    assert answer(run(tmp_path, slots=1.0), findings) == (
        "Yes: a large cache that is updated has the spikes, and it takes both: its p99 is 37 times "
        "that of a small one (L1); they come in the rhythm that the collector's own rules predict "
        "(L2); because it walks every live entry, for memory that it need not walk has none (L6); "
        "each way out that was tried shortens the tail, to 3,700% of its p99 or less (L8); of 5 "
        "claims 4 reproduced, 1 refuted."
    )


def test_an_answer_says_what_was_refuted(tmp_path: Path) -> None:
    bad = Verdict.REFUTED
    said = answer(run(tmp_path, slots=1.0), suite(L1=bad, L2=bad, L6=bad, L8=bad))

    assert said.startswith("No: the spikes do not take a large cache and many updates together")
    assert "they do not come in the rhythm" in said
    assert "not because it walks the entries" in said
    assert "0 of 1 ways out shorten the tail (L8)" in said


def test_an_answer_says_what_is_open_and_what_was_not_tested(tmp_path: Path) -> None:
    unknown = finding("L2", Verdict.INCONCLUSIVE)
    untested = replace(
        unknown, claim=finding("L8").claim, tested=(replace(unknown.tested[0], labels=()),)
    )
    findings = [finding("L1"), unknown, untested]
    said = answer(run(tmp_path, slots=1.0), findings)

    assert "their rhythm was not decided (L2); which way out helps was not tested (L8)" in said
    assert "L6" not in said
    assert said.endswith("of 3 claims 1 reproduced, 1 inconclusive, 1 not tested.")
    open_one = [finding("L1", Verdict.INCONCLUSIVE), finding("L6")]
    assert answer(run(tmp_path / "b", slots=1.0), open_one).startswith(
        "It is open: whether a large"
    )
    assert answer(run(tmp_path / "c", slots=1.0), [finding("L6")]).startswith("In part: because")


def test_a_choice_of_other_claims_is_counted_and_the_first_decided_quoted(tmp_path: Path) -> None:
    findings = [
        finding("L1", Verdict.INCONCLUSIVE),
        finding("D2", Verdict.REFUTED),
        finding("D3", Verdict.REPRODUCED),
    ]

    assert answer(run(tmp_path, slots=1.0), findings) == (
        "Of 3 claims: 1 reproduced, 1 refuted, 1 inconclusive; first of all D2, refuted: "
        "Seen for D2."
    )
    assert "first of all L1, inconclusive" in answer(run(tmp_path / "b", slots=1.0), findings[:1])
