"""Measures what a test asks for, with its interval, from the valid trials of a run."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from lab.analysis.comparison import (
    Group,
    Metric,
    advise_longer,
    few_full_collections,
    why_invalid,
    why_missing,
)
from lab.analysis.counts import rate_interval, rate_ratio
from lab.analysis.figures import TrialFigures
from lab.analysis.fit import power_law
from lab.analysis.intervals import paired_ratio, typical
from lab.findings.metrics import COUNTED, Asked, metric_of
from lab.findings.model import Figure, Test
from lab.validity.agreement import ENOUGH, disagreement, rankable
from strategies.units import format_duration

TIMES, EXPONENT = "times", "exponent"

NOISE_FACTOR = 2.0
"""A percentile is the strategy's where it is this many times the machine's own."""


@dataclass(frozen=True)
class Measured:
    """A quantity: its value, 95% interval and unit, the trials behind it, and what it lacks.

    ``lacks`` says why there is no interval, or why it must not be used; "" where it can be.
    """

    value: Figure
    low: Figure
    high: Figure
    unit: str
    trials: int
    lacks: str = ""


Figures = Mapping[str, TrialFigures]
Rounds = dict[int, Figure]


def measure(test: Test, groups: Mapping[str, Group], figures: Figures) -> Measured:
    """Measure one test's quantity.

    Parameters
    ----------
    test : Test
    groups : mapping of str to Group
        The strategies of the run by the names of the claim's trials.
    figures : mapping of str to TrialFigures
        Of each valid trial, by the name of its folder (`lab.analysis.figures.run_figures`).
    """
    asked = metric_of(test.metric)
    taken = _taken(test, groups)
    for group in taken:
        if why := group.unfit():
            return Measured(None, None, None, _unit(test, asked), 0, f"{group.label}: {why}")
    if test.fit:
        along = metric_of(test.fit)
        every = list({group.label: group for group in groups.values()}.values())
        if test.of:
            return _beyond(asked, along, groups[test.of], every, figures)
        return _fit(asked, along, every, figures)
    if asked.name == COUNTED:
        return _counted(asked, taken, figures)
    return _pair(asked, taken, figures) if test.against else _alone(asked, taken[0], figures)


def _taken(test: Test, groups: Mapping[str, Group]) -> list[Group]:
    if test.fit:
        return list(groups.values())
    return [groups[name] for name in (test.of, test.against) if name]


def _unit(test: Test, asked: Asked) -> str:
    if test.fit and not test.of:
        return EXPONENT
    return TIMES if test.against or test.fit else asked.unit


def _rounds(asked: Asked, group: Group, figures: Figures) -> Rounds:
    """Return the figure of each valid trial by its round."""
    return {
        int(trial.result["repeat"]): asked.figure(trial.result, figures[trial.folder.name])
        for trial in group.trials
        if trial.folder.name in figures
    }


def _alone(asked: Asked, group: Group, figures: Figures) -> Measured:
    values = list(_rounds(asked, group, figures).values())
    found = typical(values)
    if found is None:
        return Measured(None, None, None, asked.unit, len(values), _no_figure(asked, group))
    low, high = found.low, found.high
    if low is None and len(values) > 1 and not any(values):
        low = high = 0.0  # it is 0 in every trial: no logarithm, and no doubt either
    if high is not None and asked.unit == "share" and found.point <= 1:
        high = min(high, 1.0)
    lacks = (
        _few(asked, [group])
        or _one_round(len(values), [group])
        or _some_zero(group, values)
        or _disagree(asked, group, values)
        or _of_the_machine(asked, group)
    )
    return Measured(found.point, low, high, asked.unit, len(values), lacks)


def _pair(asked: Asked, taken: list[Group], figures: Figures) -> Measured:
    own, other = (_rounds(asked, group, figures) for group in taken)
    floor = asked.metric.noise_floor([r for g in taken for r in g.valid]) if asked.metric else None
    found = paired_ratio(own, other, floor=floor or 0.0)
    rounds = own.keys() & other.keys()
    trials = len(own) + len(other)
    if found is None:
        lacks = _no_ratio(asked, taken, own, other)
        return Measured(None, None, None, TIMES, trials, lacks)
    low, high = found.low, found.high
    if low is None and len(rounds) > 1 and not any(own[number] for number in rounds):
        low = high = 0.0
    lacks = (
        _few(asked, taken)
        or _one_round(len(rounds), taken)
        or _within_noise(asked.metric, own, other, floor)
        or _some_zero(taken[0], [own[number] for number in rounds])
        or _disagree(asked, taken[0], [own[number] for number in rounds])
        or _disagree(asked, taken[1], [other[number] for number in rounds])
    )
    return Measured(found.point, low, high, TIMES, trials, lacks)


def _counted(asked: Asked, taken: list[Group], figures: Figures) -> Measured:
    """Add the events of all trials up: nothing is known of how they scatter that it would hide."""
    seen = []
    for group in taken:
        counts = list(_rounds(asked, group, figures).values())
        if None in counts:
            unit = TIMES if len(taken) > 1 else asked.unit
            return Measured(None, None, None, unit, len(counts), _no_figure(asked, group))
        measured_s = sum(float(result["measured_s"]) for result in group.valid)
        seen.append((int(sum(count or 0 for count in counts)), measured_s, len(counts)))
    (count, seconds, trials), *rest = seen
    if not rest:
        low, high = rate_interval(count, trials)
        return Measured(count / trials, low, high, asked.unit, trials)
    other, other_s, others = rest[0]
    low_ratio, high_ratio = rate_ratio(count, seconds, other, other_s)
    value = count / seconds / (other / other_s) if other else None
    none = f"{taken[1].label} had none: nothing to compare with; a longer --duration"
    lacks = "" if other else none
    return Measured(value, low_ratio, high_ratio, TIMES, trials + others, lacks)


def _fit(asked: Asked, along: Asked, taken: list[Group], figures: Figures) -> Measured:
    if why := _pointless(asked, along, taken, figures):
        return Measured(None, None, None, EXPONENT, 0, why)
    points = _points(asked, along, taken, figures)
    try:
        fit = power_law([x for x, _ in points], [y for _, y in points])
    except ValueError as error:
        return Measured(None, None, None, EXPONENT, len(points), str(error))
    return Measured(fit.exponent, fit.low, fit.high, EXPONENT, len(points), _few(asked, taken))


def _beyond(
    asked: Asked, along: Asked, group: Group, every: list[Group], figures: Figures
) -> Measured:
    """Hold a strategy against the law through the others, within what one more trial may do."""
    if why := _pointless(asked, along, every, figures):
        return Measured(None, None, None, TIMES, 0, why)
    own = _points(asked, along, [group], figures)
    others = _points(asked, along, [each for each in every if each is not group], figures)
    at, value = own[0][0], statistics.median(y for _, y in own)
    try:
        expected, low, high = power_law(*zip(*others, strict=True)).one_more(at)
    except (ValueError, TypeError) as error:
        return Measured(None, None, None, TIMES, len(own), str(error))
    trials = len(own) + len(others)
    lacks = _few(asked, every)
    return Measured(value / expected, value / high, value / low, TIMES, trials, lacks)


def _pointless(asked: Asked, along: Asked, taken: list[Group], figures: Figures) -> str:
    """Say which trials have no point; left out, those of the others would make another law."""
    for group in taken:
        for metric in (asked, along):
            values = _rounds(metric, group, figures).values()
            if not values or not all(values):
                return _no_figure(metric, group)
    return ""


def _points(
    asked: Asked, along: Asked, taken: list[Group], figures: Figures
) -> list[tuple[float, float]]:
    return [
        (x, y)
        for group in taken
        for number, y in _rounds(asked, group, figures).items()
        if (x := _rounds(along, group, figures)[number]) and y
    ]


def _no_figure(asked: Asked, group: Group) -> str:
    why = "too little happened in it; a longer --duration"
    if asked.metric is not None and (group.closed_loop or asked.name == COUNTED):
        why = why_missing(asked.metric, group)
    return f"{group.label} has no {asked.title}: {why}"


def _no_ratio(asked: Asked, taken: list[Group], own: Rounds, other: Rounds) -> str:
    if not own.keys() & other.keys():
        return f"no round with a valid trial of both {' and '.join(g.label for g in taken)}"
    return _no_figure(asked, taken[0] if None in own.values() else taken[1])


def _some_zero(group: Group, values: list[Figure]) -> str:
    """Say why there is no interval of values of which some are 0; "" for none or all of them."""
    if all(values) or not any(values):
        return ""
    return (
        f"it is 0 in some trials of {group.label} and not in others: no interval; "
        "a longer --duration"
    )


def _disagree(asked: Asked, group: Group, values: list[Figure]) -> str:
    """Say that the repeats disagree, and are too few for their median to stand all the same."""
    found = disagreement([value for value in values if value is not None])
    if rankable(len(values), found):
        return ""
    return (
        f"the repeats of {group.label} disagree in its {asked.title}: nothing is ranked below "
        f"{ENOUGH} repeats; --repeats {ENOUGH}"
    )


def _one_round(rounds: int, taken: list[Group]) -> str:
    if rounds > 1:
        return ""
    for group in taken:
        if group.invalid:  # there were more rounds, and more of the same would not help
            why = f"in round {group.invalid[0]['repeat']}: {why_invalid(group.invalid[0])}"
            return f"one valid round gives no interval; {group.label} {why}"
    return "one round gives no interval: --repeats 3 would"


def _few(asked: Asked, taken: list[Group]) -> str:
    if asked.metric is None:
        return ""
    few = next((group for group in taken if few_full_collections(asked.metric, group)), None)
    return advise_longer(few) if few else ""


def _of_the_machine(asked: Asked, group: Group) -> str:
    """Say that the requests which a share looks at may be slow because of the machine."""
    section = "service_ns" if group.closed_loop else "response_ns"
    for result in group.valid if asked.above else ():
        floor = (result.get("noise_ns") or {}).get(asked.above)
        own = (result.get(section) or {}).get(asked.above)
        if floor and own and floor > own / NOISE_FACTOR:
            return (
                f"the machine's own noise ({asked.above} {format_duration(floor)}) is as long as "
                f"what is slow in {group.label} ({format_duration(own)}): a quieter machine would "
                "decide it"
            )
    return ""


def _within_noise(metric: Metric | None, own: Rounds, other: Rounds, floor: Figure) -> str:
    if metric is None or not floor:
        return ""
    one, two = (typical(list(each.values())) for each in (own, other))
    if one is None or two is None or abs(one.point - two.point) > floor:
        return ""
    return (
        f"the difference is not above the machine's own noise of {format_duration(floor)}: "
        "a quieter machine would decide it"
    )
