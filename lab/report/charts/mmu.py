"""Minimum mutator utilisation: what the collector leaves of the worst window of each length.

Where a curve is at 0, a window of that length has gone by with no request served; it leaves 0 at
the longest pause. How it rises from there shows whether pauses come one by one or in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lab.analysis.mmu import mmu, window_lengths
from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.plain import Axis, Plain, Series
from lab.report.charts.series import Setting, listed, one_setting, repeats
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    FAINT,
    GRID,
    INK,
    Look,
    duration_tick,
    house_style,
    looks,
)
from lab.report.charts.words import display_name, labels
from strategies.units import format_duration

NAME = "mmu"
TITLE = "Minimum mutator utilisation by length of the window, all strategies in one chart"
NEEDS = "a strategy with GC pauses"

_MOST = 8
_POINTS = 160
_NEVER = "#5c5c5c"
_APART = (0.12, 0.88)
"""Between these shares the curves are apart; above they all come together."""

_NEARLY = 0.95  # a trial of 10 s is measured for a little less
_TABLE_NS = (1e6, 1e7, 1e8, 1e9, 1e10)


@dataclass(frozen=True, eq=False)
class _Curve:
    """The least utilisation over a strategy's repeats."""

    trial: TrialView
    windows_ns: Floats
    shares: Floats
    longest_ns: float


def _total_ns(trial: TrialView) -> int:
    """Return how long a trial was measured; of one that does not count, as far as it is known."""
    if trial.figures is not None:
        return round(trial.figures.measured_s * 1e9)
    return round((float(trial.time_s.max()) + trial.interval_s) * 1e9) if len(trial.time_s) else 0


def _curve(trials: list[TrialView]) -> _Curve | None:
    """Take the least of all repeats, as far as the shortest of them goes."""
    total_ns = min(_total_ns(trial) for trial in trials)
    if total_ns <= 0 or not any(len(trial.pause_ns) for trial in trials):
        return None
    windows = window_lengths(total_ns, _POINTS)
    shares = [
        mmu(np.round(t.pause_start_s * 1e9).astype(np.int64), t.pause_ns, _total_ns(t), windows)
        for t in trials
    ]
    longest_ns = max(float(trial.pause_ns.max(initial=0)) for trial in trials)
    return _Curve(trials[0], windows.astype(np.float64), np.min(shares, axis=0), longest_ns)


def _curves(trials_of_run: Sequence[TrialView]) -> tuple[list[_Curve], list[TrialView]]:
    """Return a curve for each strategy that paused, and a trial of each that never did."""
    curves, never = [], []
    for trials in repeats(trials_of_run).values():
        curve = _curve(trials)
        if curve is not None:
            curves.append(curve)
        elif _total_ns(trials[0]) > 0:
            never.append(trials[0])
    return curves, never


def _chosen(curves: list[_Curve]) -> list[_Curve]:
    """Keep the strategies with the longest pauses where there are too many for one chart."""
    kept = sorted(curves, key=lambda curve: -curve.longest_ns)[:_MOST]
    return [curve for curve in curves if curve in kept]


def applies(run: RunView) -> bool:
    """Whether any strategy paused."""
    return bool(_curves(one_setting(run).trials)[0])


def _draw_curve(axes: Axes, curve: _Curve, look: Look, order: int) -> None:
    axes.plot(
        curve.windows_ns,
        100 * curve.shares,
        color=look.colour,
        linestyle=look.line_style,
        linewidth=2.0,
        alpha=1.0 if curve.trial.counts else FAINT,
        marker=look.marker,
        markevery=(7 + 5 * (order % 4), 21),
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.7,
        label=display_name(curve.trial),
        clip_on=False,
        zorder=3,
    )


