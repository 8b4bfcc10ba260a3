"""Spikes over time: one panel per strategy, on the same axes, with the collector's pauses.

The worst request of each interval is the line that matters; its 99th percentile shows whether
a spike caught a few requests or all of them. Requests stand at their intended start, so that
the slope behind a pause is the queue that it left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lab.report.charts import machine
from lab.report.charts.data import NoiseView, RunView, TrialView
from lab.report.charts.panel import (
    ACROSS_IN,
    DUE,
    LEFT_IN,
    P99_COLOUR,
    draw_head,
    draw_lines,
    head_lines,
)
from lab.report.charts.pauses import ABOVE_IN, RUG_IN, draw_pauses, explain
from lab.report.charts.sheet import (
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
    duration_axis,
    duration_limits,
    duration_tick,
    house_style,
    looks,
)
from lab.report.charts.words import REQUESTS_BEYOND, shown, value_at

NAME = "timeline"
TITLE = "Response time over time with GC pauses, one panel per strategy"

_BELOW_IN = 0.42
_BETWEEN_IN = 0.16
_PANELS_IN = 5.0


def _has_p99(trial: TrialView) -> bool:
    return bool(np.isfinite(trial.p99_ns).any())


def _foot_in(trials: Sequence[TrialView]) -> float:
    """Return the height at the foot of every panel that the machine's stalls take, in inches."""
    return machine.STALLS_IN + 0.03 if any(len(trial.stall_ns) for trial in trials) else 0.0


def _draw_panel(axes: Axes, trial: TrialView, look: Look, span_s: float, foot_in: float) -> None:
    draw_pauses(axes, trial, span_s, foot_in)
    machine.draw_stalls(axes, trial, span_s)
    draw_lines(axes, trial, look)


def _keys(trials: Sequence[TrialView], span_s: float, noise: NoiseView) -> list[Artist]:
    lengths = sorted({trial.interval_s for trial in trials})
    interval = " or ".join(duration_tick(length * 1e9) for length in lengths)
    lines: list[Artist] = [Line2D([], [], color=INK, linewidth=1.9, label=f"max per {interval}")]
    if any(_has_p99(trial) for trial in trials):
        lines.append(Line2D([], [], color=P99_COLOUR, linewidth=1.2, label=f"p99 per {interval}"))
    return [*lines, *explain(trials, span_s), *machine.explain(trials, noise)]


def _limits(trials: Sequence[TrialView], noise: NoiseView, rug: float) -> tuple[float, float]:
    """Return the y limits in nanoseconds that all panels share; the quiet marks get a share."""
    drawn = [values[np.isfinite(values)] for t in trials for values in (t.p99_ns, t.max_ns)]
    floor = [] if noise.p999_ns is None else [noise.p999_ns]
    values = np.concatenate([*drawn, floor])
    bottom, top = duration_limits(values.min(), values.max()) if len(values) else (1e3, 1e6)
    return float(bottom / (top / bottom) ** (rug / (1 - rug))), top


def _span_s(trials: Sequence[TrialView]) -> float:
    """Return the end of the longest trial, in seconds: the x axis that all panels share."""
    ends = [float(t.time_s.max()) + t.interval_s for t in trials if len(t.time_s)]
    pauses = [float(t.pause_start_s.max()) for t in trials if len(t.pause_start_s)]
    return max([*ends, *pauses], default=1.0)


def _remarks(trials: Sequence[TrialView]) -> list[str]:
    """Say what a reader would look for and not find."""
    remarks = []
    silent = [trial.label for trial in trials if not _has_p99(trial)]
    if silent:
        remarks.append(f"too few requests per interval for a p99: {', '.join(silent)}")
    if any(len(trial.pause_ns) for trial in trials):
        remarks.append(DUE.format(duration_tick(trials[0].interval_s * 1e9)))
    if _foot_in(trials):
        remarks.append("stalls of the machine: the taller, the longer")
    if any(value_at(trial, 0.999) is None for trial in trials):
        remarks.append(f"n/a: fewer than {REQUESTS_BEYOND} requests lie beyond")
    return remarks


@house_style
def draw(run: RunView) -> Figure:
    """Draw max and p99 of each interval in nanoseconds on a log axis, against seconds."""
    trials = shown(run)
    if not trials:
        return nothing_to_draw(run, "over time", "No trial has anything to draw.")
    span_s = _span_s(trials)
    keys = _keys(trials, span_s, run.noise)
    foot_in = _foot_in(trials)
    key_in = key_height_in(keys) + _BETWEEN_IN
    heads = [text_height_in(head_lines(trial)) + ABOVE_IN for trial in trials]
    panel_in = min(max(_PANELS_IN / len(trials) - 0.3, 0.8), 3.2) + foot_in
    rows_in = sum(heads) + len(trials) * (panel_in + _BETWEEN_IN)
    figure, bottom = new_sheet(run, "over time", key_in + rows_in + _BELOW_IN, *_remarks(trials))
    top = bottom + _BELOW_IN + rows_in
    draw_key(figure, top + key_in, keys)
    name_values(figure, run, bottom + _BELOW_IN, rows_in)
    style = looks(run)
    limits = _limits(trials, run.noise, (RUG_IN + foot_in) / panel_in)
    first: Axes | None = None
    for trial, head_in in zip(trials, heads, strict=True):
        draw_head(figure, top, trial, style[trial.label])
        box = (LEFT_IN, top - head_in - panel_in, ACROSS_IN, panel_in)
        axes = add_axes(figure, box, sharex=first, sharey=first)
        duration_axis(axes, *limits, panel_in)
        _draw_panel(axes, trial, style[trial.label], span_s, foot_in)
        machine.draw_floor(axes, run.noise)
        axes.tick_params(labelbottom=trial is trials[-1])
        first = first or axes
        top -= head_in + panel_in + _BETWEEN_IN
    axes.set_xlim(0, span_s)
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Seconds since the start of the measured phase", color=INK)
    return figure
