"""A chart as plain data: what the page draws for itself, and the table behind it.

A module here that has ``plain(run)`` beside ``draw(run)`` is in the page as well, to hover, zoom
and download. Axes, marks and lines are said here; how they look is the page's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from lab.report.charts.data import RunView

Point = tuple[float, float]
Row = tuple[str, ...]
Unit = Literal["ns", "s", "count", "share"]


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Attributes
    ----------
    title : str
        A few words.
    unit : str
        Unit of its values, which decides how they are written: a share is from 0 to 1.
    log : bool
        Logarithmic; otherwise it is linear and begins at 0.
    """

    title: str
    unit: Unit
    log: bool


@dataclass(frozen=True)
class Series:
    """What belongs to one name: any of marks, a line, its continuation and a band.

    Attributes
    ----------
    name : str
    look : int or None
        Number of its colour, dashes and marker; None for a reference that cannot be hidden, such
        as the machine's noise.
    points, line, beyond : sequence of (float, float)
        Marks; a line; a dashed one, where nobody measured. In the units of the axes.
    band : sequence of (float, float, float)
        x, and between which y the band lies.
    """

    name: str
    look: int | None
    points: Sequence[Point] = ()
    line: Sequence[Point] = ()
    beyond: Sequence[Point] = ()
    band: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Cell:
    """A cell of a grid: its place from the lower left, its words, two colours as ``#rrggbb``."""

    column: int
    row: int
    words: Sequence[str]
    fill: str
    letters: str


@dataclass(frozen=True)
class Grid:
    """A heat map: the names of its columns and rows, and the cells that are filled."""

    columns: Sequence[str]
    rows: Sequence[str]
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Plain:
    """A chart as the page shows it.

    Attributes
    ----------
    title, how : str
        A heading, and what it shows and how to read it.
    x, y : Axis
    series : sequence of Series
        Nothing for a grid.
    head, rows
        The table behind it, as text.
    said : sequence of str
        What a reader must know of it, one remark each.
    grid : Grid or None
    """

    title: str
    how: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    head: Row
    rows: Sequence[Row]
    said: Sequence[str] = ()
    grid: Grid | None = None


@runtime_checkable
class PlainChart(Protocol):
    """A chart that the page draws for itself."""

    def plain(self, run: RunView) -> Plain | None:
        """Return it as data; None: the run has nothing for it."""


def level(name: str, y: float | None, low: float, high: float) -> list[Series]:
    """Return a reference across the chart from one x to another; none where it is not known."""
    return [] if y is None else [Series(name, None, line=((low, y), (high, y)))]
