"""Single figures within sentences."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from lab.documentation.checkout import Checkout, ReferenceRun
from lab.findings.judging import written
from lab.findings.metrics import metric_of
from lab.findings.model import Finding, Predicate, Test, Tested, Verdict
from lab.findings.quantities import measure
from lab.report.findings import quantity
from strategies.errors import UsageError, unknown

CLAIM, AGAINST, INTERVAL, VERDICT = "claim:", "against", "interval", "verdict"
_FORMS = "RUN LABEL METRIC [against LABEL] [interval], or RUN claim:NAME NUMBER|verdict [interval]"
_ANY = Predicate(None, None)


def single(checkout: Checkout, asked: str) -> str:
    """Return one figure with its unit, by the words of its mark.

    Raises
    ------
    UsageError
        Words that mean nothing here; an unknown run, strategy, metric or claim; a figure that the
        run does not have.
    """
    try:
        words = shlex.split(asked)
    except ValueError as error:
        raise UsageError(f"{error}; {_FORMS}") from None
    with_interval = words[-1:] == [INTERVAL]
    words = words[:-1] if with_interval else words
    match words:
        case [name, claim, what] if claim.startswith(CLAIM):
            finding = _finding(checkout.run(name), claim.removeprefix(CLAIM))
            if what == VERDICT:
                return finding.verdict.value
            tested = _test(finding, what)
        case [name, label, metric]:
            tested = _measured(checkout.run(name), metric, label, "")
        case [name, label, metric, word, other] if word == AGAINST:
            tested = _measured(checkout.run(name), metric, label, other)
        case _:
            raise UsageError(f"not as it should be: {_FORMS}")
    if tested.value is None:
        raise UsageError(f"no such figure: {tested.missing}")
    return quantity(tested) if with_interval else written(tested.value, tested.unit)


def _measured(run: ReferenceRun, metric: str, label: str, other: str) -> Tested:
    """Measure a figure of a strategy, or the ratio of two, as a claim's test would."""
    for one in filter(None, (label, other)):
        if one not in run.groups:
            raise unknown("strategy", one, run.groups)
    test = Test(metric_of(metric).title, metric, label, other, "", _ANY)
    found = measure(test, run.groups, run.figures)
    low, high = (None, None) if found.lacks else (found.low, found.high)
    return Tested(
        test=test,
        labels=tuple(filter(None, (label, other))),
        value=found.value,
        low=low,
        high=high,
        unit=found.unit,
        trials=found.trials,
        verdict=Verdict.INCONCLUSIVE,
        missing=found.lacks,
    )


def _finding(run: ReferenceRun, name: str) -> Finding:
    known = {finding.claim.name: finding for finding in run.findings}
    if name not in known:
        raise unknown("claim", name, known)
    return known[name]


def _test(finding: Finding, number: str) -> Tested:
    tests: Sequence[Tested] = finding.tested
    if not number.isdecimal() or int(number) >= len(tests):
        raise UsageError(
            f"claim {finding.claim.name}: {number!r}: its verdict, or the number of one of its "
            f"tests, 0 to {len(tests) - 1}"
        )
    return tests[int(number)]
