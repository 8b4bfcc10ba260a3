"""The charts that say themselves what they are, as frames and as what the scripts draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lab.report.charts.plain import Axis, Plain, Series
from lab.report.html.figures import Frame
from lab.report.html.markup import el, table

Json = dict[str, Any]

_DIGITS = 5
"""Significant ones: a hundredth of a pixel needs no more."""


def plain_frames(charts: Mapping[str, Plain]) -> list[Frame]:
    """Return a frame per chart, in their order."""
    return [_frame(name, chart) for name, chart in charts.items()]


def _frame(name: str, chart: Plain) -> Frame:
    said = el("ul", [el("li", remark) for remark in chart.said]) if chart.said else None
    return Frame(
        name, chart.title, chart.how, table(chart.title, chart.head, chart.rows), said=said
    )


def plain_json(charts: Mapping[str, Plain]) -> Json:
    """Return the charts as the scripts read them, by name."""
    return {name: _chart(chart) for name, chart in charts.items()}


def _chart(chart: Plain) -> Json:
    return {
        "title": chart.title,
        "x": _axis(chart.x),
        "y": _axis(chart.y),
        "series": [_series(series) for series in chart.series],
        "grid": None if chart.grid is None else asdict(chart.grid),
        "head": list(chart.head),
        "rows": [list(row) for row in chart.rows],
    }


def _axis(axis: Axis) -> Json:
    return {"title": axis.title, "unit": axis.unit, "log": axis.log}


def _series(series: Series) -> Json:
    return {
        "name": series.name,
        "look": series.look,
        "points": _short(series.points),
        "line": _short(series.line),
        "beyond": _short(series.beyond),
        "band": _short(series.band),
    }


def _short(points: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[float(f"{value:.{_DIGITS}g}") for value in point] for point in points]
