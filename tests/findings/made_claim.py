"""A claim about two trials and a run of them, for the tests of what is measured and concluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.analysis.comparison import groups_of
from lab.analysis.figures import run_figures
from lab.findings import model
from lab.findings.judging import judge
from lab.findings.model import Claim, Finding
from lab.findings.quantities import Measured, measure
from lab.findings.scales import read_scale
from lab.findings.suite import Suite, build_suite
from tests.findings.claims import claim_of
from tests.findings.made_up import Faults, write_suite

Trials = dict[str, dict[str, Any]]
TRIALS: Trials = {"a": {"strategy": "slots"}, "b": {"strategy": "flat"}}
SIZES: Trials = {
    "a": {"strategy": "slots"},
    "b": {"strategy": "slots", "size": 0.25},
    "c": {"strategy": "slots", "size": 0.01},
}
CLOSED: Trials = {"a": {"strategy": "slots", "closed_loop": True}, "b": {"strategy": "flat"}}
NOT_VALID = Faults(valid=False)
FAILED = Faults(status="failed", reason="it broke")


class Made:
    """A claim and a run of its trials."""

    def __init__(
        self,
        folder: Path,
        test: model.Test,
        figures: Mapping[str, Sequence[Mapping[str, float]]],
        trials: Trials | None = None,
        repeats: int = 3,
        **how: Any,
    ) -> None:
        self.claim: Claim = claim_of("C", trials or TRIALS, test)
        self.suite: Suite = build_suite("x", [self.claim], read_scale("quick"), repeats=repeats)
        self.stored = write_suite(folder, self.suite, figures, **how)

    def measured(self) -> Measured:
        groups = groups_of(self.stored)
        named = {trial: groups[label] for trial, label in self.suite.labels["C"].items()}
        return measure(self.claim.tests[0], named, run_figures(self.stored))

    def finding(self) -> Finding:
        (found,) = judge([self.claim], self.suite, self.stored)
        return found


def rounds(metric: str, *values: float) -> list[dict[str, float]]:
    return [{metric: value} for value in values]
