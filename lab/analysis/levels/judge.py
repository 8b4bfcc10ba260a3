"""Holds a stored run against service levels, and against another run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.analysis.comparison import (
    Alone,
    Comparison,
    Difference,
    Group,
    alone_in,
    compare,
    differences_by_run,
    groups_needed,
    measured,
    refuse,
    why_invalid,
    why_missing,
)
from lab.analysis.intervals import Interval
from lab.analysis.levels.grammar import Allowance, Level, selects
from lab.store import StoredRun
from strategies.errors import UsageError, unknown

State = Literal["pass", "miss", "regression", "not valid"]

OK, MISSED, REGRESSED, NOT_VALID = 0, 3, 4, 5
"""Exit codes. Where several apply: 5, then 3, then 4."""
_UNDECIDED = ("few_full_collections", "repeats_disagree")
"""Reasons for which the medians alone are not believed: they may be another trial's next time."""


@dataclass(frozen=True)
class Kept:
    """Whether a strategy keeps a level.

    Attributes
    ----------
    level : Level
    group : Group
    value : Interval or None
        The figure over the valid trials; None where one of them lacks it.
    state : str
        ``pass``, ``miss`` or ``not valid``: the median decides.
    straddles : bool
        Whether the interval lies on both sides of the limit: the median's side may be chance.
    reason : str
        Why it is not valid; empty otherwise.
    """

    level: Level
    group: Group
    value: Interval | None
    state: State
    straddles: bool
    reason: str


@dataclass(frozen=True)
class Change:
    """Whether a strategy's figure grew by more than is allowed.

    Attributes
    ----------
    allowance : Allowance
    comparison : Comparison
        With the same strategy of the other run.
    point : float or None
        How many times the other run's figure; infinite where that was 0, None where there is no
        figure.
    state : str
        ``pass``, ``regression`` or ``not valid``.
    reason : str
        Why it is not valid, or why more than the allowance is no regression.
    """

    allowance: Allowance
    comparison: Comparison
    point: float | None
    state: State
    reason: str


@dataclass(frozen=True)
class Judgement:
    """What ``gclab check`` found.

    Attributes
    ----------
    run : StoredRun
    against : StoredRun or None
    levels : tuple of Kept
    changes : tuple of Change
    forced : dict of str to list of Difference
        What should have kept the runs from being compared.
    alone : tuple of Alone
        Strategies that only one of the two runs has.
    """

    run: StoredRun
    against: StoredRun | None
    levels: tuple[Kept, ...]
    changes: tuple[Change, ...]
    forced: dict[str, list[Difference]]
    alone: tuple[Alone, ...]

    @property
    def exit_code(self) -> int:
        """0, or 5 before 3 before 4.

        What was not measured rightly can neither keep nor miss anything; a missed level is a
        broken promise whatever the other run did.
        """
        states = {kept.state for kept in self.levels} | {change.state for change in self.changes}
        for state, code in (("not valid", NOT_VALID), ("miss", MISSED), ("regression", REGRESSED)):
            if state in states:
                return code
        return OK


def judge(
    run: StoredRun,
    levels: Sequence[Level],
    against: StoredRun | None = None,
    allowances: Sequence[Allowance] = (),
    *,
    force: bool = False,
) -> Judgement:
    """Hold a run against levels and against another run.

    Raises
    ------
    UsageError
        A level names a strategy that the run does not have, the runs have none in common, or they
        differ in what matters (unless forced).
    """
    groups = groups_needed(run)
    rules: list[Level | Allowance] = [*levels, *allowances]
    for rule in rules:
        _check_selector(rule, groups, run)
    kept = [
        _keeps(level, group)
        for group in groups.values()
        for level in levels
        if selects(level.selector, group.label)
    ]
    pairs, alone = _pairs(run, groups, against, allowances) if against else ([], [])
    found = differences_by_run([(group, base) for _, group, base in pairs])
    if against and not force:
        refuse(found, str(against.folder))
    changes = [
        _change(allowance, compare(allowance.metric, g, base)) for allowance, g, base in pairs
    ]
    forced = {name: fields for name, fields in found.items() if fields}
    return Judgement(run, against, tuple(kept), tuple(changes), forced, tuple(alone))


