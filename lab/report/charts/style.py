"""The house style: one look per strategy, fonts, axes, durations on a log axis.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), some darkened so that
neighbours also differ in lightness: every chart has to survive a greyscale printer, so that
colour is never the only difference between two lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from matplotlib import style as matplotlib_style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from lab.report.charts.data import RunView
from lab.report.charts.words import labels
from strategies.units import format_duration

FONT = "DejaVu Sans"  # comes with matplotlib: no search, no warning, the same widths everywhere
INK = "#1a1a1a"
QUIET = "#666666"
GRID = "#dddddd"
TITLE_PT, BASE_PT, SMALL_PT = 14.0, 11.0, 9.5
DPI = 150
FAINT = 0.35
"""Opacity of a trial that does not count."""

_SETTINGS: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": BASE_PT,
    "text.color": INK,
    "text.parse_math": False,  # a "$" in a question is a dollar
    "svg.hashsalt": "gclab",  # without it the ids in the file differ each time
    "svg.fonttype": "path",
}

# (line, text): the lighter colours are too faint for letters on white.
_COLOURS = (
    ("#d55e00", "#a84600"),
    ("#004b78", "#004b78"),
    ("#56b4e9", "#1f6fa3"),
    ("#1a1a1a", "#1a1a1a"),
    ("#009e73", "#007052"),
    ("#e69f00", "#8a6000"),
    ("#8e3b75", "#8e3b75"),
)
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.6), (1.2, 1.2), (6, 1.5, 1.2, 1.5))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "p")

Draw = Callable[[RunView], Figure]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """How one strategy looks in every chart of a run."""

    colour: str
    text_colour: str
    dashes: tuple[float, ...]
    marker: str

    @property
    def line_style(self) -> str | tuple[float, tuple[float, ...]]:
        """Return the dash pattern as matplotlib takes it."""
        return (0.0, self.dashes) if self.dashes else "-"


def looks(run: RunView) -> dict[str, Look]:
    """Give each series its look, by first appearance, failed ones included."""
    return looks_of(labels(run))


def looks_of(names: Sequence[str]) -> dict[str, Look]:
    """Give each name its look, in this order.

    The numbers of colours, dashes and markers share no factor: 252 names until one repeats.
    """
    return {
        name: Look(
            *_COLOURS[i % len(_COLOURS)], _DASHES[i % len(_DASHES)], _MARKERS[i % len(_MARKERS)]
        )
        for i, name in enumerate(names)
    }


def letters_on(fill: Colour) -> str:
    """Choose dark or light letters, whichever stand out: WCAG's contrast, at even odds."""
    linear = [part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in fill]
    luminance = sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return INK if luminance > 0.2 else "white"


def house_style(draw: Draw) -> Draw:
    """Draw under the house settings: every chart's ``draw`` wears this."""

    @wraps(draw)
    def styled(run: RunView) -> Figure:
        with settings():
            return draw(run)

    return styled


def settings() -> AbstractContextManager[None]:
    """Put the reader's own matplotlib settings aside, for drawing and for writing alike."""
    return matplotlib_style.context(["default", _SETTINGS])


def plain_axes(axes: Axes) -> None:
    """Take away what carries no data; only the left and bottom spines stay."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#999999")
    # Ticks are made when the figure is saved, under other settings: name all that they inherit.
    axes.tick_params(
        which="both",
        labelsize=BASE_PT,
        labelfontfamily=FONT,
        labelcolor=INK,
        color="#999999",
        length=3,
    )
    axes.set_axisbelow(True)


def duration_limits(low_ns: float, high_ns: float) -> tuple[float, float]:
    """Return limits, in nanoseconds, around a range of durations: close, with two decades in it."""
    bottom, top = max(low_ns, 1.0) / 1.3, max(high_ns, 1.0) * 1.3
    if len(_decades(bottom, top)) < 2:
        first = math.floor(math.log10(bottom))
        bottom, top = 10.0**first, 10.0 ** max(math.ceil(math.log10(top)), first + 1)
    return bottom, top


def _decades(bottom_ns: float, top_ns: float) -> list[int]:
    first = math.ceil(math.log10(bottom_ns) - 1e-9)
    return list(range(first, math.floor(math.log10(top_ns) + 1e-9) + 1))


def duration_axis(axes: Axes, bottom_ns: float, top_ns: float, height_in: float) -> None:
    """Make y a log axis of durations, with ticks on decades as dense as the height allows.

    Parameters
    ----------
    axes
        The axes to change.
    bottom_ns, top_ns
        Limits in nanoseconds.
    height_in
        Height of the axes in inches.
    """
    axes.set_yscale("log")
    axes.set_ylim(bottom_ns, top_ns)
    every = _decades(bottom_ns, top_ns)
    apart = math.ceil(len(every) * BASE_PT * 1.4 / 72 / height_in)
    named = every[::-1][:: max(apart, 1)]  # from the top: a spike has to be read off
    axes.yaxis.set_major_locator(FixedLocator([10.0**e for e in named]))
    axes.yaxis.set_minor_locator(FixedLocator([10.0**e for e in every if e not in named]))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: duration_tick(value)))
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.7)


def duration_tick(nanoseconds: float) -> str:
    """Write a duration as a tick: ``10 us``.

    >>> duration_tick(1e5)
    '100 us'
    """
    number, unit = format_duration(nanoseconds).split(" ")
    return f"{float(number.replace(',', '')):g} {unit}"


def linear_duration_axis(axes: Axes, top_ns: float, height_in: float) -> None:
    """Make y a linear axis of durations from 0, with as many ticks as the height allows."""
    axes.set_ylim(0, top_ns)
    ticks = max(min(int(height_in / 0.4), 6), 2)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_linear_tick))
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.7)


def _linear_tick(nanoseconds: float, _: int | None) -> str:
    """Write a duration; ticks below 0, which a margin may have, stay blank."""
    if nanoseconds <= 0:
        return "" if nanoseconds else "0"
    return duration_tick(nanoseconds)


_STEPS = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 8),
)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers within a range, as many as there may be: evenly spaced on a log axis.

    >>> log_ticks(90e3, 1.1e6, 4)
    [100000.0, 200000.0, 500000.0, 1000000.0]
    """
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    best: list[float] = []
    for steps in _STEPS:
        ticks = [step * 10.0**d for d in decades for step in steps if low <= step * 10.0**d <= high]
        if len(ticks) <= most:
            best = ticks
    return best


def bytes_tick(value: float) -> str:
    """Write a number of bytes as a tick: ``250 B``, ``1.5 MB``.

    >>> bytes_tick(2.5e8)
    '250 MB'
    """
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if value >= factor:
            return f"{value / factor:g} {unit}"
    return f"{value:g} B" if value else "0"
