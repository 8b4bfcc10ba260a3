"""Cache size against rate of updates: how long the collector stops, how often, and in all.

The three answers of a cell belong together: a larger cache has longer pauses, a higher rate more of
them, and once the collector's rule of a quarter makes those of a larger cache rarer too (from about
370,000 walked objects on), the share of time that is paused follows the rate alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator

from lab.report.charts.causes import WITHIN_NOISE
from lab.report.charts.data import RunView
from lab.report.charts.plain import Axis, Grid, Plain
from lab.report.charts.plain import Cell as PlainCell
from lab.report.charts.series import ENTRIES, RATE, Family, Measured, families, listed
from lab.report.charts.sheet import (
    EDGE_IN,
    WIDTH_IN,
    add_axes,
    name_values,
    new_sheet,
    nothing_to_draw,
    text_width_in,
)
from lab.report.charts.style import (
    BASE_PT,
    INK,
    QUIET,
    SMALL_PT,
    Colour,
    house_style,
    letters_on,
)
from strategies.units import format_count, format_duration

NAME = "heatmap"
TITLE = "Worst GC pause, full collections and time paused, by cache size and rate of updates"
NEEDS = (
    "a strategy with GC pauses at two sizes and two rates of updates or more "
    "(several entries and rates in the matrix)"
)

_LEFT_IN = 1.05
_BELOW_IN = 0.55
_CELL_IN = 0.95
_MOST_COLUMNS, _MOST_ROWS = 8, 8
_SHADES = LinearSegmentedColormap.from_list(
    "pauses", ["#fff4e6", "#f9c58d", "#e8853a", "#b04a08", "#5a2203"]
)
"""One hue from light to dark: read by lightness alone, in grey as well."""


@dataclass(frozen=True)
class _Cell:
    """The trials of one size and rate."""

    pause_ns: float
    full: float | None
    paused: float | None


def _updates(member: Measured) -> float | None:
    return member.figures.updates_per_s


def _cells(family: Family) -> dict[tuple[int, float], _Cell]:
    """Return the cells of a strategy by entries and updates per second."""
    found: dict[tuple[int, float], list[Measured]] = {}
    for member in family.members:
        updates = _updates(member)
        if updates is not None and member.figures.worst_pause_ns is not None:
            found.setdefault((member.figures.entries, updates), []).append(member)
    return {place: _cell(members) for place, members in found.items()}


def _cell(members: Sequence[Measured]) -> _Cell:
    full = [m.figures.full_collections for m in members]
    paused = [m.figures.paused_share for m in members]
    counts, shares = [n for n in full if n is not None], [s for s in paused if s is not None]
    return _Cell(
        max(m.figures.worst_pause_ns or 0.0 for m in members),
        statistics.fmean(counts) if counts else None,
        statistics.median(shares) if shares else None,
    )


def _chosen(run: RunView) -> tuple[Family, dict[tuple[int, float], _Cell]] | None:
    """Return the first strategy that was measured at enough sizes and rates, and that paused."""
    for family in families(run, ENTRIES, RATE):
        cells = _cells(family)
        sizes, rates = {size for size, _ in cells}, {rate for _, rate in cells}
        paused = {cell.pause_ns for cell in cells.values()} != {0.0}
        if len(sizes) > 1 and len(rates) > 1 and paused:
            return family, cells
    return None


def applies(run: RunView) -> bool:
    """Whether a strategy was measured at enough sizes and rates."""
    return _chosen(run) is not None


def _thinned(values: list[float], most: int) -> list[float]:
    """Take so many of them, the first and the last included."""
    if len(values) <= most:
        return values
    return [values[round(at)] for at in np.linspace(0, len(values) - 1, most)]


def _figures(cell: _Cell) -> tuple[str, str]:
    """Write the number of full collections and the share of time paused."""
    return (
        "n/a" if cell.full is None else f"{cell.full:.3g}",
        "n/a" if cell.paused is None else f"{100 * cell.paused:.2g} %",
    )


def _answers(cell: _Cell) -> tuple[str, str]:
    """Say in words how many full collections there were and how long they took."""
    full, paused = _figures(cell)
    return f"{full} full GC{'' if cell.full == 1 else 's'}", f"{paused} paused"


def _words(cell: _Cell, width_in: float) -> list[str]:
    """Say the three answers, shortly where the cell is narrow."""
    full, paused = _figures(cell)
    long = _answers(cell)
    fits = max(text_width_in(line, SMALL_PT) for line in long) <= width_in - 0.1
    return [format_duration(cell.pause_ns), *(long if fits else [f"{full} full", paused])]


def _fill(cell: _Cell, low_ns: float, high_ns: float) -> Colour:
    """Return the shade of a pause between the shortest and the longest, by its logarithm."""
    if cell.pause_ns <= 0:
        return to_rgb("#ffffff")
    span = np.log(high_ns / low_ns)
    share = float(np.log(cell.pause_ns / low_ns) / span) if span > 0 else 0.5
    red, green, blue, _ = _SHADES(share)
    return float(red), float(green), float(blue)


def _draw_cell(
    axes: Axes,
    at: tuple[float, float],
    cell: _Cell | None,
    fill: Colour,
    *,
    noise: bool,
    width_in: float,
) -> None:
    x, y = at
    axes.add_patch(
        Rectangle(
            (x - 0.5, y - 0.5),
            1,
            1,
            facecolor=fill if cell else "#f3f3f3",
            edgecolor="white",
            linewidth=2,
            hatch="///" if noise else None,
        )
    )
    lines = _words(cell, width_in) if cell else ["no valid", "trial"]
    colour = letters_on(fill) if cell else QUIET
    step = 0.24 * 0.95 / _CELL_IN
    for row, line in enumerate(lines):
        strong = row == 0 and cell is not None
        axes.text(
            x,
            y + ((len(lines) - 1) / 2 - row) * step,
            line,
            fontsize=BASE_PT if strong else SMALL_PT,
            fontweight="bold" if strong else "normal",
            color=colour,
            horizontalalignment="center",
            verticalalignment="center",
        )


def _axis_names(axes: Axes, sizes: Sequence[float], rates: Sequence[float]) -> None:
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_ylim(-0.5, len(rates) - 0.5)
    axes.xaxis.set_major_locator(FixedLocator(list(range(len(sizes)))))
    axes.xaxis.set_major_formatter(FixedFormatter([format_count(size) for size in sizes]))
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(rates)))))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{format_count(rate)}/s" for rate in rates]))
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("Entries in the cache", color=INK)


def _within_noise(run: RunView, cell: _Cell | None) -> bool:
    return cell is not None and 0 < cell.pause_ns <= (run.noise.max_ns or 0.0)


def _remarks(run: RunView, family: Family, cells: dict[tuple[int, float], _Cell]) -> list[str]:
    lengths = {f"{member.figures.measured_s:.0f}" for member in family.members}
    each = f"{lengths.pop()} s" if len(lengths) == 1 else "trials of different length"
    remarks = [f"full GCs: in {each}" + (", mean" if len(family.members) > len(cells) else "")]
    others = [f.name for f in families(run, ENTRIES, RATE) if f.name != family.name]
    if others:
        remarks.append(f"not drawn: {listed(others)}")
    missing = [m.trial.label for m in family.members if _updates(m) is None]
    if missing:
        remarks.append(f"no known rate of updates: {listed(missing)}")
    return remarks


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: a cell per size and rate of updates."""
    chosen = _chosen(run)
    if chosen is None:
        return None
    family, cells = chosen
    sizes, rates = sorted({size for size, _ in cells}), sorted({rate for _, rate in cells})
    pauses = [cell.pause_ns for cell in cells.values() if cell.pause_ns > 0]
    filled = []
    for (size, rate), cell in sorted(cells.items()):
        fill = _fill(cell, min(pauses), max(pauses))
        words = [format_duration(cell.pause_ns), *_answers(cell)]
        words += [WITHIN_NOISE] if _within_noise(run, cell) else []
        place = (sizes.index(size), rates.index(rate))
        filled.append(PlainCell(*place, words, to_hex(fill), to_hex(letters_on(fill))))
    return Plain(
        f"Worst pause of {family.name}, by size of the cache and updates per second",
        "In each cell the worst pause, the darker the longer, the number of full collections and "
        "the share of the time in the collector. From row to row the pauses stay as long and "
        "become more frequent; along a row they grow.",
        Axis("entries", "count", log=False),
        Axis("updates per second", "count", log=False),
        (),
        ("entries", "updates per second", "worst pause", "full collections", "time paused"),
        [
            (f"{size:,}", f"{rate:,.0f}", format_duration(cell.pause_ns), *_figures(cell))
            for (size, rate), cell in sorted(cells.items())
        ],
        _remarks(run, family, cells),
        Grid(
            [format_count(size) for size in sizes],
            [f"{format_count(rate)}/s" for rate in rates],
            filled,
        ),
    )


