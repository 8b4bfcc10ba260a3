"""The charts of a run: one file each, found by looking into this package.

A chart is a module here with a NAME, a TITLE (its description) and ``draw(run)``. Add a file
and it is in every report; nothing else has to be edited. One that not every run has something
for says so with ``applies(run)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Protocol, runtime_checkable

from matplotlib.figure import Figure

from lab.report.charts.data import CausesView, NoiseView, RunView, TrialView
from lab.report.charts.style import DPI, settings
from strategies.errors import unknown

__all__ = [
    "CausesView",
    "Chart",
    "NoiseView",
    "RunView",
    "TrialView",
    "available",
    "draw",
    "save_all",
]


@runtime_checkable
class Chart(Protocol):
    """What a module needs in order to be a chart."""

    NAME: str
    TITLE: str

    def draw(self, run: RunView) -> Figure:
        """Turn a run into a figure, without any global state."""


@runtime_checkable
class OccasionalChart(Chart, Protocol):
    """A chart that is left out of the report of a run without the data for it."""

    def applies(self, run: RunView) -> bool:
        """Whether a run has anything to draw."""


def available() -> dict[str, Chart]:
    """Find the charts: name to module, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    charts = [module for module in modules if isinstance(module, Chart)]
    return {chart.NAME: chart for chart in sorted(charts, key=lambda chart: chart.NAME)}


def draw(name: str, run: RunView) -> Figure:
    """Draw one chart of a run.

    Raises
    ------
    UsageError
        There is no chart of this name.
    """
    charts = available()
    if name not in charts:
        raise unknown("chart", name, charts)
    return charts[name].draw(run)


def save_all(run: RunView, folder: Path) -> list[Path]:
    """Write every chart that applies as NAME.png (150 dpi) and NAME.svg; return the files.

    The same run gives the same bytes: no date, no random ids. Needs no display.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, chart in available().items():
        if isinstance(chart, OccasionalChart) and not chart.applies(run):
            continue
        figure = chart.draw(run)
        about = {"Title": run.question, "Description": chart.TITLE}
        for suffix, metadata in (("png", about), ("svg", {**about, "Date": None})):
            path = folder / f"{name}.{suffix}"
            with settings():
                figure.savefig(path, format=suffix, dpi=DPI, metadata=metadata)
            written.append(path)
    return written
