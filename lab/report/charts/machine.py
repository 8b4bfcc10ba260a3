"""The machine's own noise in a chart: how much of a curve or of a spike may be its doing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lab.report.charts.data import NoiseView, TrialView
from lab.report.charts.rug import draw_rug, inches_from
from strategies.units import format_duration

MACHINE = "#5f7488"
"""Slate grey: all that is the machine's and no strategy's."""

FLOOR = "machine noise"
WORST = f"{FLOOR}, worst"
STALLS = "stalls of the machine itself, on another core"
STALLS_IN = 0.12
"""Height at the foot of a panel that the tallest tick of a stall takes, in inches."""

DASHES = (4.0, 2.5)
_TALLEST_NS = 1e7
_STRIP = "#d9e6f2"


def draw_stalls(axes: Axes, trial: TrialView, span_s: float) -> None:
    """Mark when the control meter was stalled: the longer, the taller, up to 10 ms."""
    if not len(trial.stall_ns):
        return
    # a row of their own: ticks alone look like those of the collector
    axes.add_patch(
        Rectangle(
            (0.0, 0.0),
            span_s,
            STALLS_IN,
            transform=inches_from(axes, 0.0),
            facecolor=_STRIP,
            linewidth=0,
            zorder=0.6,
        )
    )
    # A third of the height for 100 us, which is where the meter begins to write them down.
    decades = np.log10(_TALLEST_NS / np.maximum(trial.stall_ns, 1.0))
    height_in = STALLS_IN * np.clip(1 - decades / 3, 0.2, 1.0)
    draw_rug(axes, trial.stall_start_s, height_in, span_s, colour=MACHINE, label=STALLS)


def draw_floor(axes: Axes, noise: NoiseView) -> None:
    """Draw the p99.9 of the machine's noise across a panel over time."""
    draw_level(axes, noise.p999_ns)


def draw_level(axes: Axes, floor_ns: float | None) -> None:
    """Draw a figure of the machine's noise across a panel; nothing where it is not known."""
    if floor_ns is not None:
        axes.axhline(
            floor_ns,
            color=MACHINE,
            linewidth=1.1,
            linestyle=(0.0, DASHES),
            label=FLOOR,
            zorder=2.2,
        )


def explain(trials: Iterable[TrialView], noise: NoiseView) -> list[Artist]:
    """Return the keys of those marks which occur."""
    keys: list[Artist] = []
    if noise.p999_ns is not None:
        keys.append(
            Line2D(
                [],
                [],
                color=MACHINE,
                linewidth=1.1,
                linestyle=(0.0, DASHES),
                label=f"{FLOOR}, p99.9: {format_duration(noise.p999_ns)}",
            )
        )
    if any(len(trial.stall_ns) for trial in trials):
        keys.append(
            Patch(facecolor=_STRIP, edgecolor=MACHINE, hatch="|||", linewidth=0, label=STALLS)
        )
    return keys


def floor_points(noise: NoiseView, end: float) -> list[tuple[float, float]]:
    """Return the known percentiles of the noise that lie on a percentile axis.

    Parameters
    ----------
    noise
        The machine's noise.
    end
        Where the axis ends, in nines: the maximum stands there.

    Returns
    -------
    list of (float, float)
        Place in nines and nanoseconds, ascending in nines.
    """
    inner = ((2.0, noise.p99_ns), (3.0, noise.p999_ns), (4.0, noise.p9999_ns))
    points = [(nines, ns) for nines, ns in inner if ns is not None and nines <= end + 1e-9]
    if noise.max_ns is not None:
        points.append((end, noise.max_ns))
    return points
