"""The whole distribution of every strategy, the tail drawn as large as it matters.

The x axis counts nines, -log10(1 - quantile), as in HdrHistogram's percentile plots. A curve
ends where fewer than ten requests lie beyond it: what follows would be anecdote.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.machine import DASHES, FLOOR, MACHINE, floor_points
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    FAINT,
    GRID,
    INK,
    Look,
    duration_axis,
    duration_limits,
    house_style,
    looks,
)
from lab.report.charts.words import (
    REQUESTS_BEYOND,
    deepest_quantile,
    display_name,
    shown,
)

NAME = "percentiles"
TITLE = "Response time by percentile, all strategies in one chart"


_ON_THE_FLOOR = (
    f"{FLOOR}: the most that a meter of its own saw beside any trial, its maximum at the right edge"
)


@dataclass(frozen=True, eq=False)
class _Curve:
    trial: TrialView
    nines: Floats
    ns: Floats
    leading: bool  # carries the label; the other repeats stay in the background


def _curve(trial: TrialView, leading: bool) -> _Curve | None:
    """Cut the curve where too few requests lie beyond; None if nothing is left."""
    deepest = deepest_quantile(trial)
    inside = (trial.curve_quantile <= deepest + 1e-12) & np.isfinite(trial.curve_ns)
    if deepest <= 0 or not inside.any():
        return None
    nines = -np.log10(1.0 - trial.curve_quantile[inside])
    return _Curve(trial, nines, np.maximum(trial.curve_ns[inside], 1.0), leading)


def _curves(run: RunView) -> tuple[list[_Curve], list[str]]:
    """Return the curves to draw, and the trials which have requests too few for one."""
    leading = shown(run)
    others = [t for t in run.trials if t.status != "failed" and t not in leading]
    curves = [(trial, _curve(trial, trial in leading)) for trial in [*others, *leading]]
    missing = [trial.label for trial, curve in curves if curve is None]
    return [curve for _, curve in curves if curve is not None], missing


def _percentile_axis(axes: Axes, deepest: float) -> None:
    nines = range(math.floor(deepest + 1e-9) + 1)
    names = ["0%" if n == 0 else f"{100 - 10.0 ** (2 - n):.{max(n - 2, 0)}f}%" for n in nines]
    axes.set_xlim(0, deepest)
    axes.xaxis.set_major_locator(FixedLocator(list(nines)))
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel("Percentile of requests", color=INK)


def _marked(curve: _Curve, order: int) -> list[int]:
    """Choose the points that carry a marker: even along x, no two curves at the same places."""
    places = np.arange(0.2 + 0.11 * (order % 5), curve.nines[-1] - 0.25, 0.6)
    points = {int(np.abs(curve.nines - place).argmin()) for place in places}
    return sorted(points | {len(curve.nines) - 1})


def _draw_curve(axes: Axes, curve: _Curve, look: Look, order: int) -> None:
    axes.plot(
        curve.nines,
        curve.ns,
        label=display_name(curve.trial) if curve.leading else "_another repeat",
        color=look.colour,
        linestyle=look.line_style,
        linewidth=2.0 if curve.leading else 0.8,
        alpha=(1.0 if curve.leading else 0.55) * (1.0 if curve.trial.counts else FAINT),
        marker=look.marker if curve.leading else "",
        markevery=_marked(curve, order),
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.7,
        zorder=3 if curve.leading else 2,
        clip_on=False,
    )


def _draw_floor(axes: Axes, points: list[tuple[float, float]]) -> None:
    """Draw the machine's noise: marks at its known percentiles, thin steps between them.

    Steps, for nothing is known between two marks, and a slope would seem to cross the curves at
    a place of its own.
    """
    axes.plot(
        *zip(*points, strict=True),
        label=FLOOR,
        color=MACHINE,
        linewidth=1.1,
        linestyle=(0.0, DASHES),
        drawstyle="steps-mid",
        marker="_",
        markersize=11,
        markeredgewidth=1.6,
        zorder=2.5,
        scaley=False,
    )


def _ends(
    curves: list[_Curve], look: dict[str, Look], floor: list[tuple[float, float]]
) -> list[End]:
    """Name the curves that lead, and the machine's noise."""
    ends = [
        End(
            (float(curve.nines[-1]), float(curve.ns[-1])),
            wrap(display_name(curve.trial), LABEL_IN),
            look[curve.trial.label].text_colour,
        )
        for curve in curves
        if curve.leading
    ]
    return ends + [End(at, wrap(FLOOR, LABEL_IN), MACHINE) for at in floor[-1:]]


@house_style
def draw(run: RunView) -> Figure:
    """Draw the percentile curves, in nanoseconds on a log axis, labelled at their ends."""
    curves, missing = _curves(run)
    remarks = [f"curves end where fewer than {REQUESTS_BEYOND} requests lie beyond"]
    if any(not curve.leading for curve in curves):
        remarks.append("thin lines: the other repeats")
    if missing:
        remarks.append(f"too few requests for a curve: {', '.join(missing)}")
    subject = "by percentile"
    if not curves:
        return nothing_to_draw(run, subject, "No trial has requests enough for a curve.")
    style = looks(run)
    deepest = max(float(curve.nines[-1]) for curve in curves)
    floor = floor_points(run.noise, deepest)
    ends = _ends(curves, style, floor)
    if floor:
        remarks.append(_ON_THE_FLOOR)
    figure, axes, height = sheet_with_ends(run, subject, ends, *remarks)
    # The noise may begin far below all requests: only its end has to be on the chart.
    values = np.concatenate([*(curve.ns for curve in curves), [ns for _, ns in floor[-1:]]])
    duration_axis(axes, *duration_limits(values.min(), values.max()), height)
    _percentile_axis(axes, deepest)
    if floor:
        _draw_floor(axes, floor)
    for order, curve in enumerate(curves):
        _draw_curve(axes, curve, style[curve.trial.label], order)
    label_ends(axes, ends, height)
    return figure
