"""The stored picture of each chart, and how far another one may be from it.

    python -m tests.report.pictures

writes them anew; look at each before it is committed. They are as wide as a narrow page shows
them. Letters and antialiasing differ from one matplotlib to the next: letters are drawn by their
outlines, and two pictures are compared after both were blurred. A shifted edge fades, a missing
label or line does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from lab.report import charts
from lab.report.charts import NoiseView, RunView
from lab.report.charts.style import settings
from tests.report.fake_run import (
    SHAPES,
    Shape,
    cache_sizes,
    fake_run,
    fake_trial,
    frozen_trial,
    matrix_run,
    small,
    stalled,
)

IMAGES = Path(__file__).parent / "images"
WIDTH_PX = 600
NOISE = NoiseView(2e4, 6e5, 3e6, 1.2e7)
QUESTION = "Which strategy does away with the collector's pauses?"

BLUR_PX = 3
MOST = 50.0
"""Of 255: the most that any spot of two blurred pictures may differ by.

Half a pixel to the side makes 43, a digit that is missing on an axis 66 or more, a thin dashed
line 55.
"""

STEP = 12
"""Of 255: stored pictures have coarser colours, for half of the bytes."""

Pixels = NDArray[np.float64]


def four() -> RunView:
    """Return a run of the four usual strategies, one of them disturbed."""
    trials = [fake_trial(label, duration_s=10) for label in SHAPES]
    disturbed = replace(trials[1], valid=False, notes=("noisy: another process ran",))
    stalls = stalled(trials[3], [2.0, 4.1, 7.3], [2e5, 3e6, 1.2e7])
    return fake_run(trials[0], disturbed, trials[2], stalls, noise=NOISE, question=QUESTION)


def matrix() -> RunView:
    """Return a run over sizes and rates."""
    return matrix_run(noise=NOISE, question=QUESTION)


def frozen() -> RunView:
    """Return a run whose freeze wears off, twice, beside one without."""
    without = small("slots", shape=Shape(3.0, 0.5, 10))
    return fake_run(
        without, frozen_trial(1), frozen_trial(2), small("flat"), noise=NOISE, question=QUESTION
    )


def sizes() -> RunView:
    """Return a run over sizes of the cache."""
    return cache_sizes(noise=NOISE, question=QUESTION)


EXAMPLES: dict[str, Callable[[], RunView]] = {
    "before-after": four,
    "causes": four,
    "compromise": sizes,
    "decay": frozen,
    "heap": matrix,
    "heatmap": matrix,
    "mmu": four,
    "percentiles": four,
    "period": matrix,
    "timeline": four,
    "tradeoff": four,
}
"""The run that each picture is drawn of."""


class Outlines(RendererAgg):
    """Draws letters as the outlines that the font has, which no version fits to its pixels."""

    draw_text = RendererBase.draw_text
    get_text_width_height_descent = RendererBase.get_text_width_height_descent


def pixels(figure: Figure) -> Pixels:
    """Return a figure as it looks on a narrow page, shape (height, width, 3), 0 to 255."""
    figure.set_dpi(WIDTH_PX / figure.get_size_inches()[0])
    renderer = Outlines(WIDTH_PX, round(float(figure.bbox.height)), figure.get_dpi())
    with settings():
        figure.draw(renderer)
    return np.asarray(renderer.buffer_rgba(), np.float64)[..., :3]


def opened(source: Path) -> Pixels:
    """Return a stored picture, shape (height, width, 3), 0 to 255."""
    with Image.open(source) as image:
        return np.asarray(image.convert("RGB"), np.float64)


def difference(one: Pixels, other: Pixels) -> float:
    """Return the most that two pictures differ by at any spot, of 255; infinite for two sizes."""
    # a wrapped line more or less changes everything: that is no matter of fonts
    if abs(one.shape[0] - other.shape[0]) > 1 or one.shape[1] != other.shape[1]:
        return float("inf")
    height = min(one.shape[0], other.shape[0])
    return float(np.abs(_blurred(one[:height]) - _blurred(other[:height])).max())


def _blurred(picture: Pixels) -> Pixels:
    """Return the mean of the square around each pixel, by sums from the corner."""
    sums = np.pad(picture, ((1, 0), (1, 0), (0, 0))).cumsum(axis=0).cumsum(axis=1)
    b = BLUR_PX
    mean: Pixels = (sums[b:, b:] - sums[:-b, b:] - sums[b:, :-b] + sums[:-b, :-b]) / b**2
    return mean


def renew() -> None:
    """Draw every chart and store it."""
    IMAGES.mkdir(exist_ok=True)
    for name, run in EXAMPLES.items():
        picture = np.minimum(np.round(pixels(charts.draw(name, run())) / STEP) * STEP, 255)
        Image.fromarray(picture.astype(np.uint8)).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    renew()
