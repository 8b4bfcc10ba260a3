"""How the collector's worst pause grows with the cache, and what larger ones would have.

A power law is fitted to the worst pause of each trial; its exponent says whether the pause grows
in proportion. Beyond the sizes that were measured the line is dashed: nobody has seen it.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lab.report.charts.data import RunView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.laws import LARGE, Line, line_of, lines_of, pause_ns, walked
from lab.report.charts.machine import MACHINE, WORST, draw_level
from lab.report.charts.plain import Axis, Plain, Row, Series, level
from lab.report.charts.series import ENTRIES, families, full_pauses, named
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
TITLE = "Worst GC pause against the number of objects walked, with the fitted power law"
NEEDS = "a strategy with GC pauses at three sizes or more (several entries in the matrix)"


def applies(run: RunView) -> bool:
    """Whether any strategy paused at enough sizes for a fit."""
    return any(line_of(family)[0] is not None for family in families(run, ENTRIES))


def _remarks(lines: list[Line], left_out: dict[str, list[str]]) -> list[str]:
    remarks = [f"{why}: {named(who)}" for why, who in left_out.items() if who]
    most = max(line.fit.most_x for line in lines)
    if any(line.reach > line.fit.most_x for line in lines):
        remarks.append(
            f"{format_count(LARGE)} is {LARGE / most:,.3g} times the largest size measured: true "
            "only if the law goes on holding"
        )
    return remarks


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: nanoseconds against objects walked, both axes logarithmic."""
    lines, left_out = lines_of(run)
    if not lines:
        return None
    order = [family.name for family in families(run, ENTRIES)]
    least = min(line.fit.least_x for line in lines)
    return Plain(
        "Worst pause by what is walked",
        "Each mark is the worst pause of a trial. The line is a power law by least squares on the "
        "logarithms, the band its 95 % interval; dashed, it goes on to a size that nobody "
        "measured. An exponent of 1 is proportion.",
        Axis("objects walked", "count", log=True),
        Axis("worst pause", "ns", log=True),
        [
            *(_series(line, order.index(line.name)) for line in lines),
            *level(WORST, run.noise.max_ns, least, max(line.reach for line in lines)),
        ],
        ("strategy", "repeat", "objects walked", "worst pause", "by the fitted law"),
        [row for line in lines for row in _rows(line)],
        [
            *(", ".join([f"{line.name}: {line.exponent}", *line.beyond]) for line in lines),
            *(f"{why}: {', '.join(who)}" for why, who in left_out.items() if who),
        ],
    )


def _series(line: Line, look: int) -> Series:
    measured, beyond = line.measured, line.extrapolated
    return Series(
        line.name,
        look,
        points=[(float(walked(m)), pause_ns(m)) for m in line.members],
        line=[(x, value) for x, value, _, _ in measured],
        beyond=[(x, value) for x, value, _, _ in beyond],
        band=[(x, low, high) for x, _, low, high in measured + beyond],
    )


def _rows(line: Line) -> list[Row]:
    by_size = sorted(line.members, key=lambda m: (walked(m), m.trial.repeat))
    rows: list[Row] = [
        (
            line.name,
            str(member.trial.repeat),
            f"{walked(member):,}",
            format_duration(pause_ns(member)),
            format_duration(line.fit.at(walked(member))[0]),
        )
        for member in by_size
    ]
    if line.reach > line.fit.most_x:
        value, low, high = (format_duration(each) for each in line.fit.at(LARGE))
        law = f"{value} ({low} to {high})"
        rows.append((line.name, "extrapolated", f"{LARGE:,}", "not measured", law))
    return rows


def _end(line: Line, look: Look) -> End:
    name = [*wrap(line.name, LABEL_IN), line.exponent]
    name += [part for words in line.beyond for part in wrap(words, LABEL_IN)]
    return End((line.reach, line.fit.at(line.reach)[0]), name, look.text_colour)


def _draw_line(axes: Axes, line: Line, look: Look) -> None:
    """Draw every full pause faintly, the worst of each trial, the line and its band."""
    faint_x, faint_y = [], []
    for member in line.members:
        _, lengths = full_pauses(member.trial)
        faint_x += [float(walked(member))] * len(lengths)
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
    for part, measured in (
        (line.measured, True),
        (line.extrapolated, False),
    ):
        if not part:
            continue
        x, value, low, high = np.array(part).T
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
        [walked(member) for member in line.members],
        [pause_ns(member) for member in line.members],
        linestyle="none",
        color=look.colour,
        marker=look.marker,
        markersize=8,
        markeredgecolor="white",
        markeredgewidth=0.8,
        label=line.name,
        zorder=3,
    )


def _walked_axis(axes: Axes, low: float, high: float) -> None:
    ticks = log_ticks(low, high, 7)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([format_count(tick) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel("Objects that a full collection walks", color=INK)


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
    """Draw worst and single full pauses in nanoseconds against objects walked, in logarithms."""
    lines, left_out = lines_of(run)
    of, subject = "GC pauses", "by what a full collection walks"
    if not lines:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    style = looks_of([family.name for family in families(run, ENTRIES)])
    floor_ns = run.noise.max_ns
    ends = [_end(line, style[line.name]) for line in lines]
    limits = [pause_ns(member) for line in lines for member in line.members]
    limits += [end for line in lines for end in line.fit.at(line.reach)]
    limits += [ns for line in lines for m in line.members for ns in full_pauses(m.trial)[1]]
    least = min(line.fit.least_x for line in lines) / 1.25
    most = max(end.at[0] for end in ends) * 1.12
    if floor_ns is not None:
        ends.append(End((most, floor_ns), [WORST], MACHINE))
        limits.append(floor_ns)
    figure, axes, height = sheet_with_ends(
        run,
        subject,
        ends,
        "large: the worst of a trial; small: each full collection",
        "line: a power law, least squares; shaded and in brackets: 95 %",
        *_remarks(lines, left_out),
        merged=True,
        of=of,
        values="Worst GC pause",
    )
    duration_axis(axes, *duration_limits(min(limits), max(limits)), height)
    _walked_axis(axes, least, most)
    draw_level(axes, floor_ns)
    if any(line.reach > line.fit.most_x for line in lines):
        _mark_extension(axes, max(line.fit.most_x for line in lines))
    for line in lines:
        _draw_line(axes, line, style[line.name])
    label_ends(axes, ends, height)
    return figure
