"""The answer in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.findings.model import Verdict
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


def test_findings_are_counted_and_the_first_that_was_decided_is_quoted(tmp_path: Path) -> None:
    findings = [
        finding("L1", Verdict.INCONCLUSIVE),
        finding("L2", Verdict.REFUTED),
        finding("L3", Verdict.REPRODUCED),
    ]

    assert answer(run(tmp_path, slots=1.0), findings) == (
        "Of 3 claims: 1 reproduced, 1 refuted, 1 inconclusive; first of all L2, refuted: "
        "Seen for L2."
    )
    assert "first of all L1, inconclusive" in answer(run(tmp_path / "b", slots=1.0), findings[:1])
