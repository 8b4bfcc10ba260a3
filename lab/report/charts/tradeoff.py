"""What each strategy costs and gives, at a glance: memory, tail latency and CPU in one picture."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from lab.analysis.figures import TrialFigures
from lab.report.charts.bubbles import LARGEST_IN, draw_sizes, radius_in
from lab.report.charts.data import RunView
from lab.report.charts.machine import MACHINE
from lab.report.charts.place import Bubble, place
from lab.report.charts.series import Measured, Setting, listed, one_setting, repeats, with_figures
from lab.report.charts.sheet import (
    GAP_IN,
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
)
from lab.report.charts.style import (
    BASE_PT,
    GRID,
    INK,
    QUIET,
    Look,
    bytes_tick,
    duration_axis,
    duration_limits,
    house_style,
    log_ticks,
    looks,
)
from lab.report.charts.words import metric, value_at
from strategies.units import format_duration

NAME = "tradeoff"
TITLE = "Memory, tail latency and CPU of each strategy, one bubble each"
NEEDS = "two strategies or more with a p99.9 (or p99), a figure of memory and of CPU"

_LEFT_IN = 1.05
_RIGHT_IN = 0.35  # the last tick may stand at the edge
_BELOW_IN = 0.55
_HEIGHT_IN = 4.4
_PER_LABEL_IN = 0.2  # more strategies need more room
_LABEL_IN, _LOG_FROM = 2.6, 6.0
_QUANTILES = (0.999, 0.99)


@dataclass(frozen=True)
class _Memory:
    """A figure of memory, and what it is called."""

    name: str
    of: Callable[[TrialFigures], float | None]


_MEMORIES = (
    _Memory("Bytes per entry", lambda f: f.bytes_per_entry),
    _Memory("Resident memory of the worker", lambda f: f.rss_bytes),
)


@dataclass(frozen=True)
class _Spot:
    """One strategy: medians over its trials, and the range of its tail."""

    label: str
    name: str
    memory: float
    tail_ns: float
    least_ns: float
    most_ns: float
    busy: float


@dataclass(frozen=True)
class _Spots:
    """What is drawn, on which axes, and what is not."""

    spots: list[_Spot]
    memory: _Memory
    quantile: float
    setting: Setting
    incomplete: list[str]

    @property
    def percentile(self) -> str:
        """Return the name of the percentile: ``p99.9``."""
        return f"p{100 * self.quantile:g}"


def _spot(members: Sequence[Measured], memory: _Memory, quantile: float, name: str) -> _Spot | None:
    tails = [value_at(member.trial, quantile) for member in members]
    memories = [memory.of(member.figures) for member in members]
    busy = [member.figures.busy_share for member in members]
    known_tails = [value for value in tails if value is not None]
    known_memories = [value for value in memories if value is not None and value > 0]
    known_busy = [value for value in busy if value is not None]
    if min(len(known_tails), len(known_memories), len(known_busy)) < len(members):
        return None
    return _Spot(
        members[0].trial.label,
        name,
        statistics.median(known_memories),
        statistics.median(known_tails),
        min(known_tails),
        max(known_tails),
        statistics.median(known_busy),
    )


def _spots(run: RunView) -> _Spots:
    """Take the deepest percentile, and the better figure of memory, that two strategies have."""
    setting = one_setting(run)
    by_label: dict[str, list[Measured]] = {}
    for one in with_figures(setting.trials):
        by_label.setdefault(one.trial.label, []).append(one)
    found: list[_Spot] = []
    for quantile in _QUANTILES:
        for memory in _MEMORIES:
            each = [
                _spot(ones, memory, quantile, ones[0].trial.strategy if setting.others else label)
                for label, ones in by_label.items()
            ]
            found = [spot for spot in each if spot is not None]
            if len(found) > 1:
                drawn = {spot.label for spot in found}
                incomplete = [label for label in by_label if label not in drawn]
                return _Spots(found, memory, quantile, setting, incomplete)
    return _Spots([], _MEMORIES[0], _QUANTILES[0], setting, list(by_label))


def applies(run: RunView) -> bool:
    """Whether two strategies have all three figures."""
    return bool(_spots(run).spots)


def _memory_axis(axes: Axes, values: Sequence[float], name: str) -> None:
    """Make x linear from 0, or logarithmic where the values are far apart; with room beside."""
    low, high = min(values), max(values)
    if high / low < _LOG_FROM:
        edge = 1.25 * high
        axes.set_xlim(0, edge)
        ticks = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(0, edge)
        axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= edge]))
    else:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.5, high * 1.8)
        axes.xaxis.set_major_locator(FixedLocator(log_ticks(*axes.get_xlim(), 8)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: bytes_tick(value)))
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel(name, color=INK)


def _draw_spots(
    axes: Axes, found: _Spots, style: dict[str, Look], box: tuple[float, float]
) -> None:
    """Draw the bubbles, then their names where there is room."""
    most = max(spot.busy for spot in found.spots)
    to_share = axes.transData + axes.transAxes.inverted()
    bubbles = []
    spots = sorted(found.spots, key=lambda spot: -spot.busy)  # small ones in front
    for spot in spots:
        radius = radius_in(spot.busy, most)
        look = style[spot.label]
        if spot.most_ns > spot.least_ns:
            axes.plot(
                [spot.memory] * 2,
                [spot.least_ns, spot.most_ns],
                color=INK,
                linewidth=1.2,
                zorder=3.1,
                label=f"{spot.name}, all repeats",
            )
        axes.plot(
            [spot.memory],
            [spot.tail_ns],
            linestyle="none",
            marker="o",
            markersize=2 * 72 * radius,
            markerfacecolor=look.colour,
            markeredgecolor="white",
            markeredgewidth=0.8,
            alpha=0.8,
            label=spot.name,
            clip_on=False,
            zorder=3,
        )
        x, y = to_share.transform((spot.memory, spot.tail_ns))
        bubbles.append(Bubble(float(x) * box[0], float(y) * box[1], radius))
    names = [wrap(spot.name, _LABEL_IN) for spot in spots]
    sizes = [(max(text_width_in(line) for line in n), text_height_in(len(n))) for n in names]
    centres = place(bubbles, sizes, box)
    for spot, bubble, name, size, centre in zip(spots, bubbles, names, sizes, centres, strict=True):
        axes.text(
            centre[0] / box[0],
            centre[1] / box[1],
            "\n".join(name),
            transform=axes.transAxes,
            color=style[spot.label].text_colour,
            fontsize=BASE_PT,
            horizontalalignment="center",
            verticalalignment="center",
            zorder=4,
        )
        _draw_leader(axes, bubble, centre, size, box)


def _draw_leader(
    axes: Axes,
    bubble: Bubble,
    centre: tuple[float, float],
    size: tuple[float, float],
    box: tuple[float, float],
) -> None:
    """Join a label to its bubble where it could not stay close."""
    near = np.clip(
        (bubble.x, bubble.y),
        np.array(centre) - np.array(size) / 2,
        np.array(centre) + np.array(size) / 2,
    )
    away = near - (bubble.x, bubble.y)
    distance = float(np.hypot(*away))
    if distance < bubble.radius + 0.12:
        return
    start = np.array((bubble.x, bubble.y)) + away * bubble.radius / distance
    ends = np.array([start, near]) / np.array(box)
    axes.plot(
        ends[:, 0],
        ends[:, 1],
        transform=axes.transAxes,
        color=QUIET,
        linewidth=0.8,
        linestyle=":",
        label="_leader",
        zorder=2.8,
    )


def _limits(values: Sequence[float], height_in: float) -> tuple[float, float]:
    """Return limits in nanoseconds that leave room for the largest bubble at either end."""
    low, high = duration_limits(min(values), max(values))
    room = (high / low) ** (LARGEST_IN / (height_in - 2 * LARGEST_IN))
    return low / room, high * room


def _keys(found: _Spots, floor_ns: float | None) -> list[Artist]:
    keys: list[Artist] = []
    if floor_ns is not None:
        words = f"within the machine's noise ({found.percentile} {format_duration(floor_ns)})"
        keys.append(Patch(color=MACHINE, alpha=0.16, linewidth=0, label=words))
    if any(spot.most_ns > spot.least_ns for spot in found.spots):
        keys.append(
            Line2D(
                [], [], color=INK, linewidth=1.2, label="from the least to the most of the repeats"
            )
        )
    return keys


def _remarks(run: RunView, found: _Spots) -> list[str]:
    remarks = []
    if any(sum(t.label == spot.label for t in run.trials) > 1 for spot in found.spots):
        remarks.append("medians over the valid trials")
    remarks += found.setting.remarks
    if found.incomplete:
        remarks.append(f"a figure is missing: {listed(found.incomplete)}")
    drawn = {spot.label for spot in found.spots} | {*found.incomplete}
    without = [label for label in repeats(found.setting.trials) if label not in drawn]
    if without:
        remarks.append(f"no valid trial: {listed(without)}")
    return remarks


@house_style
def draw(run: RunView) -> Figure:
    """Draw the tail in nanoseconds, on a log axis, against bytes, areas as the CPU's share."""
    found = _spots(run)
    subject = f"({found.percentile}) against memory and CPU: lower, further left, smaller is better"
    if not found.spots:
        return nothing_to_draw(run, "against memory and CPU", f"This chart needs {NEEDS}.")
    floor_ns = run.noise.p999_ns if found.quantile == _QUANTILES[0] else run.noise.p99_ns
    keys = _keys(found, floor_ns)
    key_in = (key_height_in(keys) if keys else 0.0) + 2 * LARGEST_IN + GAP_IN
    height = max(_HEIGHT_IN, 2.4 + _PER_LABEL_IN * len(found.spots))
    body_in = key_in + height + _BELOW_IN
    figure, bottom = new_sheet(run, subject, body_in, *_remarks(run, found), merged=True)
    top = bottom + body_in
    if keys:
        draw_key(figure, top, keys)
    most = max(spot.busy for spot in found.spots)
    draw_sizes(figure, top - (key_height_in(keys) if keys else 0.0), most)
    box = (WIDTH_IN - _LEFT_IN - _RIGHT_IN, height)
    axes = add_axes(figure, (_LEFT_IN, bottom + _BELOW_IN, *box))
    name_values(figure, run, bottom + _BELOW_IN, height, f"{metric(run)}, {found.percentile}")
    values = [ns for spot in found.spots for ns in (spot.least_ns, spot.most_ns)]
    low, high = _limits(values, height)
    duration_axis(axes, low, high, height)
    _memory_axis(axes, [spot.memory for spot in found.spots], found.memory.name)
    if floor_ns is not None and floor_ns > low:
        axes.axhspan(low, min(floor_ns, high), color=MACHINE, alpha=0.16, linewidth=0, zorder=0.3)
    _draw_spots(axes, found, looks(run), box)
    return figure
