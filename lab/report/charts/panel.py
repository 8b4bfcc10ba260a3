"""A panel over time: the head that names its trial, and its lines of worst and p99."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.report.charts.data import Floats, TrialView
from lab.report.charts.sheet import WIDTH_IN, text_height_in, text_width_in, wrap, write
from lab.report.charts.style import FAINT, Look
from lab.report.charts.words import display_name, full_collections, value_at
from strategies.units import format_duration

LEFT_IN = 1.05
ACROSS_IN = WIDTH_IN - LEFT_IN - 0.3
P99_COLOUR = "#8c8c8c"
_NAME_IN = 0.2  # room for the marker before the name
DUE = "each step is the {} in which requests were due, so that it may begin before the pause in it"
"""What a reader must know of the steps, with the length of an interval."""


def steps(trial: TrialView, values: Floats) -> tuple[Floats, Floats]:
    """Return the corners of a step line, broken where intervals are missing."""
    start = trial.time_s
    end = start + trial.interval_s
    x = np.column_stack([start, end, end]).ravel()
    follows = np.append(start[1:] - end[:-1] < trial.interval_s / 2, True)
    y = np.column_stack([values, values, np.where(follows, values, np.nan)]).ravel()
    return x, y


def summary(trial: TrialView) -> str:
    """Say the few numbers that a reader would look for."""
    tail = value_at(trial, 0.999)
    known = trial.max_ns[np.isfinite(trial.max_ns)]
    worst = format_duration(float(known.max())) if len(known) else "n/a"
    pauses = len(trial.pause_ns)
    full = full_collections(trial)
    if full and len(trial.cycle_ns):
        longest = format_duration(float(trial.pause_ns.max(initial=0)))
        collector = f"{full} full collection{'s' if full > 1 else ''}, longest GC pause {longest}"
    elif full:
        collector = f"{full} full collection{'s' if full > 1 else ''}"
    elif pauses:
        collector = f"no gen 2, longest GC pause {format_duration(float(trial.pause_ns.max()))}"
    else:
        collector = "no GC pause"
    tail_text = "n/a" if tail is None else format_duration(tail)
    return f"p99.9 {tail_text} · max {worst} · {collector}"


def opacity(trial: TrialView) -> float:
    """Return how strongly a trial is drawn: faintly where it does not count."""
    return 1.0 if trial.counts else FAINT


def _name(trial: TrialView, before: str) -> list[str]:
    return wrap(before + display_name(trial), ACROSS_IN - _NAME_IN, weight="bold")


def head_lines(trial: TrialView, before: str = "") -> int:
    """Count the lines over a panel: the numbers stand beside the name if there is room."""
    name = _name(trial, before)
    beside_in = _NAME_IN + text_width_in(name[-1], weight="bold") + 0.3
    fits = beside_in + text_width_in(summary(trial)) <= ACROSS_IN
    return len(name) if fits else len(name) + 1


def draw_head(
    figure: Figure, top_in: float, trial: TrialView, look: Look, before: str = ""
) -> None:
    """Write name and numbers of a trial over its panel; ``before`` stands before the name."""
    left = LEFT_IN + _NAME_IN
    write(figure, left, top_in, _name(trial, before), weight="bold", colour=look.text_colour)
    last_in = top_in - text_height_in(head_lines(trial, before) - 1)
    write(figure, LEFT_IN + ACROSS_IN, last_in, [summary(trial)], align="right")
    figure.add_artist(
        Line2D(
            [LEFT_IN + 0.06],
            [top_in - text_height_in(1) / 2],
            transform=figure.dpi_scale_trans,
            color=look.colour,
            marker=look.marker,
            markersize=7,
            alpha=opacity(trial),
        )
    )


def draw_lines(axes: Axes, trial: TrialView, look: Look) -> None:
    """Draw the worst and the p99 of each interval, in nanoseconds against seconds."""
    _draw_steps(axes, trial, trial.p99_ns, "p99", P99_COLOUR, share=0.6, order=2.5)
    draw_worst(axes, trial, look)


def draw_worst(axes: Axes, trial: TrialView, look: Look) -> None:
    """Draw the worst of each interval, in nanoseconds against seconds."""
    _draw_steps(axes, trial, trial.max_ns, "max", look.colour, share=1.0, order=3.0)


def _draw_steps(
    axes: Axes,
    trial: TrialView,
    values: Floats,
    name: str,
    colour: str,
    *,
    share: float,
    order: float,
) -> None:
    # Hundreds of intervals in thick lines would run into one block of colour.
    width = min(1.7, max(0.9, 400 / max(len(trial.time_s), 1)))
    axes.plot(
        *steps(trial, values),
        color=colour,
        linewidth=width * share,
        label=name,
        zorder=order,
        solid_joinstyle="miter",
        alpha=opacity(trial),
    )