@house_style
def draw(run: RunView) -> Figure:
    """Draw a grid of cells: sizes to the right, updates per second upwards."""
    chosen = _chosen(run)
    of = "Worst GC pause"
    if chosen is None:
        return nothing_to_draw(run, "by size and load", f"This chart needs {NEEDS}.", of=of)
    family, cells = chosen
    every_size, every_rate = sorted({s for s, _ in cells}), sorted({r for _, r in cells})
    sizes = _thinned([float(size) for size in every_size], _MOST_COLUMNS)
    rates = _thinned(every_rate, _MOST_ROWS)
    remarks = ["bold: the worst GC pause, the darker the longer (logarithmic)"]
    if any(_within_noise(run, cell) for cell in cells.values()):
        floor = format_duration(run.noise.max_ns or 0.0)
        remarks.append(f"hatched: {WITHIN_NOISE}, whose worst was {floor}")
    remarks += _remarks(run, family, cells)
    if len(sizes) * len(rates) < len(every_size) * len(every_rate):
        remarks.append("some sizes or rates left out for want of room")
    height = _CELL_IN * len(rates)
    width = WIDTH_IN - EDGE_IN - _LEFT_IN
    subject = f"of {family.name}, by size of the cache and updates per second"
    figure, bottom = new_sheet(run, subject, height + _BELOW_IN, *remarks, merged=True, of=of)
    axes = add_axes(figure, (_LEFT_IN, bottom + _BELOW_IN, width, height))
    name_values(figure, run, bottom + _BELOW_IN, height, "Updates per second")
    pauses = [cell.pause_ns for cell in cells.values() if cell.pause_ns > 0]
    for column, size in enumerate(sizes):
        for row, rate in enumerate(rates):
            cell = cells.get((int(size), rate))
            fill = _fill(cell, min(pauses), max(pauses)) if cell else to_rgb("#f3f3f3")
            noise = _within_noise(run, cell)
            _draw_cell(axes, (column, row), cell, fill, noise=noise, width_in=width / len(sizes))
    _axis_names(axes, sizes, rates)
    return figure
