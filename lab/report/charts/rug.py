"""Ticks along the foot of a panel: what happened when, without covering what is drawn above."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import (
    BboxTransformTo,
    ScaledTranslation,
    Transform,
    blended_transform_factory,
)

from lab.report.charts.data import Floats

DOT = 1 / 1200
"""Two events closer than this share of the axis fall on the same dot of the picture."""


def inches_from(axes: Axes, share: float) -> Transform:
    """Return a transform: x in data, y in inches above this share of the axes' height."""
    level = ScaledTranslation(0, share, BboxTransformTo(axes.bbox))
    return blended_transform_factory(axes.transData, axes.figure.dpi_scale_trans + level)


def draw_rug(
    axes: Axes,
    start_s: Floats,
    height_in: Floats,
    span_s: float,
    *,
    colour: str,
    label: str,
    foot_in: float = 0.0,
    width: float = 0.7,
) -> None:
    """Draw ticks as one single line, one per dot: thousands of them stay small and fast.

    Parameters
    ----------
    axes
        The axes to draw on; x is in seconds.
    start_s
        When each event began, shape (n,).
    height_in
        How high its tick is, in inches, shape (n,); on one dot the highest counts.
    span_s
        Length of the x axis.
    colour, label
        Of the line.
    foot_in
        Where the ticks begin, in inches above the lower edge.
    width
        Of a tick, in points.
    """
    dots, which = np.unique(np.round(start_s / (span_s * DOT)), return_inverse=True)
    highest = np.zeros(len(dots))
    np.maximum.at(highest, which, height_in)
    nothing = np.full(len(dots), np.nan)
    axes.plot(
        np.repeat(dots * (span_s * DOT), 3),
        np.column_stack([np.full(len(dots), foot_in), foot_in + highest, nothing]).ravel(),
        transform=inches_from(axes, 0.0),
        color=colour,
        linewidth=width,
        solid_capstyle="butt",
        label=label,
        scalex=False,
        scaley=False,
    )
