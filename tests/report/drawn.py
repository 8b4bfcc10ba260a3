"""Looks things up in a drawn figure."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text


def all_texts(figure: Figure) -> list[Text]:
    """Return every text of a figure."""
    return [artist for artist in figure.findobj(Text) if isinstance(artist, Text)]


def texts(figure: Figure) -> str:
    """Join all that a reader can read; a wrapped text reads as one."""
    return " ".join(" ".join(text.get_text().split()) for text in all_texts(figure))


def line(axes: Axes, label: str) -> Line2D:
    """Return the one line of this label."""
    (found,) = [artist for artist in axes.get_lines() if artist.get_label() == label]
    return found


def xy(curve: Line2D) -> tuple[list[float], list[float]]:
    """Return what a line was drawn from."""
    return np.asarray(curve.get_xdata()).tolist(), np.asarray(curve.get_ydata()).tolist()
