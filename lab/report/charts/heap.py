"""How the collector's worst pause grows with the cache, and what larger ones would have.

A power law is fitted to the worst pause of each trial; its exponent says whether the pause grows
in proportion. Beyond the sizes that were measured the line is dashed: nobody has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lab.analysis.fit import LEAST_POINTS, Fit, power_law
from lab.report.charts.data import RunView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.machine import MACHINE, draw_level
from lab.report.charts.series import ENTRIES, Family, Measured, families, full_pauses, listed
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    GRID,
    INK,
    QUIET,
    SMALL_PT,
    Look,
    duration_axis,
    duration_limits,
    house_style,
    log_ticks,
    looks_of,
)
from strategies.units import format_count, format_duration

NAME = "heap"
TITLE = "Worst GC pause against the number of entries, with the fitted power law"
NEEDS = "a strategy with GC pauses at three sizes or more (several entries in the matrix)"

LARGE = 20_000_000
"""Where the line is extended to: the size of a large production cache."""

EXTEND_FROM = 1_000_000
"""A line that ends below that is not extended: it would be further than what it stands on."""

_USEFUL = 10.0  # a band that is wider, up or down, says nothing of a size that nobody measured
_MOST = 6
_SIZES = 3


@dataclass(frozen=True, eq=False)
class _Line:
    """A strategy with the trials that its fit stands on."""

    name: str
    members: list[Measured]
    fit: Fit

    @property
    def reach(self) -> float:
        """Return the number of entries up to which the line is drawn."""
        if not EXTEND_FROM <= self.fit.most_x < LARGE:
            return self.fit.most_x
        value, low, high = self.fit.at(LARGE)
        return LARGE if max(high / value, value / low) <= _USEFUL else self.fit.most_x


def _pause_ns(member: Measured) -> float:
    return member.figures.worst_pause_ns or 0.0


def _line(family: Family) -> tuple[_Line | None, list[str]]:
    """Fit a strategy's trials, if there are enough; name those that stay outside."""
    paused = [member for member in family.members if _pause_ns(member) > 0]
    # a young collection is no small full one: where there are full ones, they are the pause
    full = [member for member in paused if member.figures.full_collections]
    inside = full or paused
    sizes = {member.figures.entries for member in inside}
    if len(sizes) < _SIZES or len(inside) < LEAST_POINTS:
        return None, []
    fit = power_law([m.figures.entries for m in inside], [_pause_ns(m) for m in inside])
    outside = [member for member in family.members if member not in inside]
    return _Line(family.name, inside, fit), list(dict.fromkeys(m.trial.label for m in outside))


def _lines(run: RunView) -> tuple[list[_Line], list[str]]:
    """Return the lines to draw, longest pauses first if there are too many, and the remarks."""
    found, outside, few, never = [], [], [], []
    for family in families(run, ENTRIES):
        line, without = _line(family)
        if line is not None:
            found.append(line)
            outside += without
        elif any(_pause_ns(member) for member in family.members):
            few.append(family.name)
        else:
            never.append(family.name)
    by_pause = sorted(found, key=lambda line: -max(_pause_ns(m) for m in line.members))
    kept = by_pause[:_MOST]
    remarks = [
        f"{words}: {listed(names)}"
        for words, names in (
            ("no GC pause at any size", never),
            (f"pauses at fewer than {_SIZES} sizes, not drawn", few),
            ("without a full collection, not in the fit", outside),
            ("shorter pauses, not drawn", [line.name for line in found if line not in kept]),
        )
        if names
    ]
    return [line for line in found if line in kept], remarks


def applies(run: RunView) -> bool:
    """Whether any strategy paused at enough sizes for a fit."""
    return any(_line(family)[0] is not None for family in families(run, ENTRIES))


def _end(line: _Line, look: Look) -> End:
    fit, reach = line.fit, line.reach
    name = wrap(line.name, LABEL_IN)
    name.append(f"entries^{fit.exponent:.2f} ({fit.low:.2f} to {fit.high:.2f})")
    value, low, high = fit.at(reach)
    if reach > fit.most_x:
        name.append(f"at {format_count(LARGE)}: {format_duration(value)}")
        name += wrap(f"({format_duration(low)} to {format_duration(high)})", LABEL_IN)
    return End((reach, value), name, look.text_colour)


