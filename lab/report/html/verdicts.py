"""The verdicts on the claims: a table, with the evidence behind each."""

from __future__ import annotations

from collections.abc import Sequence

from lab.findings.judging import written
from lab.findings.model import NOT_TESTED, Finding, Predicate, Test, Tested, Verdict
from lab.report.comparison import BLANK
from lab.report.findings import quantity
from lab.report.html.markup import Child, Markup, el, fold, join, table

SIGNS: dict[str, str] = {
    Verdict.REPRODUCED: "\u2713",
    Verdict.REFUTED: "\u2717",
    Verdict.INCONCLUSIVE: "?",
    NOT_TESTED: "\u2013",
}
_CLASSES: dict[str, str] = {
    Verdict.REPRODUCED: "good",
    Verdict.REFUTED: "bad",
    Verdict.INCONCLUSIVE: "open",
    NOT_TESTED: "quiet",
}
_HEAD = ("claim", "verdict", "what was seen", "measured, with its 95% interval", "source", "more")
_CAPTION = "Claims and what the trials say of them"


def verdict_table(findings: Sequence[Finding]) -> Markup:
    """Return two rows per claim: what became of it, and the evidence, folded.

    Roles are written out, for on a phone the rows are laid out as cards: a browser would forget
    that it is a table.
    """
    heads = [el("th", name, scope="col", role="columnheader") for name in _HEAD]
    return el(
        "table",
        el("caption", _CAPTION),
        el("thead", el("tr", heads, role="row"), role="rowgroup"),
        el("tbody", [_rows(finding) for finding in findings], role="rowgroup"),
        class_="verdicts",
        role="table",
        aria_label=_CAPTION,
    )


def _rows(finding: Finding) -> Markup:
    claim, decisive = finding.claim, finding.decisive
    more = el("code", f"gclab run {claim.experiment}") if claim.experiment else BLANK
    cells: list[Child] = [
        badge(finding.outcome),
        finding.sentence,
        [el("strong", quantity(decisive)), el("small", decisive.test.quantity)],
        claim.source or BLANK,
        more,
    ]
    head = el("th", claim.name, el("span", f" {claim.title}"), scope="row", role="rowheader")
    told = [
        el("td", cell, role="cell", data_label=name)
        for name, cell in zip(_HEAD[1:], cells, strict=True)
    ]
    evidence = el("td", _evidence(finding), colspan=len(_HEAD), role="cell")
    return join([el("tr", head, told, role="row"), el("tr", evidence, class_="more", role="row")])


def badge(outcome: str) -> Markup:
    """Return a verdict, or that there is none, as a sign and a word: never by colour alone."""
    sign = el("span", SIGNS[outcome], aria_hidden="true")
    return el("span", sign, f" {outcome}", class_=f"badge {_CLASSES[outcome]}")


def limit(predicate: Predicate, unit: str) -> str:
    """Return what a quantity has to be, in the unit in which it is shown."""
    low, high = written(predicate.low, unit), written(predicate.high, unit)
    if predicate.high is None:
        return f"above {low}"
    return f"below {high}" if predicate.low is None else f"between {low} and {high}"


def _of(test: Test) -> str:
    if test.fit:
        return f"exponent of {test.metric} over {test.fit}"
    return f"{test.metric} of {test.of}" + (f" over that of {test.against}" if test.against else "")


def _row(tested: Tested) -> tuple[Child, ...]:
    return (
        tested.test.quantity,
        quantity(tested),
        limit(tested.test.predicate, tested.unit),
        f"{tested.trials:,}",
        badge(tested.outcome),
        _of(tested.test),
        ", ".join(tested.labels) or BLANK,
    )


def _evidence(finding: Finding) -> Markup:
    missing = [one.missing for one in finding.tested if one.missing]
    return fold(
        f"Evidence for {finding.claim.name}" + (", and what is missing" if missing else ""),
        el("p", finding.claim.statement),
        [el("p", el("strong", "Missing: "), text) for text in missing],
        table(
            f"Tests of {finding.claim.name}",
            (
                "quantity",
                "measured",
                "has to be",
                "valid trials",
                "verdict",
                "metric",
                "strategies",
            ),
            [_row(tested) for tested in finding.tested],
            words=(0, 1, 2, 4, 5, 6),
            class_="evidence",
        ),
    )
