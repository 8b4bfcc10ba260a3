"""The charts of a run: one file each, found by looking into this package.

A chart is a module here with a NAME, a TITLE (its description) and ``draw(run)``. Add a file
and it is in every report; nothing else has to be edited. One that not every run has something
for says so with ``applies(run)``, and what it needs with NEEDS.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from matplotlib.figure import Figure

from lab.report.charts.data import CausesView, NoiseView, RunView, TrialView
from lab.report.charts.plain import Plain, PlainChart
from lab.report.charts.style import DPI, settings
from strategies.errors import UsageError, unknown

__all__ = [
    "CausesView",
    "Chart",
    "NoiseView",
    "RunView",
    "TrialView",
    "available",
    "chosen",
    "draw",
    "plain_charts",
    "save",
    "save_all",
    "why_not",
]

FORMATS = ("png", "svg")


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


def why_not(chart: Chart, run: RunView) -> str | None:
    """Say what a chart needs that this run does not have; None: it can be drawn."""
    if not isinstance(chart, OccasionalChart) or chart.applies(run):
        return None
    return f"it needs {getattr(chart, 'NEEDS', 'data that this run does not have')}"


def chosen(run: RunView, names: Sequence[str] = ()) -> dict[str, Chart]:
    """Return the charts of these names; without any, all that apply to a run.

    Raises
    ------
    UsageError
        There is no chart of a name, or it does not apply.
    """
    charts = available()
    if not names:
        return {name: chart for name, chart in charts.items() if why_not(chart, run) is None}
    for name in names:
        if name not in charts:
            raise unknown("chart", name, charts)
        if reason := why_not(charts[name], run):
            raise UsageError(f"no chart {name!r} of this run: {reason}")
    return {name: charts[name] for name in names}


def plain_charts(run: RunView) -> dict[str, Plain]:
    """Return the charts of a run that the page draws for itself, by name."""
    found = {
        name: chart.plain(run)
        for name, chart in available().items()
        if isinstance(chart, PlainChart)
    }
    return {name: plain for name, plain in found.items() if plain is not None}


def save(
    charts: Mapping[str, Chart], run: RunView, folder: Path, formats: Sequence[str]
) -> list[Path]:
    """Write charts as NAME.png (150 dpi) and NAME.svg, as asked for; return the files.

    The same run gives the same bytes: no date, no random ids. Needs no display.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, chart in charts.items():
        figure = chart.draw(run)
        about = {"Title": run.question, "Description": chart.TITLE}
        for suffix in formats:
            path = folder / f"{name}.{suffix}"
            metadata = {**about, "Date": None} if suffix == "svg" else about
            with settings():
                figure.savefig(path, format=suffix, dpi=DPI, metadata=metadata)
            written.append(path)
    return written


def save_all(run: RunView, folder: Path) -> list[Path]:
    """Write every chart that applies to a run, in every format; return the files."""
    return save(chosen(run), run, folder, FORMATS)
