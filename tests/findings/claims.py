"""Claims of a test's own, without a file."""

from __future__ import annotations

from typing import Any

from lab.findings import model
from lab.findings.model import Claim, Predicate, Verdict

SAYS = {Verdict.REPRODUCED: "yes: {0}", Verdict.REFUTED: "no: {0}"}


def asking(
    metric: str = "p99",
    of: str = "",
    against: str = "",
    *,
    fit: str = "",
    above: float | None = None,
    below: float | None = None,
) -> model.Test:
    """Return a test; above 0 where nothing else is said."""
    low = 0.0 if above is None and below is None else above
    return model.Test("the quantity", metric, of, against, fit, Predicate(low, below))


def claim_of(
    name: str,
    trials: dict[str, dict[str, Any]],
    *tests: model.Test,
    scales: tuple[str, ...] = (),
) -> Claim:
    """Return a claim; with no tests: that its first trial has a p99."""
    asked = tests or (asking(of=next(iter(trials))),)
    return Claim(name, f"title of {name}", "A claim.", "a test", "", scales, trials, asked, SAYS)
