"""What the page's charts draw, as plain values, and never more of it than a page can carry.

Times are microseconds or seconds since the measured phase began, durations nanoseconds; a null is
an interval without a figure.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.comparison import counting
from lab.analysis.summary import summarise_run
from lab.causes.kinds import CAUSES as STORED_CAUSES
from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.words import display_name, labels, shown
from lab.report.html.marks import Marks, trial_marks
from lab.report.html.palette import CAUSES
from lab.store import StoredRun, StoredTrial
from lab.trial.block import Operation

Json = dict[str, Any]

INTERVALS = 600
"""Intervals of a trial in the page; of a longer trial neighbours are merged."""
STALLS = 200
"""Stalls of the machine beside a trial: the longest."""
QUANTITIES = ("above_p99", "above_p99.9", "waiting_time")


@dataclass(frozen=True, eq=False)
class PageTrial:
    """A trial as the page shows it.

    Attributes
    ----------
    view : TrialView
    stored : StoredTrial
    key, name : str
        Its id in the page, and its name among the others: with the repeat where there are several.
    look : int
        Number of its strategy, which decides colour, dashes and marker.
    chosen : bool
        Whether it stands for its strategy where one trial has to.
    marks : Marks
    """

    view: TrialView
    stored: StoredTrial
    key: str
    name: str
    look: int
    chosen: bool
    marks: Marks


def page_trials(stored: StoredRun, view: RunView) -> list[PageTrial]:
    """Return all trials of a run, failed ones included, in the order of the view."""
    order, chosen = labels(view), shown(view)
    found = []
    for number, (trial, of_view) in enumerate(zip(counting(stored), view.trials, strict=True)):
        several = sum(each.label == of_view.label for each in view.trials) > 1
        name = display_name(of_view) + (f", repeat {of_view.repeat}" if several else "")
        found.append(
            PageTrial(
                view=of_view,
                stored=trial,
                key=f"t{number}",
                name=name,
                look=order.index(of_view.label),
                chosen=of_view in chosen,
                marks=trial_marks(trial),
            )
        )
    return found


def charts_json(view: RunView, stored: StoredRun, trials: Sequence[PageTrial]) -> Json:
    """Return what the scripts read: nothing else of the page's data is known to them."""
    noise = view.noise
    return {
        "metric": "service time" if view.closed_loop else "response time",
        "noise": {
            "p99": noise.p99_ns,
            "p99.9": noise.p999_ns,
            "p99.99": noise.p9999_ns,
            "max": noise.max_ns,
        },
        "causes": [[name, words] for name, (words, _, _) in CAUSES.items()],
        "stored_causes": [CAUSES[name][0] for name in STORED_CAUSES],
        "operations": [operation.name.lower() for operation in Operation],
        "trials": [_trial_json(trial) for trial in trials if trial.view.status != "failed"],
        "strategies": strategies_json(view, stored),
    }


