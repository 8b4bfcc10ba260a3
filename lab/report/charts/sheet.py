"""The sheet on which a chart stands: title above, small print below, sized by its words.

All positions are in inches from the lower left corner: the words decide how high the figure is,
so that nothing is ever squeezed, cut off or left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from lab.report.charts.data import RunView
from lab.report.charts.style import BASE_PT, DPI, FONT, INK, QUIET, SMALL_PT, TITLE_PT, plain_axes
from lab.report.charts.words import caption, metric, metric_in_full

WIDTH_IN = 9.0
EDGE_IN = 0.18
GAP_IN = 0.16
LEADING = 1.25  # line height over font size

# Where a name too long for a line may be broken.
_INSIDE_NAMES = re.compile(r"(?<=[+:,=/])")


@lru_cache(maxsize=4096)
def text_width_in(text: str, size_pt: float = BASE_PT, weight: str = "normal") -> float:
    """Measure one line of text, in inches."""
    font = FontProperties(family=FONT, size=size_pt, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 72


def text_height_in(lines: int, size_pt: float = BASE_PT) -> float:
    """Return the height of so many lines of text, in inches."""
    return lines * size_pt * LEADING / 72


def wrap(text: str, width_in: float, size_pt: float = BASE_PT, weight: str = "normal") -> list[str]:
    """Break a text into lines no wider than ``width_in``.

    Between words if that is enough, else after the punctuation of a name, else anywhere.
    """
    lines: list[str] = []
    for word in text.split():
        fits = lines and text_width_in(f"{lines[-1]} {word}", size_pt, weight) <= width_in
        if fits:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for piece in _pieces(word, width_in, size_pt, weight):
            if text_width_in(lines[-1] + piece, size_pt, weight) > width_in:
                lines.append("")
            lines[-1] += piece
    return [line for line in lines if line]


def _pieces(word: str, width_in: float, size_pt: float, weight: str) -> list[str]:
    """Cut a word into what has to stay together in lines of this width."""
    pieces: list[str] = []
    for part in _INSIDE_NAMES.split(word):
        whole = text_width_in(part, size_pt, weight) <= width_in
        pieces += [part] if whole else list(part)
    return pieces


def write(
    figure: Figure,
    x_in: float,
    top_in: float,
    lines: Sequence[str],
    *,
    size_pt: float = BASE_PT,
    weight: str = "normal",
    colour: str = INK,
    align: Literal["left", "right"] = "left",
) -> None:
    """Write lines of text below ``top_in``, each on its own baseline whatever letters it has."""
    for row, line in enumerate(lines):
        figure.text(
            x_in,
            top_in - (row * LEADING + 0.95) * size_pt / 72,
            line,
            transform=figure.dpi_scale_trans,
            fontsize=size_pt,
            fontweight=weight,
            color=colour,
            horizontalalignment=align,
            verticalalignment="baseline",
        )


def add_axes(
    figure: Figure,
    box_in: tuple[float, float, float, float],
    *,
    sharex: Axes | None = None,
    sharey: Axes | None = None,
) -> Axes:
    """Add axes at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    left, bottom, across, up = box_in
    place = (left / width, bottom / height, across / width, up / height)
    axes = figure.add_axes(place, sharex=sharex, sharey=sharey)
    plain_axes(axes)
    return axes


def name_values(
    figure: Figure, run: RunView, bottom_in: float, height_in: float, name: str | None = None
) -> None:
    """Write what the y axis shows beside the middle of the axes, the same place in every chart.

    Without a name it is the metric of the run.
    """
    figure.text(
        EDGE_IN + BASE_PT / 72,
        bottom_in + height_in / 2,
        name or metric(run) + (" (closed loop)" if run.closed_loop else ""),
        transform=figure.dpi_scale_trans,
        fontsize=BASE_PT,
        color=QUIET,
        rotation="vertical",
        horizontalalignment="right",
        verticalalignment="center",
    )


def _key_columns(keys: Sequence[Artist]) -> int:
    """Return the most columns, each as wide as its widest key, that fit side by side."""
    widths = [text_width_in(str(key.get_label()), SMALL_PT) + 3.2 * SMALL_PT / 72 for key in keys]
    for columns in range(len(keys), 1, -1):
        # the split that matplotlib makes
        if sum(max(part) for part in np.array_split(widths, columns)) <= WIDTH_IN - 2 * EDGE_IN:
            return columns
    return 1


def key_height_in(keys: Sequence[Artist]) -> float:
    """Return the height of the key to a chart, in inches."""
    return text_height_in(math.ceil(len(keys) / _key_columns(keys)), SMALL_PT)


def draw_key(figure: Figure, top_in: float, keys: Sequence[Artist]) -> None:
    """Draw the key to a chart below ``top_in``, over the whole width."""
    figure.legend(
        handles=list(keys),
        loc="upper left",
        bbox_to_anchor=(EDGE_IN, top_in),
        bbox_transform=figure.dpi_scale_trans,
        ncols=_key_columns(keys),
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        labelspacing=LEADING - 1,
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.3,
        prop={"family": FONT, "size": SMALL_PT},
    )


def new_sheet(
    run: RunView,
    subject: str,
    body_in: float,
    *remarks: str,
    merged: bool = False,
    of: str | None = None,
) -> tuple[Figure, float]:
    """Make a figure with the words that every chart carries.

    Parameters
    ----------
    run
        Its question becomes the title.
    subject
        What is drawn, continuing the name of the metric: ``by percentile``.
    body_in
        Height which the chart needs for itself, in inches.
    remarks
        What the small print has to say about this chart alone.
    merged
        Whether the repeats of a series are drawn as one, not one of them shown.
    of
        What is drawn, where it is not the metric: ``GC pauses``.

    Returns
    -------
    tuple[Figure, float]
        The figure, and where the free part of it begins, in inches from the bottom.
    """
    width = WIDTH_IN - 2 * EDGE_IN
    title = wrap(run.question, width, TITLE_PT, "bold")
    # nobody may take a service time for a response time
    weight = "bold" if run.closed_loop and of is None else "normal"
    space = "" if subject[0] in ",:" else " "
    subtitle = wrap(f"{of or metric_in_full(run)}{space}{subject}", width, weight=weight)
    small = [
        line
        for text in caption(run, *remarks, merged=merged)
        for line in wrap(text, width, SMALL_PT)
    ]
    small_in = text_height_in(len(small), SMALL_PT)
    title_in = text_height_in(len(title), TITLE_PT)
    above_in = title_in + text_height_in(len(subtitle)) + 0.06
    bottom_in = EDGE_IN + small_in + GAP_IN
    height = bottom_in + body_in + GAP_IN + above_in + EDGE_IN
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor="white")
    top = height - EDGE_IN
    write(figure, EDGE_IN, top, title, size_pt=TITLE_PT, weight="bold")
    write(figure, EDGE_IN, top - title_in - 0.06, subtitle, weight=weight)
    write(figure, EDGE_IN, EDGE_IN + small_in, small, size_pt=SMALL_PT, colour=QUIET)
    return figure, bottom_in


def nothing_to_draw(run: RunView, subject: str, why: str, of: str | None = None) -> Figure:
    """Make a sheet that says why it is empty; the small print still names every trial."""
    lines = wrap(why, WIDTH_IN - 2 * EDGE_IN)
    body_in = text_height_in(len(lines)) + 2 * GAP_IN
    figure, bottom_in = new_sheet(run, subject, body_in, of=of)
    write(figure, EDGE_IN, bottom_in + body_in - GAP_IN, lines)
    return figure
