"""GC pauses in a panel over time: the full collections prominent, the thousands of others quiet.

A collection that ran beside the operations is no pause: a lighter band, behind all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lab.report.charts.data import OF_A_CYCLE, Floats, Numbers, TrialView
from lab.report.charts.rug import DOT, draw_rug, inches_from
from lab.report.charts.style import INK

RUG_IN = 0.12
"""Height at the foot of a panel that the quiet marks may take, in inches."""

ABOVE_IN = 0.16
"""Height above a panel that the marks of full collections take, in inches."""

_BAND, _BESIDE = "#d9d9d9", "#f4f4f4"
_FILLS: dict[str, Any] = {
    _BAND: {"color": _BAND},
    _BESIDE: {"facecolor": _BESIDE, "edgecolor": "#dddddd", "hatch": "///"},
}


@dataclass(frozen=True)
class _Mark:
    """How the pauses of one generation look: a tick of this height, or a triangle without."""

    name: str
    colour: str
    tick_in: float = 0.0
    width: float = 0.7


_FULL = _Mark("full collection (gen 2)", INK)
_MARKS = {
    OF_A_CYCLE: _Mark("pause at either end of one beside the requests", "#666666", RUG_IN * 0.75),
    0: _Mark("gen 0", "#a6a6a6", RUG_IN * 0.4),
    1: _Mark("gen 1", INK, RUG_IN, width=2.0),
    2: _FULL,
}


def _mark(generation: int) -> _Mark:
    return _MARKS.get(generation) or _Mark(f"gen {generation}", "#666666", RUG_IN * 0.75)


def _generations(trial: TrialView) -> list[int]:
    return [int(generation) for generation in np.unique(trial.pause_generation)]


def _visible(start_s: Floats, length_ns: Numbers, span_s: float) -> list[tuple[float, float]]:
    """Return start and length in seconds of what is long enough to be seen at this scale."""
    length_s = length_ns / 1e9
    seen = length_s >= span_s * DOT
    return list(zip(start_s[seen], length_s[seen], strict=True))


def _bands(trial: TrialView, span_s: float) -> dict[str, list[tuple[float, float]]]:
    """Return what is drawn to scale, by its colour; the last lies over the others."""
    return {
        _BESIDE: _visible(trial.cycle_start_s, trial.cycle_ns, span_s),
        _BAND: _visible(trial.pause_start_s, trial.pause_ns, span_s),
    }


def draw_pauses(axes: Axes, trial: TrialView, span_s: float, foot_in: float = 0.0) -> None:
    """Mark every pause of a trial by its generation; the long ones of any also as a band.

    A pause that is not generation 2 may be long too (a burst, an incremental or free-threaded
    collector), so that the band goes by length and the mark by generation. The quiet marks begin
    ``foot_in`` inches above the lower edge.
    """
    for colour, bands in _bands(trial, span_s).items():
        if bands:
            axes.broken_barh(
                bands,
                (0, 1),
                transform=axes.get_xaxis_transform(),  # from the foot to the top
                linewidth=0,
                zorder=0.5 if colour == _BAND else 0.4,
                **_FILLS[colour],
            )
    for generation in _generations(trial):
        start_s = trial.pause_start_s[trial.pause_generation == generation]
        mark = _mark(generation)
        if mark is not _FULL:
            draw_rug(
                axes,
                start_s,
                np.full(len(start_s), mark.tick_in),
                span_s,
                colour=mark.colour,
                label=mark.name,
                foot_in=foot_in,
                width=mark.width,
            )
            continue
        axes.plot(
            start_s,
            np.full(len(start_s), ABOVE_IN / 3),
            transform=inches_from(axes, 1.0),
            color=mark.colour,
            linestyle="none",
            marker="v",
            markersize=6,
            label=mark.name,
            clip_on=False,
            scalex=False,
            scaley=False,
        )


def explain(trials: Iterable[TrialView], span_s: float) -> list[Artist]:
    """Return the keys of those marks which occur."""
    trials = list(trials)
    keys: list[Artist] = []
    for generation in sorted({g for t in trials for g in _generations(t)}, reverse=True):
        mark = _mark(generation)
        full = mark is _FULL
        keys.append(
            Line2D(
                [],
                [],
                linestyle="none",
                color=mark.colour,
                marker="v" if full else "|",
                markersize=6 if full else 72 * mark.tick_in,
                markeredgewidth=1.0 if full else mark.width,
                label=mark.name,
            )
        )
    for colour, name in (
        (_BAND, "GC pause, to scale"),
        (_BESIDE, "collection beside the requests, to scale"),
    ):
        if any(_bands(trial, span_s)[colour] for trial in trials):
            keys.append(Patch(linewidth=0, label=name, **_FILLS[colour]))
    return keys