def _axes(axes: Axes, low_ns: float, high_ns: float) -> None:
    last = int(np.floor(np.log10(high_ns / _NEARLY)))
    first = int(np.ceil(np.log10(low_ns) - 1e-9))
    ticks = [10.0**exponent for exponent in range(first, last + 1)]
    axes.set_xscale("log")
    axes.set_xlim(low_ns, max(high_ns, ticks[-1]))
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([duration_tick(tick) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    axes.yaxis.set_major_formatter(FixedFormatter(["0 %", "25 %", "50 %", "75 %", "100 %"]))
    axes.grid(visible=True, color=GRID, linewidth=0.7)
    axes.set_xlabel("Length of the window", color=INK)


def _spots(curves: list[_Curve]) -> list[tuple[float, float]]:
    """Return where each curve is named: one below the other, the longest pauses lowest."""
    order = sorted(range(len(curves)), key=lambda number: -curves[number].longest_ns)
    low, high = _APART
    spots = [(0.0, 0.0)] * len(curves)
    for rank, number in enumerate(order):
        wanted = low + (high - low) * (rank + 0.5) / len(curves)
        curve = curves[number]
        above = np.flatnonzero(curve.shares >= wanted)
        at = int(above[0]) if len(above) else -1
        spots[number] = (float(curve.windows_ns[at]), 100 * float(curve.shares[at]))
    return spots


def _ends(
    curves: list[_Curve], never: list[TrialView], style: dict[str, Look], setting: Setting
) -> list[End]:
    ends = [
        End(
            spot,
            [
                *wrap(setting.name(curve.trial), LABEL_IN),
                f"longest pause {format_duration(curve.longest_ns)}",
            ],
            style[curve.trial.label].text_colour,
        )
        for curve, spot in zip(curves, _spots(curves), strict=True)
    ]
    if never:
        names = listed([setting.name(trial) for trial in never], 4)
        edge = max(float(curve.windows_ns[-1]) for curve in curves)
        ends.append(End((edge, 100.0), wrap(f"no GC pause: {names}", LABEL_IN), _NEVER))
    return ends


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: shares of 1 against nanoseconds of window."""
    setting = one_setting(run)
    every, never = _curves(setting.trials)
    curves, order = _chosen(every), labels(run)
    if not curves:
        return None
    silent = ", ".join(setting.name(trial) for trial in never)
    return Plain(
        "What the pauses leave of the worst window",
        "Minimum mutator utilisation: the part of the worst window of each length that the "
        "collector left for work. A curve leaves 0 at the longest pause; how slowly it rises says "
        "whether pauses come in a row.",
        Axis("length of the window", "ns", log=True),
        Axis("left for work", "share", log=False),
        [
            Series(
                setting.name(curve.trial),
                order.index(curve.trial.label),
                line=list(zip(curve.windows_ns.tolist(), curve.shares.tolist(), strict=True)),
            )
            for curve in curves
        ],
        ("strategy", "longest pause", *(duration_tick(window) for window in _TABLE_NS)),
        [
            (
                setting.name(curve.trial),
                format_duration(curve.longest_ns),
                *(_left(curve, window) for window in _TABLE_NS),
            )
            for curve in curves
        ],
        [*setting.remarks, *([f"no GC pause: {silent}"] if silent else [])],
    )


def _left(curve: _Curve, window_ns: float) -> str:
    """Read a curve off at a window; one that is longer than the trial has nothing."""
    if window_ns * _NEARLY > curve.windows_ns[-1]:
        return "-"
    return f"{100 * float(np.interp(window_ns, curve.windows_ns, curve.shares)):.1f} %"


@house_style
def draw(run: RunView) -> Figure:
    """Draw the utilisation in per cent against nanoseconds of window, on a log axis."""
    setting = one_setting(run)
    every, never = _curves(setting.trials)
    curves = _chosen(every)
    of, subject = "Minimum mutator utilisation", ": what GC pauses left of the worst window"
    if not curves:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    style = looks(run)
    ends = _ends(curves, never, style, setting)
    remarks = setting.remarks
    if any(len(trials) > 1 for trials in repeats(setting.trials).values()):
        remarks.append("the least of all repeats")
    left_out = [curve.trial.label for curve in every if curve not in curves]
    if left_out:
        remarks.append(f"not drawn, pauses shorter than these: {listed(left_out)}")
    if len(never) > 4:
        remarks.append(f"no GC pause: {', '.join(trial.label for trial in never)}")
    figure, axes, height = sheet_with_ends(
        run, subject, ends, *remarks, merged=True, of=of, values="Left for work"
    )
    edge = max(float(curve.windows_ns[-1]) for curve in curves)
    _axes(axes, min(float(curve.windows_ns[0]) for curve in curves), edge)
    if never:
        axes.plot(
            axes.get_xlim(),
            [100, 100],
            color=_NEVER,
            linewidth=3.0,
            label="no GC pause",
            clip_on=False,
        )
    for order, curve in enumerate(curves):
        _draw_curve(axes, curve, style[curve.trial.label], order)
    label_ends(axes, ends, height)
    return figure