def _trial_json(trial: PageTrial) -> Json:
    view, over_time = trial.view, series(trial.view)
    seen = np.isfinite(view.curve_ns) & (view.curve_quantile < 1)
    return {
        "key": trial.key,
        "name": trial.name,
        "look": trial.look,
        "chosen": trial.chosen,
        "counts": view.counts,
        "slow_above_ns": trial.stored.result.get("slow_above_ns"),
        "series": {
            "start_s": over_time.start_s,
            "step_s": over_time.step_s,
            "p99": over_time.p99_ns,
            "max": over_time.max_ns,
        },
        "pauses": _pauses_json(trial.marks),
        "cycles": {
            "start_us": (trial.marks.cycle_start_ns // 1_000).tolist(),
            "ns": trial.marks.cycle_ns.tolist(),
        },
        "stalls": _stalls_json(view),
        "curve": {
            "nines": [
                round(float(nines), 6) for nines in np.abs(-np.log10(1 - view.curve_quantile[seen]))
            ],
            "ns": whole(view.curve_ns[seen]),
        },
    }


def _pauses_json(marks: Marks) -> Json:
    return {
        "start_us": (marks.start_ns // 1_000).tolist(),
        "ns": marks.length_ns.tolist(),
        "generation": marks.generation.tolist(),
        "full": marks.full.astype(int).tolist(),
        "delayed": marks.delayed and [count for count, _, _ in marks.delayed],
        "worst": marks.delayed and [worst for _, worst, _ in marks.delayed],
        "complete": marks.delayed and [int(complete) for _, _, complete in marks.delayed],
        "named": marks.named,
        "left_out": marks.left_out,
        "stored": marks.delayed is not None,
    }


def _stalls_json(view: TrialView) -> Json:
    longest = np.argsort(-np.asarray(view.stall_ns, np.float64), kind="stable")[:STALLS]
    kept = longest[np.argsort(view.stall_start_s[longest], kind="stable")]
    return {
        "start_us": [round(at * 1e6) for at in view.stall_start_s[kept].tolist()],
        "ns": whole(np.asarray(view.stall_ns, np.float64)[kept]),
    }


@dataclass(frozen=True)
class OverTime:
    """A trial's intervals on an even grid; None: no figure.

    Attributes
    ----------
    start_s, step_s : float
        The first interval's start, and the length of all.
    p99_ns, max_ns : list of int or None
        Of merged intervals the largest of either.
    """

    start_s: float
    step_s: float
    p99_ns: list[int | None]
    max_ns: list[int | None]


def series(view: TrialView, at_most: int = INTERVALS) -> OverTime:
    """Put a trial's intervals on a grid of at most so many, merging neighbours where needed."""
    if not len(view.time_s):
        return OverTime(0.0, view.interval_s, [], [])
    places = np.rint((view.time_s - view.time_s[0]) / view.interval_s).astype(np.int64)
    together = math.ceil((int(places[-1]) + 1) / at_most)
    length = int(places[-1]) // together + 1
    return OverTime(
        start_s=round(float(view.time_s[0]), 6),
        step_s=round(view.interval_s * together, 9),
        p99_ns=_largest(places // together, view.p99_ns, length),
        max_ns=_largest(places // together, view.max_ns, length),
    )


def _largest(places: NDArray[np.int64], values: Floats, length: int) -> list[int | None]:
    largest = np.full(length, -np.inf)
    known = np.isfinite(values)
    np.maximum.at(largest, places[known], values[known])
    return whole(largest)


def whole(values: Iterable[float] | Floats) -> list[int | None]:
    """Return nanoseconds as whole numbers, None where there is no figure."""
    return [round(value) if math.isfinite(value) else None for value in map(float, values)]


def strategies_json(view: RunView, stored: StoredRun) -> list[Json]:
    """Return a row per strategy that measured something: costs, tail, and causes."""
    order, floor_ns = labels(view), view.noise.p999_ns
    found = []
    for row in summarise_run(stored):
        measured = [each for each in view.trials if each.label == row.label]
        measured = [each for each in measured if each.status != "failed"]
        trials = [each for each in measured if each.counts] or measured
        if not trials:
            continue
        p999 = row.p999.point if row.p999 else None
        found.append(
            {
                "key": f"s{order.index(row.label)}",
                "name": display_name(trials[0]),
                "look": order.index(row.label),
                "counts": trials[0].counts,
                "bytes": row.bytes_per_entry,
                "p99.9": p999,
                "busy": row.busy,
                "within_noise": p999 is not None and floor_ns is not None and p999 < floor_ns,
                "shares": _shares(trials),
            }
        )
    return found


def _shares(trials: Sequence[TrialView]) -> dict[str, dict[str, float]]:
    """Return the mean share of each cause over the trials that have any, by quantity."""
    causes = [trial.causes for trial in trials if trial.causes is not None]
    found = {}
    for quantity, each in zip(
        QUANTITIES,
        (
            [one.above_p99 for one in causes],
            [one.above_p999 for one in causes],
            [one.waiting_time for one in causes],
        ),
        strict=True,
    ):
        known = [shares for shares in each if shares]
        found[quantity] = {
            cause: round(statistics.fmean(shares.get(cause, 0.0) for shares in known), 4)
            for cause in CAUSES
            if known
        }
    return found
