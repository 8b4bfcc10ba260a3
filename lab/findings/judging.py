"""Judges every claim by the trials of a run: from intervals, and never by what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.analysis.comparison import Group, groups_of
from lab.analysis.figures import TrialFigures, run_figures
from lab.findings.model import Claim, Figure, Finding, Test, Tested, Verdict
from lab.findings.quantities import Measured, measure
from lab.findings.suite import Suite
from lab.store import StoredRun
from strategies.units import format_duration


def judge(claims: Sequence[Claim], suite: Suite, stored: StoredRun) -> tuple[Finding, ...]:
    """Judge claims by a run of their suite.

    Parameters
    ----------
    claims : sequence of Claim
    suite : Suite
        Which trials are whose; of the scale that was run.
    stored : StoredRun
        The run; trials that it does not have leave their claims inconclusive.
    """
    groups, figures = groups_of(stored), run_figures(stored)
    return tuple(
        _left_out(claim, suite.left_out[claim.name])
        if claim.name in suite.left_out
        else _finding(claim, suite.labels[claim.name], groups, figures)
        for claim in claims
    )


def _left_out(claim: Claim, reason: str) -> Finding:
    tested = tuple(_undecided(test, (), reason) for test in claim.tests)
    return Finding(claim, Verdict.INCONCLUSIVE, f"Not tested: {reason}.", tested)


def _finding(
    claim: Claim,
    labels: Mapping[str, str],
    groups: Mapping[str, Group],
    figures: Mapping[str, TrialFigures],
) -> Finding:
    there = {name: groups[label] for name, label in labels.items() if label in groups}
    tested = tuple(_tested(test, labels, there, figures) for test in claim.tests)
    verdict = _together([one.verdict for one in tested])
    return Finding(claim, verdict, _sentence(claim, verdict, tested), tested)


def _tested(
    test: Test,
    labels: Mapping[str, str],
    groups: Mapping[str, Group],
    figures: Mapping[str, TrialFigures],
) -> Tested:
    names = [name for name in (test.of, test.against) if name] or list(labels)
    used = tuple(dict.fromkeys(labels[name] for name in names))
    absent = [labels[name] for name in names if name not in groups]
    if absent:
        return _undecided(test, used, f"{', '.join(absent)} is not in this run")
    if test.against and len(used) == 1:
        return _undecided(test, used, f"both are the same trial at this size: {used[0]}")
    found = measure(test, groups, figures)
    low, high = (None, None) if found.lacks else (found.low, found.high)
    verdict = test.predicate.verdict(low, high)
    missing = ""
    if verdict == Verdict.INCONCLUSIVE:
        missing = found.lacks or _overlap(test, found)
    return Tested(test, used, found.value, low, high, found.unit, found.trials, verdict, missing)


def _undecided(test: Test, labels: tuple[str, ...], missing: str) -> Tested:
    return Tested(test, labels, None, None, None, "", 0, Verdict.INCONCLUSIVE, missing)


def _overlap(test: Test, found: Measured) -> str:
    return (
        f"{written(found.low, found.unit)} to {written(found.high, found.unit)} does not settle "
        f"whether it is {test.predicate}: more rounds would (--repeats 5)"
    )


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    """One test refutes; all of them together reproduce."""
    for verdict in (Verdict.REFUTED, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.REPRODUCED


def _sentence(claim: Claim, verdict: Verdict, tested: Sequence[Tested]) -> str:
    if verdict == Verdict.INCONCLUSIVE:
        open_ones = [one for one in tested if one.verdict == verdict]
        return f"Not decided: {open_ones[0].missing}."
    values = [written(one.value, one.unit) for one in tested]
    return claim.says[verdict].format(*values)


def written(value: Figure, unit: str) -> str:
    """Write a value with its unit, shortly: ``3.9 s``, ``24 ms``, ``98%``, ``1,200 times``.

    >>> written(0.98, "share"), written(1234.5, "times"), written(None, "ns")
    ('98%', '1,230 times', '-')
    """
    if value is None:
        return "-"
    if unit == "ns":
        return format_duration(value)
    if unit == "s":
        return format_duration(value * 1e9)
    if unit == "share":
        return f"{_short(100 * value)}%"
    if unit == "bytes":
        return f"{_short(value / 1e6)} MB" if abs(value) >= 1e6 else f"{_short(value)} bytes"
    return f"{_short(value)} times" if unit == "times" else _short(value)


def _short(value: float) -> str:
    """Write three digits, plainly; as a power of ten where nobody would count the zeros."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        return f"{value:.1g}"
    digits = max(0, 2 - int(f"{abs(value):e}".split("e")[1]))
    rounded = round(value, digits) if abs(value) < 1_000 else float(f"{value:.3g}")
    text = f"{rounded:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
