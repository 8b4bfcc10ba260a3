"""How large the cache should be: a smaller one has shorter spikes and more misses.

Two percentiles against the number of entries: the p99 around full collections, which falls with a
smaller cache, and the p99 apart from them, which rises with the loads that misses need. The best
size is the one with the lowest p99.9 of all requests, which pays for both.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lab.report.charts.data import RunView
from lab.report.charts.ends import End, label_ends, sheet_with_ends
from lab.report.charts.plain import Axis, Plain, Point, Series
from lab.report.charts.series import ENTRIES, Family, Measured, families, named
from lab.report.charts.sheet import nothing_to_draw
from lab.report.charts.style import (
    BASE_PT,
    GRID,
    INK,
    QUIET,
    Look,
    duration_axis,
    duration_limits,
    house_style,
    log_ticks,
    looks_of,
)
from lab.report.charts.words import metric, value_at
from strategies.units import format_count, format_duration

NAME = "compromise"
TITLE = "p99 in a spike and apart from one, by the number of entries, with the best size"
NEEDS = (
    "a strategy at three sizes of the cache or more, with full collections at two of them "
    "(several entries in the matrix)"
)

_SIZES, _SPIKES = 3, 2
_KEY_SPACE = "key_space"
"""Goes along with the size where the keys are to stay the same: no setting of its own."""

_LINES = ("p99 in a spike", "p99 normal", "p99.9 of all")
_BEST = "best size"


@dataclass(frozen=True)
class _Size:
    """Medians over the trials of one size, in nanoseconds; None: not known."""

    entries: int
    spike_ns: float | None
    normal_ns: float | None
    tail_ns: float

    def values(self) -> tuple[float | None, float | None, float]:
        """Return the three in the order of the lines."""
        return self.spike_ns, self.normal_ns, self.tail_ns


def _middle(members: Sequence[Measured], take: Callable[[Measured], float | None]) -> float | None:
    known = [value for member in members if (value := take(member)) is not None]
    return statistics.median(known) if known else None


def _sizes(family: Family) -> list[_Size]:
    """Return the sizes that have a p99.9, ascending."""
    found = []
    for entries in family.sizes:
        members = [one for one in family.members if one.figures.entries == entries]
        tail = _middle(members, lambda one: value_at(one.trial, 0.999))
        if tail is not None:
            spike = _middle(members, lambda one: one.figures.spike_p99_ns)
            normal = _middle(members, lambda one: one.figures.normal_p99_ns)
            found.append(_Size(entries, spike, normal, tail))
    return found


def _chosen(run: RunView) -> tuple[Family, list[_Size]] | None:
    """Return the first strategy with spikes at enough sizes that was measured at the most."""
    able = [
        (family, sizes)
        for family in families(run, ENTRIES, _KEY_SPACE)
        if len(sizes := _sizes(family)) >= _SIZES
        and sum(each.spike_ns is not None for each in sizes) >= _SPIKES
    ]
    return max(able, key=lambda one: len(one[1])) if able else None


def applies(run: RunView) -> bool:
    """Whether a strategy was measured at enough sizes and has spikes."""
    return _chosen(run) is not None


def _best(sizes: Sequence[_Size]) -> _Size:
    return min(sizes, key=lambda each: each.tail_ns)


def _points(sizes: Sequence[_Size], line: int) -> list[Point]:
    known = [(float(each.entries), each.values()[line]) for each in sizes]
    return [(entries, value) for entries, value in known if value is not None]


def _verdict(sizes: Sequence[_Size]) -> str:
    """Say which size is best, and where that is no compromise."""
    best = _best(sizes)
    words = f"{_BEST}: {format_count(best.entries)}, p99.9 {format_duration(best.tail_ns)}"
    least, most = sizes[0].normal_ns, sizes[-1].normal_ns
    if least is not None and most is not None and least <= most:
        return (
            f"{words}; no compromise: the normal p99 of a smaller cache is not longer, since "
            "misses cost too little in this run"
        )
    if best in (sizes[0], sizes[-1]):
        end = "smallest" if best is sizes[0] else "largest"
        return f"{words}; it is the {end} that was measured, so that the least may lie beyond"
    return words


def _remarks(run: RunView, family: Family, sizes: Sequence[_Size]) -> list[str]:
    remarks = [
        _verdict(sizes),
        "in a spike: in intervals of a full collection and the queue behind",
    ]
    if len(family.members) > len(family.sizes):
        remarks.append("medians over the valid trials")
    without = [format_count(each.entries) for each in sizes if each.spike_ns is None]
    if without:
        remarks.append(f"no full collection, or too few requests in one: {', '.join(without)}")
    others = [each.name for each in families(run, ENTRIES, _KEY_SPACE) if each.name != family.name]
    if others:
        remarks.append(f"not drawn: {named(others)}")
    return remarks


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: nanoseconds against entries, both axes logarithmic."""
    chosen = _chosen(run)
    if chosen is None:
        return None
    family, sizes = chosen
    best = _best(sizes)
    lines = [_points(sizes, number) for number in range(len(_LINES))]
    values = [ns for line in lines for _, ns in line]
    edge = ((float(best.entries), min(values)), (float(best.entries), max(values)))
    return Plain(
        f"Size of the cache as a compromise: {family.name}",
        "A smaller cache has shorter spikes and more misses. Both p99 are drawn against the number "
        "of entries: around full collections, and apart from them; the upright line marks the "
        "size with the lowest p99.9 of all requests.",
        Axis("entries", "count", log=True),
        Axis(metric(run).lower(), "ns", log=True),
        [
            *(
                Series(name, look, points=line, line=line)
                for look, (name, line) in enumerate(zip(_LINES, lines, strict=True))
            ),
            Series(f"{_BEST}: {format_count(best.entries)}", None, line=edge),
        ],
        ("entries", *_LINES, _BEST),
        [
            (
                f"{each.entries:,}",
                *("-" if ns is None else format_duration(ns) for ns in each.values()),
                "yes" if each is best else "no",
            )
            for each in sizes
        ],
        _remarks(run, family, sizes),
    )


