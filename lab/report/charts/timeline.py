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
from lab.report.charts.data import Floats, NoiseView, RunView, TrialView
from lab.report.charts.pauses import ABOVE_IN, RUG_IN, draw_pauses, explain
from lab.report.charts.sheet import (
    WIDTH_IN,
    add_axes,
    draw_key,
    key_height_in,
    name_values,
    new_sheet,
    nothing_to_draw,
    text_height_in,
    text_width_in,
    wrap,
    write,
)
from lab.report.charts.style import (
    FAINT,
    INK,
    Look,
    duration_axis,
    duration_limits,
    duration_tick,
    house_style,
    looks,
)
from lab.report.charts.words import REQUESTS_BEYOND, display_name, full_collections, shown, value_at
from strategies.units import format_duration

NAME = "timeline"
TITLE = "Response time over time with GC pauses, one panel per strategy"

_LEFT_IN = 1.05
_WIDTH_IN = WIDTH_IN - _LEFT_IN - 0.3
_NAME_IN = 0.2  # room for the marker before the name
_BELOW_IN = 0.42
_BETWEEN_IN = 0.16
_PANELS_IN = 5.0
_P99_COLOUR = "#8c8c8c"


def _steps(trial: TrialView, values: Floats) -> tuple[Floats, Floats]:
    """Return the corners of a step line, broken where intervals are missing."""
    start = trial.time_s
    end = start + trial.interval_s
    x = np.column_stack([start, end, end]).ravel()
    follows = np.append(start[1:] - end[:-1] < trial.interval_s / 2, True)
    y = np.column_stack([values, values, np.where(follows, values, np.nan)]).ravel()
    return x, y


def _summary(trial: TrialView) -> str:
    """Say the few numbers that a reader would look for."""
    tail = value_at(trial, 0.999)
    known = trial.max_ns[np.isfinite(trial.max_ns)]
    worst = format_duration(float(known.max())) if len(known) else "n/a"
    pauses = len(trial.pause_ns)
    full = full_collections(trial)
    if full:
        collector = f"{full} full collection{'s' if full > 1 else ''}"
    elif pauses:
        collector = f"no gen 2, longest GC pause {format_duration(float(trial.pause_ns.max()))}"
    else:
        collector = "no GC pause"
    tail_text = "n/a" if tail is None else format_duration(tail)
    return f"p99.9 {tail_text} · max {worst} · {collector}"


def _name(trial: TrialView) -> list[str]:
    return wrap(display_name(trial), _WIDTH_IN - _NAME_IN, weight="bold")


def _head_lines(trial: TrialView) -> int:
    """Count the lines over a panel: the numbers stand beside the name if there is room."""
    name = _name(trial)
    beside_in = _NAME_IN + text_width_in(name[-1], weight="bold") + 0.3
    fits = beside_in + text_width_in(_summary(trial)) <= _WIDTH_IN
    return len(name) if fits else len(name) + 1


def _draw_head(figure: Figure, top_in: float, trial: TrialView, look: Look) -> None:
    left = _LEFT_IN + _NAME_IN
    write(figure, left, top_in, _name(trial), weight="bold", colour=look.text_colour)
    last_in = top_in - text_height_in(_head_lines(trial) - 1)
    write(figure, _LEFT_IN + _WIDTH_IN, last_in, [_summary(trial)], align="right")
    figure.add_artist(
        Line2D(
            [_LEFT_IN + 0.06],
            [top_in - text_height_in(1) / 2],
            transform=figure.dpi_scale_trans,
            color=look.colour,
            marker=look.marker,
            markersize=7,
            alpha=_opacity(trial),
        )
    )


def _has_p99(trial: TrialView) -> bool:
    return bool(np.isfinite(trial.p99_ns).any())


def _opacity(trial: TrialView) -> float:
    return 1.0 if trial.counts else FAINT


def _foot_in(trials: Sequence[TrialView]) -> float:
    """Return the height at the foot of every panel that the machine's stalls take, in inches."""
    return machine.STALLS_IN + 0.03 if any(len(trial.stall_ns) for trial in trials) else 0.0


def _draw_panel(axes: Axes, trial: TrialView, look: Look, span_s: float, foot_in: float) -> None:
    draw_pauses(axes, trial, span_s, foot_in)
    machine.draw_stalls(axes, trial, span_s)
    # Hundreds of intervals in thick lines would run into one block of colour.
    width = min(1.7, max(0.9, 400 / max(len(trial.time_s), 1)))
    for values, name, colour, share, order in (
        (trial.p99_ns, "p99", _P99_COLOUR, 0.6, 2.5),
        (trial.max_ns, "max", look.colour, 1.0, 3.0),
    ):
        axes.plot(
            *_steps(trial, values),
            color=colour,
            linewidth=width * share,
            label=name,
            zorder=order,
            solid_joinstyle="miter",
            alpha=_opacity(trial),
        )


def _keys(trials: Sequence[TrialView], span_s: float, noise: NoiseView) -> list[Artist]:
    lengths = sorted({trial.interval_s for trial in trials})
    interval = " or ".join(duration_tick(length * 1e9) for length in lengths)
    lines: list[Artist] = [Line2D([], [], color=INK, linewidth=1.9, label=f"max per {interval}")]
    if any(_has_p99(trial) for trial in trials):
        lines.append(Line2D([], [], color=_P99_COLOUR, linewidth=1.2, label=f"p99 per {interval}"))
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
    heads = [text_height_in(_head_lines(trial)) + ABOVE_IN for trial in trials]
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
        _draw_head(figure, top, trial, style[trial.label])
        box = (_LEFT_IN, top - head_in - panel_in, _WIDTH_IN, panel_in)
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
