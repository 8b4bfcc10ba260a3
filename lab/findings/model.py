"""What a claim is, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Raw = dict[str, Any]
Figure = float | None


class Verdict(StrEnum):
    """What the trials say of a claim."""

    REPRODUCED = "reproduced"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


NOT_TESTED = "not tested"
"""What a reader is told in place of ``inconclusive`` where nothing was run."""


@dataclass(frozen=True)
class Predicate:
    """What a quantity has to be, judged by its interval.

    Attributes
    ----------
    low, high : float or None
        The quantity lies between them; None: it has no limit on that side.
    """

    low: Figure
    high: Figure

    def verdict(self, low: Figure, high: Figure) -> Verdict:
        """Judge a 95% interval; one without an end on a side that matters decides nothing."""
        bottom = float("-inf") if low is None else low
        top = float("inf") if high is None else high
        if (self.low is None or bottom > self.low) and (self.high is None or top < self.high):
            return Verdict.REPRODUCED
        if (self.low is not None and top < self.low) or (
            self.high is not None and bottom > self.high
        ):
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def __str__(self) -> str:
        if self.high is None:
            return f"above {self.low:g}"
        if self.low is None:
            return f"below {self.high:g}"
        return f"between {self.low:g} and {self.high:g}"


@dataclass(frozen=True)
class Test:
    """One quantity of a claim and what it has to be.

    Attributes
    ----------
    quantity : str
        What is measured, in words.
    metric : str
        Its name, see `lab.findings.metrics`.
    of, against : str
        Names of the claim's trials; ``against`` is "" for a figure of ``of`` alone, otherwise the
        quantity is the ratio of the two.
    fit : str
        "" or the metric on the other axis of a power law through the claim's trials: the quantity
        is its exponent (1: in proportion), or, with ``of``, that trial's figure over what the law
        through all the others has there.
    predicate : Predicate
    """

    quantity: str
    metric: str
    of: str
    against: str
    fit: str
    predicate: Predicate


@dataclass(frozen=True)
class Claim:
    """A claim, as its file in ``experiments/findings/`` has it.

    Attributes
    ----------
    name : str
        Its id: the file's name, such as ``L1``.
    title, statement : str
        A few words, and the claim in one sentence.
    source : str
        Who says so, and where.
    experiment : str
        The experiment to run on its own for more of it; "" where there is none.
    scales : tuple of str
        The scales that have its trials; () for all.
    trials : mapping of str to Raw
        What is to be run, by the names that ``tests`` use.
    tests : tuple of Test
        All have to hold; the first is the one that is quoted.
    says : mapping of Verdict to str
        The sentence for a reader; ``{0}`` is the first test's value.
    """

    name: str
    title: str
    statement: str
    source: str
    experiment: str
    scales: tuple[str, ...]
    trials: Mapping[str, Raw]
    tests: tuple[Test, ...]
    says: Mapping[Verdict, str]


@dataclass(frozen=True)
class Tested:
    """What became of one test.

    Attributes
    ----------
    test : Test
    labels : tuple of str
        The strategies of the run that were taken, as in its tables.
    value, low, high : float or None
        The quantity and its 95% interval; None: cannot be given.
    unit : str
        ``ns``, ``bytes``, ``share``, ``count``, ``s``, or ``times`` for a ratio.
    trials : int
        How many valid trials are behind it.
    verdict : Verdict
    missing : str
        Why it is inconclusive and what would decide it; "" where it is decided.
    """

    test: Test
    labels: tuple[str, ...]
    value: Figure
    low: Figure
    high: Figure
    unit: str
    trials: int
    verdict: Verdict
    missing: str

    @property
    def is_tested(self) -> bool:
        """Whether trials were asked for it, whatever became of them."""
        return bool(self.labels)

    @property
    def outcome(self) -> str:
        """The verdict for a reader: what was not run is no open question."""
        return str(self.verdict) if self.is_tested else NOT_TESTED


@dataclass(frozen=True)
class Finding:
    """A claim and its verdict.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
        Reproduced if every test is, refuted if one is, inconclusive otherwise.
    sentence : str
        What was seen, for a newcomer.
    tested : tuple of Tested
        One for each of the claim's tests.
    """

    claim: Claim
    verdict: Verdict
    sentence: str
    tested: tuple[Tested, ...]

    @property
    def is_tested(self) -> bool:
        """Whether trials were asked for it: at this scale, on this machine."""
        return any(one.is_tested for one in self.tested)

    @property
    def outcome(self) -> str:
        """The verdict for a reader: what was not run is no open question."""
        return str(self.verdict) if self.is_tested else NOT_TESTED

    @property
    def decisive(self) -> Tested:
        """The test that is quoted: the first one with the claim's verdict."""
        return next(one for one in self.tested if one.verdict == self.verdict)