def _draw_line(axes: Axes, name: str, points: Sequence[Point], look: Look) -> None:
    of_all = name == _LINES[-1]
    axes.plot(
        *zip(*points, strict=True),
        color=look.colour,
        linestyle=look.line_style,
        linewidth=1.2 if of_all else 2.0,
        marker=look.marker,
        markersize=5 if of_all else 8,
        markeredgecolor="white",
        markeredgewidth=0.8,
        label=name,
        zorder=2.5 if of_all else 3,
    )


def _entries_axis(axes: Axes, sizes: Sequence[_Size]) -> None:
    low, high = sizes[0].entries / 1.25, sizes[-1].entries * 1.12
    ticks = log_ticks(low, high, 7)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([format_count(tick) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel("Entries in the cache", color=INK)


def _mark_best(axes: Axes, best: _Size) -> None:
    axes.axvline(best.entries, color=QUIET, linewidth=5.0, alpha=0.25, zorder=0.5, label=_BEST)
    axes.plot(
        [best.entries],
        [best.tail_ns],
        "o",
        markersize=16,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=1.6,
        label="_best",
        zorder=4,
    )
    low, high = axes.get_xlim()
    is_left = best.entries < (low * high) ** 0.5
    axes.annotate(
        f"{_BEST}: {format_count(best.entries)}\np99.9 {format_duration(best.tail_ns)}",
        (best.entries, 0.98),
        xycoords=axes.get_xaxis_transform(),
        xytext=(6 if is_left else -6, 0),
        textcoords="offset points",
        fontsize=BASE_PT,
        color=INK,
        horizontalalignment="left" if is_left else "right",
        verticalalignment="top",
    )


@house_style
def draw(run: RunView) -> Figure:
    """Draw both p99 in nanoseconds against entries, both axes logarithmic, and mark the best."""
    chosen = _chosen(run)
    if chosen is None:
        return nothing_to_draw(run, "by size of the cache", f"This chart needs {NEEDS}.")
    family, sizes = chosen
    style, best = looks_of(_LINES), _best(sizes)
    lines = {name: _points(sizes, number) for number, name in enumerate(_LINES)}
    ends = [
        End(
            points[-1],
            [name, f"{format_duration(points[-1][1])} at the largest"],
            style[name].text_colour,
        )
        for name, points in lines.items()
        if points
    ]
    figure, axes, height = sheet_with_ends(
        run,
        f"of {family.name}, by size of the cache",
        ends,
        *_remarks(run, family, sizes),
        merged=True,
    )
    values = [ns for points in lines.values() for _, ns in points]
    # above the lines there is room for the name of the mark
    duration_axis(axes, *duration_limits(min(values), 3 * max(values)), height)
    _entries_axis(axes, sizes)
    _mark_best(axes, best)
    for name, points in lines.items():
        if points:
            _draw_line(axes, name, points, style[name])
    label_ends(axes, ends, height)
    return figure
