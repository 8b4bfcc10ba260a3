"""The answer in one sentence: of the findings where there are any, else of the first strategy."""

from __future__ import annotations

from collections.abc import Sequence

from lab.analysis.summary import Row, noise_floor, summarise_run
from lab.findings.model import Finding, Verdict
from lab.report.comparison import times
from lab.report.findings import in_one_sentence
from lab.report.html.suite_answer import suite_answer
from lab.store import StoredRun
from strategies.units import format_duration


def answer(stored: StoredRun, findings: Sequence[Finding]) -> str:
    """Return what a run says, in one sentence."""
    return _of_findings(findings) if findings else _of_strategies(stored)


def _of_findings(findings: Sequence[Finding]) -> str:
    """Answer the suite's question; where no claim behind the answer was decided, count alone."""
    answered = suite_answer(findings)
    if answered:
        return answered
    total = in_one_sentence(findings).rstrip(".")
    decided = [finding for finding in findings if finding.verdict != Verdict.INCONCLUSIVE]
    first = next(iter(decided or findings))
    return f"{total}; first of all {first.claim.name}, {first.outcome}: {_end(first.sentence)}"


def _end(sentence: str) -> str:
    return sentence if sentence.rstrip().endswith((".", "!", "?")) else f"{sentence.rstrip()}."


def _of_strategies(stored: StoredRun) -> str:
    """Hold the first strategy's p99.9 against the best other one's."""
    rows = summarise_run(stored)
    closed = all(trial.result["load"]["closed_loop"] for trial in stored.trials)
    figure = f"p99.9 of the {'service' if closed else 'response'} time"
    known = [row for row in rows if row.valid and row.p999 is not None]
    if not known:
        return (
            f"No valid trial has a {figure}: requests enough for one, rightly answered, are "
            "missing; the table says why."
        )
    if rows[0] not in known:
        best = min(known, key=_p999)
        return (
            f"{rows[0].label}, which the others were to be compared with, has no valid {figure}; "
            f"the least is that of {best.label}: {format_duration(_p999(best))}."
        )
    first, others = rows[0], [row for row in known if row is not rows[0]]
    if not others:
        return f"{first.label} has a {figure} of {format_duration(_p999(first))}."
    best = min(others, key=_p999)
    return f"{_against(best, first, figure)}{_noise(stored, best)}."


def _p999(row: Row) -> float:
    return row.p999.point if row.p999 else float("inf")


def _against(best: Row, first: Row, figure: str) -> str:
    own, base = format_duration(_p999(best)), format_duration(_p999(first))
    found = best.ratio
    sentence = f"{figure}: {best.label} {own}, {first.label} {base}"
    if found is None or found.ratio is None:
        return sentence
    reason = f", for {found.reasons[0].message}" if found.reasons else ""
    return f"{sentence} ({times(found.ratio.point)}); verdict: {found.verdict}{reason}"


def _noise(stored: StoredRun, best: Row) -> str:
    floor = noise_floor(stored).p999
    if floor is None or _p999(best) > floor:
        return ""
    return f"; that of {best.label} lies within the machine's own noise of {format_duration(floor)}"