def _draw_line(axes: Axes, line: _Line, look: Look) -> None:
    """Draw every full pause faintly, the worst of each trial, the line and its band."""
    fit = line.fit
    faint_x, faint_y = [], []
    for member in line.members:
        _, lengths = full_pauses(member.trial)
        faint_x += [float(member.figures.entries)] * len(lengths)
        faint_y += lengths.tolist()
    axes.plot(
        faint_x,
        faint_y,
        "o",
        color=look.colour,
        alpha=0.3,
        markersize=4,
        markeredgewidth=0,
        zorder=2.4,
    )
    for low_x, high_x, measured in (
        (fit.least_x, fit.most_x, True),
        (fit.most_x, line.reach, False),
    ):
        if low_x == high_x:
            continue
        x = np.geomspace(low_x, high_x, 60)
        value, low, high = np.array([fit.at(each) for each in x]).T
        axes.fill_between(
            x, low, high, color=look.colour, alpha=0.16 if measured else 0.08, linewidth=0
        )
        axes.plot(
            x,
            value,
            color=look.colour,
            linewidth=2.0 if measured else 1.3,
            linestyle="-" if measured else (0.0, (5.0, 3.0)),
            label=f"{line.name}, {'fitted' if measured else 'extrapolated'}",
            zorder=2.6,
        )
    axes.plot(
        [member.figures.entries for member in line.members],
        [_pause_ns(member) for member in line.members],
        linestyle="none",
        color=look.colour,
        marker=look.marker,
        markersize=8,
        markeredgecolor="white",
        markeredgewidth=0.8,
        label=line.name,
        zorder=3,
    )


def _entries_axis(axes: Axes, low: float, high: float) -> None:
    ticks = log_ticks(low, high, 7)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([format_count(tick) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel("Entries in the cache", color=INK)


def _mark_extension(axes: Axes, start: float) -> None:
    """Shade what lies beyond every size that was measured."""
    axes.axvspan(start, axes.get_xlim()[1], color="#f3f3f3", linewidth=0, zorder=0.1)
    axes.annotate(
        "extrapolated,\nnot measured",
        (start, 0.98),
        xycoords=axes.get_xaxis_transform(),
        xytext=(6, -2),
        textcoords="offset points",
        fontsize=SMALL_PT,
        color=QUIET,
        verticalalignment="top",
    )


@house_style
def draw(run: RunView) -> Figure:
    """Draw worst and single full pauses in nanoseconds against entries, both axes logarithmic."""
    lines, remarks = _lines(run)
    of, subject = "GC pauses", "by size of the cache"
    if not lines:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    style = looks_of([family.name for family in families(run, ENTRIES)])
    floor_ns = run.noise.max_ns
    ends = [_end(line, style[line.name]) for line in lines]
    limits = [_pause_ns(member) for line in lines for member in line.members]
    limits += [end.at[1] for end in ends]
    limits += [ns for line in lines for m in line.members for ns in full_pauses(m.trial)[1]]
    least = min(line.fit.least_x for line in lines) / 1.25
    most = max(end.at[0] for end in ends) * 1.12
    if floor_ns is not None:
        ends.append(End((most, floor_ns), ["machine noise, worst"], MACHINE))
        limits.append(floor_ns)
    figure, axes, height = sheet_with_ends(
        run,
        subject,
        ends,
        "large: the worst of a trial; small: each full collection",
        "line: least squares on the logarithms of the worst; shaded and in brackets: 95 %",
        *remarks,
        merged=True,
        of=of,
        values="Worst GC pause",
    )
    duration_axis(axes, *duration_limits(min(limits), max(limits)), height)
    _entries_axis(axes, least, most)
    draw_level(axes, floor_ns)
    if any(line.reach > line.fit.most_x for line in lines):
        _mark_extension(axes, max(line.fit.most_x for line in lines))
    for line in lines:
        _draw_line(axes, line, style[line.name])
    label_ends(axes, ends, height)
    return figure
