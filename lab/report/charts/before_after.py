"""Before and after: the strategy with the spikes above the one without, on the same linear axes.

In the manner of the charts with which Discord's engineers told their story in 2020: a spiky line
and a flat one. A linear axis shows what the user feels, and hides all that is small.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.machine import FLOOR, draw_floor
from lab.report.charts.machine import explain as explain_noise
from lab.report.charts.panel import (
    ACROSS_IN,
    DUE,
    LEFT_IN,
    draw_head,
    draw_worst,
    head_lines,
    steps,
)
from lab.report.charts.pauses import ABOVE_IN, draw_pauses, explain
from lab.report.charts.plain import Axis, Plain, Row, Series, level
from lab.report.charts.series import listed
from lab.report.charts.sheet import (
    GAP_IN,
    add_axes,
    draw_key,
    key_height_in,
    name_values,
    new_sheet,
    nothing_to_draw,
    text_height_in,
)
from lab.report.charts.style import (
    INK,
    Look,
    duration_tick,
    house_style,
    linear_duration_axis,
    looks,
)
from lab.report.charts.words import display_name, full_collections, labels, metric, shown, value_at
from strategies.units import format_duration

NAME = "before-after"
TITLE = "The first strategy and the one with the shortest tail, one above the other"
NEEDS = (
    "two valid strategies, the first of them with two full collections or more "
    "(and the other in the same setting)"
)

_WORDS = ("Before: ", "After: ")
_PANEL_IN = 1.75
_BETWEEN_IN = 0.16
_BELOW_IN = 0.5
_MOST_STEPS = 600
_INSTRUMENTS = ("null", "known-pause")
"""Layouts that hold nothing: no way out of anything."""


def _tail_ns(trial: TrialView) -> float:
    tail = value_at(trial, 0.999)
    return math.inf if tail is None else tail


def _factors(trial: TrialView) -> dict[str, str]:
    return dict(trial.figures.factors) if trial.figures else {}


def _is_instrument(trial: TrialView) -> bool:
    return trial.strategy.partition("+")[0].partition(":")[0] in _INSTRUMENTS


def pair(run: RunView) -> tuple[TrialView, TrialView] | None:
    """Choose the first strategy that counts, and the best that could take its place.

    The best has no full collection, if there is one such, and then the lowest p99.9.
    """
    valid = [t for t in shown(run) if t.counts and len(t.time_s) and not _is_instrument(t)]
    if not valid or full_collections(valid[0]) < 2:
        return None
    before = valid[0]
    others = [t for t in valid[1:] if _factors(t) == _factors(before)]
    if not others:
        return None
    return before, min(others, key=lambda t: (full_collections(t) > 0, _tail_ns(t)))


def applies(run: RunView) -> bool:
    """Whether there is a before and an after."""
    return pair(run) is not None


def _full_only(trial: TrialView) -> TrialView:
    """Leave out the pauses which nobody feels: thousands of marks would hide the flat line."""
    full = trial.pause_generation == 2
    return replace(
        trial,
        pause_start_s=trial.pause_start_s[full],
        pause_ns=trial.pause_ns[full],
        pause_generation=trial.pause_generation[full],
    )


def _draw_panel(axes: Axes, trial: TrialView, look: Look, span_s: float) -> None:
    draw_pauses(axes, _full_only(trial), span_s)
    x, y = steps(trial, trial.max_ns)
    axes.fill_between(x, 0, y, color=look.colour, alpha=0.18, linewidth=0, zorder=1)
    draw_worst(axes, trial, look)


def _keys(run: RunView, trials: tuple[TrialView, TrialView], span_s: float) -> list[Artist]:
    length = duration_tick(trials[0].interval_s * 1e9)
    keys: list[Artist] = [Line2D([], [], color=INK, linewidth=1.9, label=f"max per {length}")]
    keys += explain([_full_only(trial) for trial in trials], span_s)
    return keys + explain_noise([], run.noise)


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: nanoseconds, from 0, against seconds."""
    trials = pair(run)
    if trials is None:
        return None
    order = labels(run)
    bounded = [_bounded(trial) for trial in trials]
    worst = [list(zip(*_finite(steps(t, t.max_ns)), strict=True)) for t in bounded]
    span_s = max(x for line in worst for x, _ in line)
    length = duration_tick(bounded[0].interval_s * 1e9)
    return Plain(
        "Before and after, on a linear axis",
        f"The slowest request of each {length} under the first strategy, and under the best one "
        "that could take its place: in one picture, on an axis that begins at 0, as a user feels "
        "it. The timeline shows what is small.",
        Axis("since the measured phase began", "s", log=False),
        Axis(metric(run).lower(), "ns", log=False),
        [
            *(
                Series(f"{word}{display_name(t)}", order.index(t.label), line=line)
                for word, t, line in zip(_WORDS, trials, worst, strict=True)
            ),
            *level(f"{FLOOR}, p99.9", run.noise.p999_ns, 0.0, span_s),
        ],
        ("strategy", "median of the intervals", "worst interval", "p99.9", "full collections"),
        [_row(f"{word}{display_name(t)}", t) for word, t in zip(_WORDS, trials, strict=True)],
    )


