"""Shows findings: as a table, as Markdown, and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from lab.findings.asked import Fits
from lab.findings.estimate import Estimate
from lab.findings.judging import written
from lab.findings.model import NOT_TESTED, Claim, Finding, Predicate, Test, Tested, Verdict
from strategies.units import format_count

Json = dict[str, Any]
_STYLES: dict[str, str] = {
    Verdict.REPRODUCED: "green",
    Verdict.REFUTED: "red",
    Verdict.INCONCLUSIVE: "yellow",
    NOT_TESTED: "dim",
}


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return a row per claim: what it says, what was measured, the verdict in a sentence."""
    table = Table(show_lines=True, expand=True)
    for column, ratio in (("claim", 5), ("verdict", 2), ("measured", 3), ("what was seen", 8)):
        table.add_column(column, ratio=ratio)
    for finding in findings:
        table.add_row(
            Text(f"{finding.claim.name}  {finding.claim.title}"),
            Text(finding.outcome, style=_STYLES[finding.outcome]),
            Text(quantity(finding.decisive)),
            Text(finding.sentence),
        )
    return table


def say_estimate(scale: str, fits: Fits, found: Estimate) -> list[str]:
    """Say before a suite begins what it will take."""
    lines = [
        f"scale {scale}: {found.trials} trials, about {_minutes(found.seconds)}; the largest needs "
        f"about {found.memory_bytes / 1e9:.1f} GB of {found.available_bytes / 1e9:.1f} GB"
    ]
    if fits.taken < fits.wanted:
        lines.append(
            f"{format_count(fits.wanted)} entries do not fit into memory: "
            f"{format_count(fits.taken)} are taken"
        )
    return lines


def _minutes(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{seconds / 60:.0f} min"


def in_one_sentence(findings: Sequence[Finding]) -> str:
    """Return how the claims came out."""
    return f"Of {len(findings)} claims: {counted(findings)}."


def counted(findings: Sequence[Finding]) -> str:
    """Count the outcomes: ``15 reproduced, 2 refuted, 1 inconclusive, 6 not tested``."""
    counts = Counter(finding.outcome for finding in findings)
    outcomes = (*map(str, Verdict), NOT_TESTED)
    return ", ".join(f"{counts[each]} {each}" for each in outcomes if counts[each])


def quantity(tested: Tested) -> str:
    """Write a value with its interval: ``37 times (21 to 64)``."""
    value = written(tested.value, tested.unit)
    if tested.low is None and tested.high is None:
        return value
    low, high = written(tested.low, tested.unit), written(tested.high, tested.unit)
    unit = " times" if tested.unit == "times" else ""
    ends = (low.removesuffix(unit), "any" if tested.high is None else high.removesuffix(unit))
    return f"{value} ({ends[0]} to {ends[1]})"


def findings_json(findings: Sequence[Finding]) -> Json:
    """Return what ``gclab reproduce --json`` prints, and ``findings.json`` holds."""
    return {"claims": [_claim(finding) for finding in findings]}


def _claim(finding: Finding) -> Json:
    claim, decisive = finding.claim, finding.decisive
    return {
        "id": claim.name,
        "title": claim.title,
        "statement": claim.statement,
        "source": claim.source,
        "experiment": claim.experiment or None,
        "verdict": finding.verdict.value,
        "sentence": finding.sentence,
        "quantity": decisive.value,
        "quantity_name": decisive.test.quantity,
        "unit": decisive.unit or None,
        "interval": [decisive.low, decisive.high],
        "evidence": [_evidence(tested) for tested in finding.tested],
    }


def _evidence(tested: Tested) -> Json:
    test = tested.test
    return {
        "quantity": test.quantity,
        "metric": test.metric,
        "of": list(tested.labels),
        "value": tested.value,
        "interval": [tested.low, tested.high],
        "unit": tested.unit or None,
        "must_be": str(test.predicate),
        "above": test.predicate.low,
        "below": test.predicate.high,
        "trials": tested.trials,
        "verdict": tested.verdict.value,
        "missing": tested.missing or None,
    }


def findings_of_json(stored: Json) -> tuple[Finding, ...]:
    """Return findings as ``findings.json`` keeps them; of a claim, what is needed to show it."""
    return tuple(_finding(each) for each in stored["claims"])


def _finding(stored: Json) -> Finding:
    claim = Claim(
        name=stored["id"],
        title=stored["title"],
        statement=stored["statement"],
        source=stored["source"],
        experiment=stored["experiment"] or "",
        scales=(),
        trials={},
        tests=tuple(_test(each) for each in stored["evidence"]),
        says={},
    )
    tested = tuple(
        Tested(
            test,
            tuple(each["of"]),
            each["value"],
            each["interval"][0],
            each["interval"][1],
            each["unit"] or "",
            each["trials"],
            Verdict(each["verdict"]),
            each["missing"] or "",
        )
        for test, each in zip(claim.tests, stored["evidence"], strict=True)
    )
    return Finding(claim, Verdict(stored["verdict"]), stored["sentence"], tested)


def _test(stored: Json) -> Test:
    predicate = Predicate(stored["above"], stored["below"])
    return Test(stored["quantity"], stored["metric"], "", "", "", predicate)


def findings_markdown(findings: Sequence[Finding], title: str, about: Sequence[str]) -> str:
    """Return FINDINGS.md: the table of verdicts, then each claim with all of its evidence."""
    lines = [f"# {title}", "", in_one_sentence(findings), ""]
    lines += [f"- {line}" for line in about]
    lines += ["", "| claim | verdict | measured | what was seen |", "|---|---|---|---|"]
    lines += [
        f"| {_cell(f'{each.claim.name}: {each.claim.title}')} | {each.outcome} "
        f"| {_cell(quantity(each.decisive))} | {_cell(each.sentence)} |"
        for each in findings
    ]
    for finding in findings:
        lines += ["", *_section(finding)]
    return "\n".join(lines) + "\n"


def _section(finding: Finding) -> list[str]:
    claim = finding.claim
    lines = [
        f"## {claim.name}: {claim.title}",
        "",
        f"{claim.statement} Source: {claim.source}.",
        "",
        _told(finding),
        "",
        "| measured | value, 95% interval | has to be | trials | verdict |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {_cell(one.test.quantity)}{_of(one)} | {_cell(quantity(one))} "
        f"| {one.test.predicate} | {one.trials} | {one.outcome} |"
        for one in finding.tested
    ]
    for missing in dict.fromkeys(one.missing for one in finding.tested if one.missing):
        lines += ["", *textwrap.wrap(f"What is missing: {missing}.", 100)]
    if claim.experiment:
        lines += ["", f"More of it: `gclab run {claim.experiment}`"]
    return lines


def _told(finding: Finding) -> str:
    """Say the verdict and what was seen; of a claim that was not tested its sentence says both."""
    if not finding.is_tested:
        return finding.sentence
    return f"**{finding.verdict.value.capitalize()}.** {finding.sentence}"


def _of(tested: Tested) -> str:
    return f" ({_cell(', '.join(tested.labels))})" if tested.labels else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
