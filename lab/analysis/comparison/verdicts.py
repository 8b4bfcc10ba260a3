"""Which of two strategies is better by a metric, or why that cannot be told."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lab.analysis.comparison.groups import Figure, Group, is_valid, spec_of
from lab.analysis.comparison.metrics import METRICS, Metric
from lab.analysis.intervals import CANNOT_TELL, Interval, Ratio, paired_ratio, typical
from lab.analysis.predicted import predicted_s
from lab.analysis.whole_heap import whole_heap
from lab.validity.agreement import disagreement, rankable
from strategies.units import format_duration

NOT_RANKED = "not ranked"
ENOUGH_REPEATS = 5
FULL_COLLECTIONS = 3
"""Fewer of them in a trial make its maximum two-valued: one may just miss the trial."""

_PERIODS = FULL_COLLECTIONS + 1
_CHANCE = 0.05


@dataclass(frozen=True)
class Reason:
    """Why something is not ranked: data, rendered once."""

    code: str
    message: str


@dataclass(frozen=True)
class Comparison:
    """A strategy against another by one metric.

    Attributes
    ----------
    metric : Metric
    group, reference : Group
    value, base : Interval or None
        The figure of each, in the metric's unit; None where a trial lacks it. Without bounds where
        an interval would be wrong.
    ratio : Ratio or None
        Paired by round; None where it is not defined.
    noise_floor : float or None
        In the metric's unit; None where no trial measured it or the metric has none.
    verdict : str
        The metric's word for less or more, ``cannot tell``, or ``not ranked``.
    reasons : tuple of Reason
        Why it cannot be told; empty where it can.
    """

    metric: Metric
    group: Group
    reference: Group
    value: Interval | None
    base: Interval | None
    ratio: Ratio | None
    noise_floor: Figure
    verdict: str
    reasons: tuple[Reason, ...]


def compare(metric: Metric, group: Group, reference: Group) -> Comparison:
    """Compare two strategies by one metric.

    The noise floor is the most that any of their trials measured: medians that differ by no more
    are not ranked.
    """
    own, other = group.figures(metric.figure), reference.figures(metric.figure)
    floor = metric.noise_floor([*group.valid, *reference.valid])
    ratio = paired_ratio(own, other, floor=floor or 0.0)
    few = [each for each in (group, reference) if few_full_collections(metric, each)]
    if ratio and few:
        ratio = replace(ratio, low=None, high=None, verdict=CANNOT_TELL)
    verdict, reasons = _verdict(metric, group, reference, ratio, floor or 0.0)
    return Comparison(
        metric,
        group,
        reference,
        measured(metric, group),
        measured(metric, reference),
        ratio,
        floor,
        verdict,
        reasons,
    )


def measured(metric: Metric, group: Group) -> Interval | None:
    """Return a figure over the valid trials, without bounds where they would be wrong."""
    found = typical(list(group.figures(metric.figure).values()))
    if found and few_full_collections(metric, group):
        return replace(found, low=None, high=None)
    return found


def _verdict(
    metric: Metric, group: Group, reference: Group, ratio: Ratio | None, floor: float
) -> tuple[str, tuple[Reason, ...]]:
    unfit = [(each.label, why) for each in (reference, group) if (why := each.unfit())]
    if unfit:
        return NOT_RANKED, tuple(Reason("not_valid", f"{label}: {why}") for label, why in unfit)
    own, other = _paired(metric, group, reference)
    reasons = tuple(_obstacles(metric, group, reference, own, other))
    if reasons:
        return CANNOT_TELL, reasons
    if abs(statistics.median(own) - statistics.median(other)) <= floor:
        return CANNOT_TELL, (_below_noise(floor),)
    if ratio is not None and ratio.low is not None:
        words = {"faster": metric.less, "slower": metric.more}
        verdict = words.get(ratio.verdict, CANNOT_TELL)
        return verdict, () if verdict != CANNOT_TELL else (_OVERLAP,)
    # a figure of 0 has no logarithm: a layout that never collects has no ratio to one that does
    if _surely_apart(own, other):
        return (metric.less if max(own) < min(other) else metric.more), ()
    return CANNOT_TELL, (Reason("zero", f"{metric.name} is 0 in a trial: no interval of a ratio"),)


def _paired(metric: Metric, group: Group, reference: Group) -> tuple[list[float], list[float]]:
    """Return the figures of the rounds that both have; two empty lists where one is missing."""
    own, other = group.figures(metric.figure), reference.figures(metric.figure)
    pairs = [(own[n], other[n]) for n in sorted(own.keys() & other.keys())]
    if any(None in pair for pair in pairs):
        return [], []
    return [float(a or 0) for a, _ in pairs], [float(b or 0) for _, b in pairs]


def _obstacles(
    metric: Metric, group: Group, reference: Group, own: list[float], other: list[float]
) -> Iterator[Reason]:
    """Yield what forbids a verdict whatever the interval says."""
    lacking = [each for each in (reference, group) if None in each.figures(metric.figure).values()]
    for each in lacking:
        yield Reason("no_figure", f"{each.label} has no {metric.name}: {why_missing(metric, each)}")
    if lacking:
        return
    if not own:
        yield Reason("no_common_round", "no round with a valid trial of both")
        return
    if len(own) == 1:
        yield Reason(
            "one_repeat",
            f"one repeat gives no interval: --repeats {ENOUGH_REPEATS} would",
        )
    for each, values in ((reference, other), (group, own)):
        if few_full_collections(metric, each):
            yield Reason("few_full_collections", advise_longer(each))
        elif (found := disagreement(values)) and not rankable(len(values), found):
            yield Reason(
                "repeats_disagree",
                f"the repeats of {each.label} disagree in {metric.name}: nothing is ranked below "
                f"{ENOUGH_REPEATS} repeats; --repeats {ENOUGH_REPEATS}",
            )


def why_missing(metric: Metric, group: Group) -> str:
    """Say why some trial of a strategy has no such figure."""
    if group.closed_loop and metric.name in METRICS and f"service.{metric.name}" in METRICS:
        return f"a closed loop has no response time; service.{metric.name} is there"
    if metric.name == "gc.full":
        return "this collector does not walk the whole heap at once"
    return "too few requests beyond it, or not measured"


_OVERLAP = Reason("overlap", "the interval of the ratio includes no change")


def _below_noise(floor: float) -> Reason:
    if floor <= 0:
        return Reason("equal", "no difference")
    return Reason(
        "below_noise",
        f"the difference is not above the machine's own noise of {format_duration(floor)}",
    )


def _surely_apart(own: list[float], other: list[float]) -> bool:
    """Whether the values do not overlap, and hardly by chance.

    Of n and m values in random order all of one kind come first or last with probability
    2 / C(n + m, n) (the rank-sum test's extreme): below 5% from four repeats on.
    """
    overlap = max(own) >= min(other) and max(other) >= min(own)
    return not overlap and 2 / math.comb(len(own) + len(other), len(own)) < _CHANCE


def few_full_collections(metric: Metric, group: Group) -> bool:
    """Whether a maximum hangs on how many full collections happened to fit in a trial.

    Not where the collector never ran, and not from five repeats on.
    """
    if not metric.rare or len(group.valid) >= ENOUGH_REPEATS:
        return False
    counts = [METRICS["gc.full"].figure(result) for result in group.valid]
    ran = any(result["gc"]["pauses"] for result in group.valid)
    return ran and any(count is not None and count < FULL_COLLECTIONS for count in counts)


def advise_longer(group: Group) -> str:
    """Say how long a trial must be to hold enough full collections.

    By the period that was seen, or, where none was, by the one that the rules predict.
    """
    begins = (
        f"fewer than {FULL_COLLECTIONS} full collections of {group.label} fit in a trial: its "
        "maximum has no interval; "
    )
    period_s, periods = full_collection_period_s(group), "periods"
    if period_s is None:
        period_s, periods = _predicted_period_s(group), "predicted periods"
    if period_s is None:
        return begins + f"take a longer --duration, or --repeats {ENOUGH_REPEATS}"
    length_s = _PERIODS * period_s
    digits = f"{length_s:.3g}" if length_s < 1_000 else f"{length_s:.0f}"
    return begins + f"--duration {digits}s is {_PERIODS} {periods} of {period_s:.3g} s"


def full_collection_period_s(group: Group) -> float | None:
    """Return the median gap between starts of automatic full collections, in seconds.

    From ``gc.csv`` of the valid trials, within each worker; None where no trial has two.
    """
    gaps: list[float] = []
    for trial in group.trials:
        full = whole_heap(trial)
        if METRICS["gc.full"].figure(trial.result) is None or not len(full):
            continue
        full = full[full["explicit"] == 0]
        workers = full["worker"] if "worker" in full else full["generation"]
        for _, starts in full.groupby(workers)["start_ns"]:
            gaps.extend(starts.sort_values().diff().dropna())
    return statistics.median(gaps) / 1e9 if gaps else None


def _predicted_period_s(group: Group) -> float | None:
    """Return the median of what the rules predict for the valid trials; None if one has none."""
    valid = [trial for trial in group.trials if is_valid(trial.result)]
    known = [predicted_s(trial, spec_of(group)) for trial in valid]
    found = [each for each in known if each is not None]
    return statistics.median(found) if found and len(found) == len(known) else None
