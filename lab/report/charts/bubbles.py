"""Bubbles whose areas compare as shares of the processor's time do, and their key."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Circle

from lab.report.charts.sheet import EDGE_IN, text_height_in, text_width_in, write
from lab.report.charts.style import INK, SMALL_PT

LARGEST_IN = 0.3
_SMALLEST_IN = 0.05


def radius_in(busy: float, most: float) -> float:
    """Return a radius such that areas compare as the shares do."""
    return max(float(LARGEST_IN * (busy / most) ** 0.5) if most > 0 else 0.0, _SMALLEST_IN)


def draw_sizes(figure: Figure, top_in: float, most: float) -> None:
    """Draw what the sizes of the bubbles mean, in one row below ``top_in``."""
    left = EDGE_IN
    words = "CPU busy:"
    middle = top_in - LARGEST_IN
    baseline = middle + text_height_in(1, SMALL_PT) / 2
    write(figure, left, baseline, [words], size_pt=SMALL_PT, colour=INK)
    left += text_width_in(words, SMALL_PT) + 0.15
    for share in _round_shares(most):
        radius = radius_in(share, most)
        figure.add_artist(
            Circle(
                (left + radius, middle),
                radius,
                transform=figure.dpi_scale_trans,
                facecolor="#c8c8c8",
                edgecolor="white",
            )
        )
        left += 2 * radius + 0.08
        write(figure, left, baseline, [f"{100 * share:g} %"], size_pt=SMALL_PT, colour=INK)
        left += text_width_in(f"{100 * share:g} %", SMALL_PT) + 0.25


def _round_shares(most: float) -> list[float]:
    """Return up to three round shares of time, none above the largest bubble's."""
    every = [step * 10.0**d for d in range(-4, 1) for step in (1, 2, 5)]
    return [round(share, 6) for share in every if share <= most * 1.0001][-3:] or [most]
