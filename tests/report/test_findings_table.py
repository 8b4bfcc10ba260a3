"""Findings shown as a table, as Markdown and as JSON: made-up ones, worked by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console

from lab.findings.asked import Fits
from lab.findings.estimate import Estimate
from lab.findings.model import Claim, Finding, Predicate, Verdict
from lab.findings.model import Tested as Evidence
from lab.report.findings import (
    findings_json,
    findings_markdown,
    findings_of_json,
    findings_table,
    in_one_sentence,
    quantity,
    say_estimate,
)
from tests.findings.claims import asking, claim_of

CLAIM = replace(
    claim_of("L1", {"a": {"strategy": "slots"}, "b": {"strategy": "flat"}}), experiment="heap"
)
GOOD = Evidence(
    asking("p99", "a", "b", above=10),
    ("slots", "flat"),
    37.0,
    21.0,
    64.0,
    "times",
    6,
    Verdict.REPRODUCED,
    "",
)
OPEN = Evidence(
    asking("gc.max", "a", below=5),
    ("slots",),
    2e6,
    None,
    None,
    "ns",
    3,
    Verdict.INCONCLUSIVE,
    "nothing decides it",
)


def finding(
    *tested: Evidence, sentence: str = "It is so.", claim: Claim = CLAIM, verdict: str = ""
) -> Finding:
    every = tested or (GOOD,)
    return Finding(claim, Verdict(verdict or every[0].verdict), sentence, every)


def shown(*findings: Finding, width: int = 200) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(findings_table(findings))
    return capture.get()


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "37 times (21 to 64)"),
        ({"unit": "ns", "value": 2e6, "low": 1e6, "high": 4e6}, "2.00 ms (1.00 ms to 4.00 ms)"),
        ({"unit": "share", "value": 0.5, "low": 0.4, "high": 0.6}, "50% (40% to 60%)"),
        ({"unit": "exponent", "value": 0.96, "low": 0.9, "high": 1.02}, "0.96 (0.9 to 1.02)"),
        ({"low": None, "high": None}, "37 times"),
        ({"value": None, "low": None, "high": None, "unit": ""}, "-"),
        ({"high": None}, "37 times (21 to any)"),
        ({"value": 0.0, "low": 0.0, "high": 0.4}, "0 times (0 to 0.4)"),
    ],
)
def test_a_quantity_has_its_interval(changed: dict[str, object], text: str) -> None:
    assert quantity(replace(GOOD, **changed)) == text  # type: ignore[arg-type]


def test_the_table_has_a_row_per_claim() -> None:
    text = shown(finding(), finding(OPEN, sentence="Not decided: nothing decides it."))
    for words in (
        *("L1  title of L1", "reproduced", "37 times (21 to 64)", "It is so."),
        *("inconclusive", "2.00 ms", "Not decided: nothing decides it."),
    ):
        assert words in text


def test_the_table_takes_text_as_text() -> None:
    claim = replace(CLAIM, title="[bold]not a style[/bold]")
    text = shown(finding(sentence="[red]neither[/red]", claim=claim))
    assert "[bold]not a style[/bold]" in text
    assert "[red]neither[/red]" in text


def test_each_verdict_has_a_colour_of_its_own() -> None:
    styles = set()
    for verdict in Verdict:
        one = finding(replace(GOOD, verdict=verdict))
        (text,) = findings_table([one]).columns[1].cells
        assert str(text) == verdict.value
        styles.add(str(text.style))  # type: ignore[union-attr]
    assert len(styles) == 3


def test_the_table_fits_into_a_narrow_terminal() -> None:
    assert all(len(line) <= 80 for line in shown(finding(), width=80).splitlines())


def test_verdicts_are_counted_in_one_sentence() -> None:
    refuted = finding(replace(GOOD, verdict=Verdict.REFUTED))
    findings = [refuted, finding(), finding(OPEN), finding()]
    assert in_one_sentence(findings) == "Of 4 claims: 2 reproduced, 1 refuted, 1 inconclusive."
    assert in_one_sentence([refuted]) == "Of 1 claims: 1 refuted."


def test_what_was_not_run_is_no_open_question() -> None:
    evidence = replace(OPEN, labels=(), value=None, unit="", trials=0)
    untested = finding(evidence, sentence="Not tested: no trials of it at this scale.")
    findings = [finding(), finding(OPEN), untested, untested]

    assert in_one_sentence(findings) == ("Of 4 claims: 1 reproduced, 1 inconclusive, 2 not tested.")
    assert "not tested" in shown(*findings)
    text = findings_markdown([untested], "F", [])
    assert "| L1: title of L1 | not tested | - |" in text
    assert "| the quantity | - | below 5 | 0 | not tested |" in text
    assert "\n\nNot tested: no trials of it at this scale.\n" in text
    assert "nconclusive" not in text
    (claim,) = findings_json([untested])["claims"]
    assert (claim["verdict"], claim["evidence"][0]["verdict"]) == ("inconclusive",) * 2


def test_a_claim_whose_trials_all_failed_was_tested() -> None:
    failed = replace(OPEN, value=None, unit="", trials=0, missing="no valid trial")
    assert finding(failed).outcome == "inconclusive"


def test_the_json_has_the_quoted_quantity_and_all_evidence() -> None:
    refuted = replace(GOOD, value=2.0, low=1.5, high=3.0, verdict=Verdict.REFUTED)
    value = findings_json([finding(GOOD, refuted, OPEN, verdict="refuted")])
    assert json.loads(json.dumps(value)) == value

    (claim,) = value["claims"]
    assert (claim["id"], claim["statement"], claim["source"]) == ("L1", "A claim.", "a test")
    assert (claim["verdict"], claim["experiment"]) == ("refuted", "heap")
    # of the first test with the claim's verdict
    assert (claim["quantity"], claim["interval"], claim["unit"]) == (2.0, [1.5, 3.0], "times")
    assert claim["quantity_name"] == "the quantity"
    assert claim["evidence"][0] == {
        "quantity": "the quantity",
        "metric": "p99",
        "of": ["slots", "flat"],
        "value": 37.0,
        "interval": [21.0, 64.0],
        "unit": "times",
        "must_be": "above 10",
        "above": 10,
        "below": None,
        "trials": 6,
        "verdict": "reproduced",
        "missing": None,
    }
    last = claim["evidence"][2]
    assert (last["interval"], last["missing"]) == ([None, None], "nothing decides it")
    assert last["must_be"] == "below 5"


def test_findings_are_read_back_as_they_were_written() -> None:
    untested = replace(OPEN, labels=(), value=None, unit="", trials=0)
    refuted = replace(GOOD, verdict=Verdict.REFUTED)
    findings = [finding(), finding(GOOD, refuted, OPEN, verdict="refuted"), finding(untested)]
    value = findings_json(findings)
    again = findings_of_json(json.loads(json.dumps(value)))

    assert findings_json(again) == value
    assert findings_markdown(again, "F", []) == findings_markdown(findings, "F", [])
    assert [each.decisive.verdict for each in again] == [each.verdict for each in findings]


def test_what_is_missing_is_said_once_however_many_tests_lack_it() -> None:
    other = replace(OPEN, missing="something else")
    text = findings_markdown([finding(OPEN, OPEN, other)], "F", [])
    assert text.count("What is missing: nothing decides it.") == 1
    assert text.count("What is missing: something else.") == 1


def test_a_test_of_no_trial_has_no_empty_brackets() -> None:
    text = findings_markdown([finding(replace(OPEN, labels=()))], "F", [])
    assert "| the quantity | 2.00 ms |" in text


def test_what_is_not_there_is_null() -> None:
    untested = replace(OPEN, labels=(), value=None, unit="", trials=0)
    claim = replace(CLAIM, experiment="")
    (value,) = findings_json([finding(untested, claim=claim)])["claims"]
    assert (value["experiment"], value["unit"], value["quantity"]) == (None, None, None)
    assert value["evidence"][0]["of"] == []


def test_the_markdown_has_the_table_and_then_each_claim_with_its_evidence() -> None:
    text = findings_markdown([finding(GOOD, OPEN)], "Findings", ["2 cores", "Command: `x`"])
    lines = text.splitlines()

    assert lines[:6] == [
        "# Findings",
        "",
        "Of 1 claims: 1 reproduced.",
        "",
        "- 2 cores",
        "- Command: `x`",
    ]
    assert "| L1: title of L1 | reproduced | 37 times (21 to 64) | It is so. |" in lines
    assert "## L1: title of L1" in lines
    assert "A claim. Source: a test." in lines
    assert "**Reproduced.** It is so." in lines
    row = "| the quantity (slots, flat) | 37 times (21 to 64) | above 10 | 6 | reproduced |"
    assert row in lines
    assert "| the quantity (slots) | 2.00 ms | below 5 | 3 | inconclusive |" in lines
    assert "What is missing: nothing decides it." in lines
    assert lines[-1] == "More of it: `gclab run heap`"
    assert text.endswith("\n")
    alone = findings_markdown([finding(claim=replace(CLAIM, experiment=""))], "F", [])
    assert "More of it" not in alone


def test_a_bar_or_a_line_end_does_not_break_a_table() -> None:
    claim = replace(CLAIM, title="either | or")
    test = replace(GOOD.test, quantity="a | b", predicate=Predicate(0.8, 1.25))
    tested = replace(GOOD, test=test, labels=("x|y",))
    text = findings_markdown([finding(tested, sentence="one\ntwo | three", claim=claim)], "F", [])

    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 6
    for row, columns in zip(rows, (4, 4, 4, 5, 5, 5), strict=True):
        assert row.replace("\\|", "").count("|") == columns + 1
    assert "either \\| or" in rows[2]
    assert "one two \\| three" in rows[2]
    assert "a \\| b (x\\|y)" in rows[5]
    assert "between 0.8 and 1.25" in rows[5]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30.0, "about 0 min"), (600.0, "about 10 min"), (5_399.0, "90 min"), (5_400.0, "1.5 h")],
)
def test_an_estimate_is_said_in_minutes_or_hours(seconds: float, text: str) -> None:
    (line,) = say_estimate(
        "quick", Fits(200_000, 200_000), Estimate(29, seconds, 320_000_000, 8_000_000_000)
    )
    assert line.startswith("scale quick: 29 trials, about ")
    assert text in line
    assert line.endswith("the largest needs about 0.3 GB of 8.0 GB")


def test_a_cache_that_does_not_fit_is_said() -> None:
    estimate = Estimate(37, 1.0, 1, 1)
    _, line = say_estimate("full", Fits(20_000_000, 13_000_000), estimate)
    assert line == "20M entries do not fit into memory: 13M are taken"
