"""The power laws of the heap chart: which strategies have one, and what it says beyond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.analysis.fit import LEAST_POINTS, Fit, power_law
from lab.report.charts.data import RunView
from lab.report.charts.series import ENTRIES, Family, Measured, families
from strategies.units import format_count, format_duration

LARGE = 20_000_000
"""Where the line is extended to: an object each of a large production cache's entries."""

_USEFUL = 10.0  # a band that is wider, up or down, says nothing of a size that nobody measured
_MOST = 6
_SIZES = 3
_POINTS = 60  # a band is no straight line


@dataclass(frozen=True, eq=False)
class Line:
    """A strategy with the trials that its fit stands on."""

    name: str
    members: list[Measured]
    fit: Fit

    @property
    def is_vague(self) -> bool:
        """Whether its band at the large size is too wide to say anything."""
        value, low, high = self.fit.at(LARGE)
        return max(high / value, value / low) > _USEFUL

    @property
    def reach(self) -> float:
        """Return the number of objects up to which the line is drawn."""
        return self.fit.most_x if self.is_vague else max(self.fit.most_x, float(LARGE))

    def _along(self, low: float, high: float) -> list[tuple[float, float, float, float]]:
        """Return x, the law and its band from one x to another; nothing where these are one."""
        if low == high:
            return []
        return [(x, *self.fit.at(x)) for x in np.geomspace(low, high, _POINTS).tolist()]

    @property
    def measured(self) -> list[tuple[float, float, float, float]]:
        """Return x, the law and its band over the sizes that were measured."""
        return self._along(self.fit.least_x, self.fit.most_x)

    @property
    def extrapolated(self) -> list[tuple[float, float, float, float]]:
        """Return x, the law and its band beyond them; nothing where it is not extended."""
        return self._along(self.fit.most_x, self.reach)

    @property
    def exponent(self) -> str:
        """Write the exponent and its interval."""
        return f"walked^{self.fit.exponent:.2f} ({self.fit.low:.2f} to {self.fit.high:.2f})"

    @property
    def beyond(self) -> list[str]:
        """Say what the line has at the large size, and how far that is; nothing within it."""
        if self.fit.most_x >= LARGE:
            return []
        if self.is_vague:
            return [f"too uncertain to extrapolate to {format_count(LARGE)}"]
        value, low, high = (format_duration(each) for each in self.fit.at(LARGE))
        return [f"extrapolated to {format_count(LARGE)}: {value}", f"({low} to {high})"]


def pause_ns(member: Measured) -> float:
    """Return the worst pause of a trial; 0 where there was none."""
    return member.figures.worst_pause_ns or 0.0


def walked(member: Measured) -> int:
    """Return how many objects a full collection visits; the entries where that is not known."""
    return member.figures.walked or member.figures.entries


def line_of(family: Family) -> tuple[Line | None, list[str]]:
    """Fit a strategy's trials, if there are enough; name those that stay outside."""
    paused = [member for member in family.members if pause_ns(member) > 0]
    # a young collection is no small full one: where there are full ones, they are the pause
    full = [member for member in paused if member.figures.full_collections]
    inside = full or paused
    sizes = {member.figures.entries for member in inside}
    if len(sizes) < _SIZES or len(inside) < LEAST_POINTS:
        return None, []
    fit = power_law([walked(m) for m in inside], [pause_ns(m) for m in inside])
    outside = [member for member in family.members if member not in inside]
    return Line(family.name, inside, fit), list(dict.fromkeys(m.trial.label for m in outside))


def lines_of(run: RunView) -> tuple[list[Line], dict[str, list[str]]]:
    """Return the lines to draw, the longest pauses if there are too many, and what is left out."""
    found, outside, few, never = [], [], [], []
    for family in families(run, ENTRIES):
        line, without = line_of(family)
        if line is not None:
            found.append(line)
            outside += without
        elif any(pause_ns(member) for member in family.members):
            few.append(family.name)
        else:
            never.append(family.name)
    by_pause = sorted(found, key=lambda line: -max(pause_ns(m) for m in line.members))
    kept = by_pause[:_MOST]
    left_out = {
        "no GC pause at any size": never,
        f"pauses at fewer than {_SIZES} sizes, not drawn": few,
        "without a full collection, not in the fit": outside,
        "shorter pauses, not drawn": [line.name for line in found if line not in kept],
    }
    return [line for line in found if line in kept], left_out
