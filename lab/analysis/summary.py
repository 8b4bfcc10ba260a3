"""One row per strategy: the figures of its trials, side by side, each with what it is worth."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lab.analysis.comparison import (
    METRICS,
    Comparison,
    Group,
    Metric,
    advise_longer,
    compare,
    few_full_collections,
    groups_of,
    is_broken,
    is_its_own_doing,
    measured,
    why_invalid,
)
from lab.analysis.intervals import Interval
from lab.store import StoredRun, StoredTrial

Json = dict[str, Any]
Figure = float | None
WORTH_NAMING = 0.1
"""A cause with a smaller share is not named in a table."""


@dataclass(frozen=True)
class Row:
    """A strategy's figures: medians over its valid trials, with intervals where there are any.

    Attributes
    ----------
    label, runtime : str
        The strategy, and what served it: ``CPython 3.11.7``; "" where that is not known.
    trials, valid : int
        How many there are, and how many of them count.
    status, reason : str
        ``ok``, ``failed``, ``invalid`` (wrong answers) or ``not valid`` (a measurement that went
        wrong); why, where one of them is not ok.
    p50, p99, p999, longest : Interval or None
        Response time in ns; service time in a closed loop.
    worst_pause : Interval or None
        In ns.
    full_collections, paused, bytes_per_entry, busy : float or None
        Collections of the whole heap; shares of the measured time in which the collector ran and
        in which the worker was busy (``cpu_s`` would count the spinning).
    why : tuple of (str, float)
        The causes of the requests above p99.9, the largest share first.
    ratio : Comparison or None
        The p99.9 against that of the first strategy; None for the first.
    longer : str or None
        Why max and worst pause have no interval although there are repeats, and how long a trial
        must be; None where they have one.
    """

    label: str
    runtime: str
    trials: int
    valid: int
    status: str
    reason: str | None
    p50: Interval | None
    p99: Interval | None
    p999: Interval | None
    longest: Interval | None
    worst_pause: Interval | None
    full_collections: Figure
    paused: Figure
    bytes_per_entry: Figure
    busy: Figure
    why: tuple[tuple[str, float], ...]
    ratio: Comparison | None
    longer: str | None


@dataclass(frozen=True)
class Floor:
    """The machine's own noise beside a run's trials: the most of any, in ns; None: not measured."""

    p99: Figure
    p999: Figure
    longest: Figure


def summarise_run(stored: StoredRun) -> list[Row]:
    """Return a row per strategy in the order in which the experiment names them."""
    groups = [group for group in groups_of(stored).values() if group.trials]
    return [_row(group, groups[0]) for group in groups]


def runtime_of(trials: Iterable[StoredTrial]) -> str:
    """Return name and version of what served some trials; "" where none came so far."""
    known = (trial.result.get("runtime") for trial in trials)
    return next((f"{each['name']} {each['version']}" for each in known if each), "")


def noise_floor(stored: StoredRun) -> Floor:
    """Return the most noise that was measured beside any trial of a run."""
    results = [trial.result for trial in stored.trials]
    return Floor(
        METRICS["p99"].noise_floor(results),
        METRICS["p99.9"].noise_floor(results),
        METRICS["max"].noise_floor(results),
    )


def _row(group: Group, first: Group) -> Row:
    bad = next((r for r in group.invalid if is_broken(r) or is_its_own_doing(r)), None)
    unfit = bad or next(iter(group.invalid), None)
    status = "ok"
    if unfit and (bad or not group.valid):
        status = "not valid" if unfit["status"] == "ok" else unfit["status"]
    prefix = "service." if group.closed_loop else ""
    shown = _shown(group)

    def figure(name: str) -> Interval | None:
        return _figure(METRICS[name], group, shown)

    def middle(take: Callable[[Json], Figure]) -> Figure:
        return _median([take(result) for result in shown])

    return Row(
        label=group.label,
        runtime=runtime_of(group.trials),
        trials=len(group.trials),
        valid=len(group.valid),
        status=status,
        reason=why_invalid(unfit) if unfit else None,
        p50=figure(prefix + "p50"),
        p99=figure(prefix + "p99"),
        p999=figure(prefix + "p99.9"),
        longest=figure(prefix + "max"),
        worst_pause=figure("gc.max"),
        full_collections=middle(METRICS["gc.full"].figure),
        paused=middle(_paused),
        bytes_per_entry=middle(METRICS["bytes_per_entry"].figure),
        busy=middle(METRICS["busy"].figure),
        why=_why([result["causes"]["above_p99.9"] for result in shown if "causes" in result]),
        ratio=None if group is first else compare(METRICS[prefix + "p99.9"], group, first),
        longer=_longer(group),
    )


def _longer(group: Group) -> str | None:
    few = few_full_collections(METRICS["max"], group)
    return advise_longer(group) if few and len(group.valid) > 1 else None


def _shown(group: Group) -> list[Json]:
    """Return the valid trials; with none, those that measured something: shown, never ranked."""
    return group.valid or [result for result in group.invalid if result["status"] != "failed"]


def _figure(metric: Metric, group: Group, shown: list[Json]) -> Interval | None:
    if group.valid:
        return measured(metric, group)
    point = _median([metric.figure(result) for result in shown])
    return None if point is None else Interval(point, None, None, len(shown))


def _median(values: list[Figure]) -> Figure:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def _paused(result: Json) -> Figure:
    seconds = result["measured_s"] * result.get("workers", 1)
    share: float = result["gc"]["total_ns"] / 1e9 / seconds if seconds else 0.0
    return share if seconds else None


def _why(shares: list[dict[str, float]]) -> tuple[tuple[str, float], ...]:
    """Return the causes worth naming, by their mean share over the trials that had any."""
    known = [each for each in shares if each]
    means = {
        cause: statistics.fmean(each[cause] for each in known)
        for cause in (known[0] if known else ())
    }
    named = [(cause, share) for cause, share in means.items() if share >= WORTH_NAMING]
    return tuple(sorted(named, key=lambda each: -each[1]))