def _check_selector(rule: Level | Allowance, groups: dict[str, Group], run: StoredRun) -> None:
    if not any(selects(rule.selector, label) for label in groups):
        raise UsageError(
            f"{rule.text}: {unknown(f'strategy of {run.folder}', str(rule.selector), groups)}"
        )


def _pairs(
    run: StoredRun,
    groups: dict[str, Group],
    against: StoredRun,
    allowances: Sequence[Allowance],
) -> tuple[list[tuple[Allowance, Group, Group]], list[Alone]]:
    """Return what is compared with what, and the strategies that have no counterpart."""
    if run.folder.resolve() == against.folder.resolve():
        raise UsageError(f"--against {against.folder} is the run itself")
    others = groups_needed(against)
    chosen = [label for label in groups if any(selects(a.selector, label) for a in allowances)]
    common = [label for label in chosen if label in others]
    if not common:
        raise UsageError(
            f"{run.folder} ({', '.join(chosen)}) and {against.folder} ({', '.join(others)}) have "
            "no strategy in common"
        )
    pairs = [
        (allowance, groups[label], others[label])
        for label in common
        for allowance in allowances
        if selects(allowance.selector, label)
    ]
    alone = alone_in((run, chosen), (against, others)) + alone_in((against, others), (run, groups))
    return pairs, alone


def _keeps(level: Level, group: Group) -> Kept:
    value = measured(level.metric, group)
    reason = _not_valid(group)
    if reason is None and value is None:
        reason = f"no {level.metric.name}: {why_missing(level.metric, group)}"
    if reason is not None or value is None:
        return Kept(level, group, value, "not valid", False, reason or "")
    straddles = (
        value.low is not None
        and value.high is not None
        and level.met_by(value.low) != level.met_by(value.high)
    )
    return Kept(level, group, value, "pass" if level.met_by(value.point) else "miss", straddles, "")


def _not_valid(group: Group) -> str | None:
    """Say why a strategy's measurement cannot be judged: one trial is enough."""
    asked, there = group.planned, len(group.trials)
    if group.invalid:
        first = group.invalid[0]
        return f"{len(group.invalid)} of {there} trials not valid: {why_invalid(first)}"
    if there < asked or not there:
        return f"{there} of {asked} trials were run"
    return None


def _change(allowance: Allowance, found: Comparison) -> Change:
    """Judge a change: the ratio must exceed the allowance, and be neither noise nor chance.

    One repeat on each side has no interval, and its point decides. That is so for no figure that
    hangs on how many pauses just fit, nor where repeats disagree: `compare` ranks neither.
    """
    reason = "; ".join(_what_is_missing(found))
    value, base = found.value, found.base
    if reason or value is None or base is None:
        return Change(allowance, found, None, "not valid", reason)
    point = found.ratio.point if found.ratio else _times(value.point, base.point)
    if point <= 1 + allowance.share:
        return Change(allowance, found, point, "pass", "")
    if value.point - base.point <= (found.noise_floor or 0.0):
        return Change(allowance, found, point, "pass", "not above the machine's own noise")
    if found.ratio and found.ratio.low is not None and found.ratio.low <= 1:
        return Change(allowance, found, point, "pass", "cannot tell: the interval holds no change")
    if why := next((r.message for r in found.reasons if r.code in _UNDECIDED), ""):
        return Change(allowance, found, point, "pass", f"cannot tell: {why}")
    return Change(allowance, found, point, "regression", "")


def _what_is_missing(found: Comparison) -> Iterator[str]:
    sides = ((found.group, found.value), (found.reference, found.base))
    for group, figure in sides:
        if why := _not_valid(group):
            yield f"{group.run.folder}: {why}"
        elif figure is None:
            missing = why_missing(found.metric, group)
            yield f"{group.run.folder}: no {found.metric.name}: {missing}"


def _times(value: float, base: float) -> float:
    """Return how many times ``base`` a value is; infinite where there was nothing before."""
    if base > 0:
        return value / base
    return math.inf if value > 0 else 1.0
