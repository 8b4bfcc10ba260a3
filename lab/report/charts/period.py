"""Whether the rhythm of the full collections is the one that the collector's rules give.

CPython collects the whole heap once what is new comes to a quarter of it, so that the time
between two full collections follows from the rate of allocation and the size of the cache. Dots
on the diagonal: allocation drives them, and no timer.
"""

from __future__ import annotations

import statistics

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lab.report.charts.data import RunView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.plain import Axis, Plain, Series
from lab.report.charts.series import Family, Measured, families, listed, measured
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    GRID,
    INK,
    QUIET,
    SMALL_PT,
    Look,
    house_style,
    log_ticks,
    looks_of,
)
from strategies.units import format_duration

NAME = "period"
TITLE = "Predicted and measured time between full collections, one dot per trial"
NEEDS = (
    "a trial with a full collection under a collector whose rules give its period "
    "(CPython's generations, no policy that collects by itself)"
)

TOLERANCE = 0.2
"""The band along the diagonal: within so much of the prediction, up or down."""

_MOST = 10


def _known(members: tuple[Measured, ...]) -> list[tuple[float, float]]:
    """Return predicted and measured period in seconds of the trials that have both."""
    pairs = [(member.figures.predicted_s, member.figures.period_s) for member in members]
    return [(p, m) for p, m in pairs if p is not None and m is not None and p > 0 and m > 0]


def _grouped(run: RunView) -> list[Family]:
    """Return a series per label, or, where these are too many, one per strategy."""
    every = families(run)
    if len(every) <= _MOST:
        return every
    varied = {name for one in measured(run) for name in one.figures.factors}
    return families(run, *varied)


def applies(run: RunView) -> bool:
    """Whether any trial has both periods."""
    return bool(_known(tuple(measured(run))))


def _range(pairs: list[tuple[float, float]]) -> str:
    """Say what was measured: one value where all are about the same."""
    values = [measured_s for _, measured_s in pairs]
    if max(values) < 1.1 * min(values):
        return f"measured {format_duration(1e9 * statistics.median(values))}"
    return f"{format_duration(1e9 * min(values))} to {format_duration(1e9 * max(values))}"


def _within(pairs: list[tuple[float, float]]) -> int:
    return sum(abs(m / p - 1) <= TOLERANCE for p, m in pairs)


def _limits(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    values = [value for pair in pairs for value in pair]
    low, high = min(values), max(values)
    # near each other they would be magnified until agreement looks like scatter
    room = max(1.3, (6 / (high / low)) ** 0.5)
    return low / room, high * room


def _axes_in_seconds(axes: Axes, low: float, high: float) -> None:
    ticks = log_ticks(low, high, 7)
    names = FixedFormatter([f"{tick:g} s" for tick in ticks])
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(names)
        axis.set_minor_locator(NullLocator())
    axes.grid(visible=True, color=GRID, linewidth=0.7)
    axes.set_xlabel("Predicted by the collector's rules", color=INK)


def _draw_diagonal(axes: Axes, low: float, high: float) -> None:
    ends = np.array([low, high])
    below, above = ends * (1 - TOLERANCE), ends * (1 + TOLERANCE)
    axes.fill_between(ends, below, above, color="#ececec", linewidth=0, zorder=0.3)
    axes.plot(ends, ends, color=QUIET, linewidth=1.0, label="as predicted", zorder=1)
    for words, x, y, across, up in (
        ("longer than predicted", 0.02, 0.98, "left", "top"),
        ("shorter than predicted", 0.98, 0.02, "right", "bottom"),
    ):
        axes.text(
            x,
            y,
            words,
            transform=axes.transAxes,
            fontsize=SMALL_PT,
            color=QUIET,
            horizontalalignment=across,
            verticalalignment=up,
        )


def _draw_dots(
    axes: Axes, name: str, pairs: list[tuple[float, float]], look: Look, size: float
) -> None:
    axes.plot(
        *zip(*pairs, strict=True),
        linestyle="none",
        color=look.colour,
        marker=look.marker,
        markersize=size,
        markeredgecolor="white",
        markeredgewidth=0.8,
        label=name,
        zorder=3,
    )


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: nanoseconds, measured against predicted."""
    groups = [(family.name, family.members) for family in _grouped(run)]
    known = [(look, name, _known(members)) for look, (name, members) in enumerate(groups)]
    every = [pair for _, _, pairs in known for pair in pairs]
    if not every:
        return None
    low, high = (1e9 * end for end in _limits(every))
    ends = ((low, low), (high, high))
    said = [_agreement(every)]
    if without := [name for _, name, pairs in known if not pairs]:
        said.append(f"no full collection, or none that rules predict: {', '.join(without)}")
    return Plain(
        "Period of the full collections, predicted and measured",
        "Each mark is a trial: the time between full collections that CPython's rules predict "
        "from its own rate of allocation, against the measured one. Marks on the diagonal say "
        "that allocation drives the collections, and no timer.",
        Axis("predicted by the collector's rules", "ns", log=True),
        Axis("measured", "ns", log=True),
        [
            *(
                Series(name, look, points=[(1e9 * p, 1e9 * m) for p, m in pairs])
                for look, name, pairs in known
                if pairs
            ),
            Series(
                f"as predicted, ±{100 * TOLERANCE:.0f} %",
                None,
                line=ends,
                band=[(x, x * (1 - TOLERANCE), x * (1 + TOLERANCE)) for x, _ in ends],
            ),
        ],
        ("strategy", "predicted", "measured", "measured / predicted"),
        [
            (name, format_duration(1e9 * p), format_duration(1e9 * m), f"{m / p:.3f}")
            for _, name, pairs in known
            for p, m in pairs
        ],
        said,
    )


def _agreement(pairs: list[tuple[float, float]]) -> str:
    trials = f"{len(pairs)} trial{'s' if len(pairs) > 1 else ''}"
    return f"{_within(pairs)} of {trials} within {100 * TOLERANCE:.0f} % of the prediction"


@house_style
def draw(run: RunView) -> Figure:
    """Draw measured against predicted seconds on equal log axes, with the diagonal."""
    of, subject = "Time from one full collection to the next", ", predicted and measured"
    groups = [(family.name, _known(family.members)) for family in _grouped(run)]
    drawn = [(name, pairs) for name, pairs in groups if pairs]
    if not drawn:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    style = looks_of([name for name, _ in groups])
    every = [pair for _, pairs in drawn for pair in pairs]
    low, high = _limits(every)
    ends = [
        End(max(pairs), [*wrap(name, LABEL_IN), _range(pairs)], style[name].text_colour)
        for name, pairs in drawn
    ]
    ends.append(End((high, high), [f"as predicted, ±{100 * TOLERANCE:.0f} %"], QUIET))
    remarks = [_agreement(every)]
    without = [name for name, pairs in groups if not pairs]
    if without:
        remarks.append(f"no full collection, or none that rules predict: {listed(without)}")
    figure, axes, height = sheet_with_ends(
        run, subject, ends, *remarks, merged=True, of=of, values="Measured"
    )
    _axes_in_seconds(axes, low, high)
    _draw_diagonal(axes, low, high)
    for order, (name, pairs) in enumerate(drawn):
        # smaller and smaller: strategies of one rhythm would hide each other
        _draw_dots(axes, name, pairs, style[name], max(13.0 - 2.5 * order, 6.0))
    label_ends(axes, ends, height)
    return figure
