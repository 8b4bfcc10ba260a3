"""Finds the figures with which each test of a claim comes out as it is told to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lab.findings.metrics import ASKED, COUNTED
from lab.findings.model import Claim, Test, Verdict
from lab.findings.suite import Suite
from tests.findings.made_up import USUAL

APART, CLOSE, WIDE = 3.0, 1.01, 1.5
"""How far a decided quantity lies from its limit, and how far the rounds lie apart: where it is
decided, and where it is not."""
MANY = 10.0
"""Events in a trial: more than a maximum needs to have an interval."""
FEW = 1 / 150
"""Of the usual 600 collections: so few that their number decides nothing."""


@dataclass(frozen=True)
class Aim:
    """What a test's quantity is to come to, and how far apart its rounds are to lie."""

    quantity: float
    spread: float
    few: bool = False


def aim(test: Test, verdict: Verdict, *, low_side: bool = False) -> Aim:
    """Return what gives a test this verdict; refuted from above where it can be, or from below."""
    low, high = test.predicate.low, test.predicate.high
    if verdict == Verdict.INCONCLUSIVE:
        limit = high if high is not None else low
        assert limit is not None
        return Aim(limit, WIDE, few=test.metric == COUNTED)
    if verdict == Verdict.REPRODUCED:
        if low is not None and high is not None:
            return Aim(math.sqrt(low * high), CLOSE)
        quantity = low * APART if low is not None else (high or 0.0) / APART
        if test.metric == COUNTED and low is not None and not test.against:
            quantity = max(quantity, MANY)
        return Aim(_possible(test, quantity, low), CLOSE)
    if high is None or (low is not None and low_side):
        assert low is not None
        # a mean or a median cannot lie much below that of its quiet part
        return Aim(low * (0.8 if test.metric.startswith("mean") else 1 / APART), CLOSE)
    return Aim(_possible(test, high * APART, high), CLOSE)


def _possible(test: Test, quantity: float, limit: float | None) -> float:
    """Keep a share below 1."""
    if ASKED[test.metric].unit == "share" and not test.against:
        return min(quantity, (1 + (limit or 0.0)) / 2)
    return quantity


def figures_for(
    claim: Claim, suite: Suite, aims: Sequence[Aim]
) -> dict[str, list[dict[str, float]]]:
    """Return the figures of each round of each of a claim's labels, by metric."""
    labels = suite.labels[claim.name]
    found: dict[str, list[dict[str, float]]] = {
        label: [{}, {}, {}] for label in dict.fromkeys(labels.values())
    }
    metrics = dict.fromkeys(test.metric for test in claim.tests)
    for metric in metrics:
        tests = [(t, a) for t, a in zip(claim.tests, aims, strict=True) if t.metric == metric]
        levels, spreads = _levels(tests, labels, _entries(suite))
        for label, level in levels.items():
            share = ASKED[metric].unit == "share"
            for number, power in enumerate((0, 1, -1)):
                value = level * spreads.get(label, 1.0) ** power
                found[label][number][metric] = min(value, 1.0) if share else value
    return found


def _entries(suite: Suite) -> dict[str, int]:
    return {trial.label: trial.workload.entries for trial in suite.experiment.trials}


def _levels(
    tests: Sequence[tuple[Test, Aim]], labels: Mapping[str, str], entries: Mapping[str, int]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return of each label the metric's level, and the factor between its rounds."""
    if tests[0][0].fit:
        assert len(tests) == 1, "one law per claim and metric"
        return _law(*tests[0], labels, entries)
    names = list(dict.fromkeys(labels[n] for t, _ in tests for n in (t.of, t.against) if n))
    usual = USUAL[tests[0][0].metric] * (FEW if any(a.few for _, a in tests) else 1.0)
    rows, wanted = [], []
    spreads: dict[str, float] = {}
    for test, each in tests:
        row = np.zeros(len(names))
        row[names.index(labels[test.of])] = 1
        if test.against:
            row[names.index(labels[test.against])] = -1
        rows.append(row)
        wanted.append(math.log(each.quantity / (1.0 if test.against else usual)))
        others = [n for t, _ in tests if t is not test for n in (t.of, t.against)]
        moved = test.of if test.of not in others or not test.against else test.against
        spreads[labels[moved]] = max(each.spread, spreads.get(labels[moved], 1.0))
    levels, *_ = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)
    return {n: usual * math.exp(v) for n, v in zip(names, levels, strict=True)}, spreads


def _law(
    test: Test, each: Aim, labels: Mapping[str, str], entries: Mapping[str, int]
) -> tuple[dict[str, float], dict[str, float]]:
    """Lay the figures on a power law of the entries, or one of them beside it."""
    assert test.fit in ("entries", "walked")
    own = dict.fromkeys(labels.values())
    most, power = max(entries[label] for label in own), 1.0 if test.of else each.quantity
    levels = {label: USUAL[test.metric] * (entries[label] / most) ** power for label in own}
    if test.of:
        levels[labels[test.of]] *= each.quantity
    return levels, dict.fromkeys(own, each.spread)
