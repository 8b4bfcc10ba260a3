"""Direct labels: the name of each line beside its end, in the margin, never over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.report.charts.data import RunView
from lab.report.charts.sheet import (
    EDGE_IN,
    WIDTH_IN,
    add_axes,
    name_values,
    new_sheet,
    text_height_in,
    text_width_in,
)
from lab.report.charts.spread import spread
from lab.report.charts.style import BASE_PT, QUIET

LEFT_IN = 1.05
BELOW_IN = 0.55
LEADER_IN = 0.4
LABEL_IN = 2.5
"""Width of a label, which longer names are wrapped to."""

LEAST_HEIGHT_IN = 3.9


@dataclass(frozen=True)
class End:
    """Where a line ends, in the axes' data, and what is written beside it."""

    at: tuple[float, float]
    name: list[str]
    colour: str


def sheet_with_ends(
    run: RunView,
    subject: str,
    ends: Sequence[End],
    *remarks: str,
    merged: bool = False,
    of: str | None = None,
    values: str | None = None,
) -> tuple[Figure, Axes, float]:
    """Make a sheet with one pair of axes, with room beside it for these labels.

    Parameters
    ----------
    run, subject, remarks, merged, of
        As `new_sheet` takes them.
    ends
        What will be written beside the axes, by `label_ends`.
    values
        What the y axis shows, where it is not the metric.

    Returns
    -------
    tuple[Figure, Axes, float]
        The figure, the axes, and their height in inches.
    """
    height_in = max(LEAST_HEIGHT_IN, sum(text_height_in(len(end.name)) for end in ends) * 1.15)
    label_in = max((text_width_in(line) for end in ends for line in end.name), default=0.0)
    figure, bottom_in = new_sheet(
        run, subject, height_in + BELOW_IN, *remarks, merged=merged, of=of
    )
    width_in = WIDTH_IN - EDGE_IN - LEFT_IN - LEADER_IN - label_in
    axes = add_axes(figure, (LEFT_IN, bottom_in + BELOW_IN, width_in, height_in))
    name_values(figure, run, bottom_in + BELOW_IN, height_in, values)
    return figure, axes, height_in


def label_ends(axes: Axes, ends: Sequence[End], box_in: float) -> None:
    """Write each name beside the end of its line, moved apart where they would overlap.

    ``box_in`` is the height of the axes in inches: heights of text become shares of it.
    """
    to_share = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_share.transform(end.at)[1]) for end in ends]
    heights = [text_height_in(len(end.name)) * 1.06 / box_in for end in ends]
    reach = axes.get_position().width * WIDTH_IN
    for end, y in zip(ends, spread(wanted, heights), strict=True):
        axes.annotate(
            "\n".join(end.name),
            xy=end.at,
            xytext=(1 + LEADER_IN / reach, y),
            textcoords="axes fraction",
            color=end.colour,
            fontsize=BASE_PT,
            verticalalignment="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": QUIET,
                "linewidth": 0.8,
                "linestyle": ":",  # or it reads as data where a curve ends early
                "shrinkA": 2,
                "shrinkB": 5,
                "relpos": (0, 0.5),
            },
        )