def _bounded(trial: TrialView) -> TrialView:
    """Merge neighbouring intervals of a long trial, by their largest."""
    together = math.ceil(len(trial.time_s) / _MOST_STEPS)
    if together < 2:
        return trial
    first = np.arange(0, len(trial.time_s), together)
    return replace(
        trial,
        interval_s=trial.interval_s * together,
        time_s=trial.time_s[first],
        max_ns=np.fmax.reduceat(trial.max_ns, first),
    )


def _finite(corners: tuple[Floats, Floats]) -> tuple[list[float], list[float]]:
    """Leave out the corners of intervals that are missing."""
    x, y = corners
    seen = np.isfinite(y)
    return x[seen].tolist(), y[seen].tolist()


def _row(name: str, trial: TrialView) -> Row:
    tail = value_at(trial, 0.999)
    return (
        name,
        format_duration(float(np.nanmedian(trial.max_ns))),
        format_duration(float(np.nanmax(trial.max_ns))),
        "n/a" if tail is None else format_duration(tail),
        str(full_collections(trial)),
    )


@house_style
def draw(run: RunView) -> Figure:
    """Draw the worst response time per interval, in nanoseconds from 0, of both strategies."""
    trials = pair(run)
    if trials is None:
        return nothing_to_draw(run, "before and after", f"This chart needs {NEEDS}.")
    span_s = max(float(trial.time_s.max()) + trial.interval_s for trial in trials)
    keys = _keys(run, trials, span_s)
    heads = [
        text_height_in(head_lines(t, w)) + ABOVE_IN for t, w in zip(trials, _WORDS, strict=True)
    ]
    key_in = key_height_in(keys) + GAP_IN
    rows_in = sum(heads) + 2 * (_PANEL_IN + _BETWEEN_IN)
    others = [name for name in labels(run) if name not in {trial.label for trial in trials}]
    remarks = [
        "before: the first strategy; after: the lowest p99.9 of those without full collection"
    ]
    if full_collections(trials[1]):
        remarks = ["before: the first strategy; after: the one with the lowest p99.9"]
    remarks.append(DUE.format(duration_tick(trials[0].interval_s * 1e9)))
    if others:
        remarks.append(f"not drawn: {listed(others)}")
    figure, bottom = new_sheet(
        run, "before and after, on a linear axis", key_in + rows_in + _BELOW_IN, *remarks
    )
    top = bottom + _BELOW_IN + rows_in
    draw_key(figure, top + key_in, keys)
    name_values(figure, run, bottom + _BELOW_IN, rows_in)
    top_ns = 1.06 * max(float(np.nanmax(trial.max_ns)) for trial in trials)
    style = looks(run)
    first: Axes | None = None
    for trial, word, head_in in zip(trials, _WORDS, heads, strict=True):
        draw_head(figure, top, trial, style[trial.label], word)
        box = (LEFT_IN, top - head_in - _PANEL_IN, ACROSS_IN, _PANEL_IN)
        axes = add_axes(figure, box, sharex=first, sharey=first)
        linear_duration_axis(axes, top_ns, _PANEL_IN)
        axes.set_ylim(-0.015 * top_ns, top_ns)  # or a flat line would lie on the edge, half cut off
        axes.spines["bottom"].set_visible(False)
        _draw_panel(axes, trial, style[trial.label], span_s)
        draw_floor(axes, run.noise)
        axes.tick_params(labelbottom=trial is trials[1])
        first = first or axes
        top -= head_in + _PANEL_IN + _BETWEEN_IN
    axes.set_xlim(0, span_s)
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Seconds since the start of the measured phase", color=INK)
    return figure
