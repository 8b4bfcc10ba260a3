"""Why the slow requests were slow: the share of each cause, strategy by strategy.

A share says nothing of how long it took. Each bar therefore stands beside the latency that it
speaks of, and a strategy whose tail is no longer than the machine's own stalls is toned down.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator

from lab.report.charts.data import CausesView, RunView, Shares, TrialView
from lab.report.charts.sheet import (
    EDGE_IN,
    GAP_IN,
    WIDTH_IN,
    add_axes,
    draw_key,
    key_height_in,
    new_sheet,
    nothing_to_draw,
    text_height_in,
    wrap,
    write,
)
from lab.report.charts.style import (
    FAINT,
    GRID,
    INK,
    QUIET,
    SMALL_PT,
    Colour,
    house_style,
    letters_on,
)
from lab.report.charts.words import display_name, labels, value_at
from strategies.units import format_duration

NAME = "causes"
TITLE = "Causes of the slow requests and of the waiting time, all strategies in one chart"
NEEDS = "trials that recorded why their requests were slow"

_LOOKS = {
    "gc": ("garbage collection", "#d55e00"),
    "rehash": ("index re-hash", "#f0c75e"),
    "drop": ("dropping objects", "#8e3b75"),
    "load": ("database load", "#56b4e9"),
    "commit": ("commit", "#004b78"),
    "descheduled": ("descheduled (OS or hypervisor)", "#b8a78f"),
    "fault": ("page fault", "#00805d"),
    "unexplained": ("unexplained", "#d0d0d0"),
}
"""Words and colour of each cause, in the order of every bar; neighbours differ in lightness."""

WITHIN_NOISE = "within the machine's noise"
_NAME_IN = 2.35
_LEFT_IN = EDGE_IN + _NAME_IN + 0.12
_LATENCY_IN = 1.2
_BAR_IN = WIDTH_IN - EDGE_IN - _LATENCY_IN - _LEFT_IN
_BAR_HEIGHT_IN = 0.25
_BETWEEN_ROWS_IN = 0.1
_TITLE_IN = text_height_in(1) + 0.05
_BELOW_IN = 0.14
_WORTH_A_LABEL = 0.08
_TO_BE_SEEN = 0.005  # less than that is thinner than the line between two causes


@dataclass(frozen=True)
class _Panel:
    """One quantity that is divided among the causes."""

    title: str
    shares: Callable[[CausesView], Shares]
    quantile: float | None
    empty: str

    @property
    def percentile(self) -> str:
        """Return the name of the percentile: ``p99.9``."""
        return f"p{100 * (self.quantile or 0):g}"


_PANELS = (
    _Panel("Requests above p99", lambda c: c.above_p99, 0.99, "no request above it"),
    _Panel("Requests above p99.9", lambda c: c.above_p999, 0.999, "no request above it"),
    _Panel("Waiting time of all requests", lambda c: c.waiting_time, None, "no request waited"),
)


@dataclass(frozen=True, eq=False)
class _Row:
    """One strategy: the trials behind its bars."""

    name: list[str]
    trials: list[TrialView]
    within_noise: bool

    @property
    def counts(self) -> bool:
        """Whether any trial behind it does."""
        return self.trials[0].counts

    @property
    def height_in(self) -> float:
        """Return the height that its words need, in inches."""
        words_in = text_height_in(len(self.name))
        if self.within_noise:
            words_in += text_height_in(1, SMALL_PT)
        return max(words_in, _BAR_HEIGHT_IN) + _BETWEEN_ROWS_IN

    def shares(self, panel: _Panel) -> dict[str, float]:
        """Return the mean share of each cause over the trials that have any; empty: none has."""
        each = [panel.shares(t.causes) for t in self.trials if t.causes is not None]
        known = [shares for shares in each if shares]
        if not known:
            return {}
        return {cause: statistics.fmean(s.get(cause, 0.0) for s in known) for cause in _LOOKS}

    def latency_ns(self, quantile: float) -> float | None:
        """Return the median of a percentile over the trials; None if one has none."""
        return _median_ns(self.trials, quantile)


def _median_ns(trials: Sequence[TrialView], quantile: float) -> float | None:
    values = [value_at(trial, quantile) for trial in trials]
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def _rows(run: RunView) -> tuple[list[_Row], list[str]]:
    """Return the strategies to draw, and the labels of those that recorded no causes."""
    rows, missing = [], []
    for label in labels(run):
        measured = [t for t in run.trials if t.label == label and t.status != "failed"]
        trials = [t for t in measured if t.counts] or measured
        known = [trial for trial in trials if trial.causes is not None]
        if known:
            tail_ns, floor_ns = _median_ns(known, 0.999), run.noise.p999_ns
            within = tail_ns is not None and floor_ns is not None and tail_ns < floor_ns
            rows.append(_Row(wrap(display_name(known[0]), _NAME_IN), known, within))
        if len(known) < len(trials):
            missing.append(label)
    return rows, missing


def applies(run: RunView) -> bool:
    """Whether any trial says why its requests were slow."""
    return any(row.shares(panel) for row in _rows(run)[0] for panel in _PANELS)


def _toned(colour: str, opacity: float) -> Colour:
    """Mix a colour with white."""
    red, green, blue = (opacity * part + 1 - opacity for part in to_rgb(colour))
    return red, green, blue


def _draw_bar(axes: Axes, row: _Row, shares: Mapping[str, float], middle: float) -> None:
    """Stack the shares of one row, each with its number where there is room."""
    left = 0.0
    for cause, share in shares.items():
        if share <= 0:
            continue
        words, colour = _LOOKS[cause]
        toned = row.within_noise or not row.counts
        fill = _toned(colour, FAINT if toned else 1.0)
        axes.barh(
            middle,
            share,
            left=left,
            height=_BAR_HEIGHT_IN,
            color=fill,
            edgecolor="white",
            linewidth=0.8,
            hatch="///" if row.within_noise else None,
            label=words,
        )
        if share >= _WORTH_A_LABEL:
            axes.text(
                left + share / 2,
                middle,
                f"{100 * share:.0f} %",
                fontsize=SMALL_PT,
                color=letters_on(fill),
                horizontalalignment="center",
                verticalalignment="center_baseline",
            )
        left += share


def _beside(row: _Row, panel: _Panel) -> str:
    """Say which latency a bar speaks of."""
    if panel.quantile is None:
        return ""
    latency_ns = row.latency_ns(panel.quantile)
    return "" if latency_ns is None else f"{panel.percentile} {format_duration(latency_ns)}"


def _why_empty(row: _Row, panel: _Panel) -> str:
    too_few = panel.quantile is not None and row.latency_ns(panel.quantile) is None
    return "too few requests" if too_few else panel.empty


def _write_row(figure: Figure, row: _Row, panel: _Panel, top_in: float) -> None:
    """Write the name on the left of a bar and its latency on the right."""
    words_in = row.height_in - _BETWEEN_ROWS_IN
    name_in = text_height_in(len(row.name))
    noise_in = text_height_in(1, SMALL_PT) if row.within_noise else 0.0
    top = top_in - _BETWEEN_ROWS_IN / 2 - (words_in - name_in - noise_in) / 2
    end_in = EDGE_IN + _NAME_IN
    quiet = row.within_noise or not row.counts
    write(figure, end_in, top, row.name, align="right", colour=QUIET if quiet else INK)
    if row.within_noise:
        note = [WITHIN_NOISE]
        write(figure, end_in, top - name_in, note, size_pt=SMALL_PT, colour=QUIET, align="right")
    if beside := _beside(row, panel):
        middle = top_in - row.height_in / 2 + text_height_in(1, SMALL_PT) / 2
        left_in = _LEFT_IN + _BAR_IN + 0.1
        write(figure, left_in, middle, [beside], size_pt=SMALL_PT, colour=QUIET)


def _draw_panel(figure: Figure, rows: Sequence[_Row], panel: _Panel, top_in: float) -> Axes:
    """Draw one quantity below ``top_in``: a title, and a bar for each strategy."""
    write(figure, _LEFT_IN, top_in, [panel.title], weight="bold")
    top_in -= _TITLE_IN
    height_in = sum(row.height_in for row in rows)
    axes = add_axes(figure, (_LEFT_IN, top_in - height_in, _BAR_IN, height_in))
    axes.set_xlim(0, 1)
    axes.set_ylim(height_in, 0)  # y counts inches from the top: rows differ in height
    axes.spines["bottom"].set_visible(False)
    axes.yaxis.set_visible(False)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.xaxis.set_major_formatter(FixedFormatter(["0 %", "25 %", "50 %", "75 %", "100 %"]))
    axes.tick_params(labelsize=SMALL_PT, labelcolor=QUIET, length=0)
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
    below = 0.0
    for row in rows:
        middle = below + row.height_in / 2
        shares = row.shares(panel)
        _draw_bar(axes, row, shares, middle)
        if not shares:
            axes.text(
                0.01,
                middle,
                _why_empty(row, panel),
                fontsize=SMALL_PT,
                color=QUIET,
                verticalalignment="center_baseline",
            )
        _write_row(figure, row, panel, top_in - below)
        below += row.height_in
    return axes


def _keys(rows: Sequence[_Row]) -> list[Artist]:
    """Return the keys of those causes which can be seen in any bar."""
    occurring = {
        cause
        for row in rows
        for panel in _PANELS
        for cause, share in row.shares(panel).items()
        if share >= _TO_BE_SEEN
    }
    return [
        Patch(color=colour, linewidth=0, label=words)
        for cause, (words, colour) in _LOOKS.items()
        if cause in occurring
    ]


def _remarks(run: RunView, rows: Sequence[_Row], missing: Sequence[str]) -> list[str]:
    """Say what the bars are made of, and who has none."""
    remarks = ["unexplained waiting time includes ordinary queueing"]
    if any(len(row.trials) > 1 for row in rows):
        remarks.append("shares: means, percentiles: medians, over the valid trials")
    if any(row.within_noise for row in rows) and run.noise.p999_ns is not None:
        floor = format_duration(run.noise.p999_ns)
        remarks.append(f"hatched: the p99.9 is below that of the machine's own noise, {floor}")
    if missing:
        remarks.append(f"causes not recorded: {', '.join(missing)}")
    return remarks


@house_style
def draw(run: RunView) -> Figure:
    """Draw the shares of the causes as stacked bars, from 0 to 100 %, a panel per quantity."""
    rows, missing = _rows(run)
    if not rows:
        return nothing_to_draw(run, "by cause", "No trial recorded why its requests were slow.")
    keys = _keys(rows)
    key_in = key_height_in(keys) + GAP_IN if keys else 0.0
    panel_in = _TITLE_IN + sum(row.height_in for row in rows) + GAP_IN
    body_in = key_in + len(_PANELS) * panel_in + _BELOW_IN
    remarks = _remarks(run, rows, missing)
    figure, bottom = new_sheet(
        run, "of the slow requests, by cause", body_in, *remarks, merged=True
    )
    top = bottom + body_in
    if keys:
        draw_key(figure, top, keys)
    top -= key_in
    for panel in _PANELS:
        axes = _draw_panel(figure, rows, panel, top)
        axes.tick_params(labelbottom=panel is _PANELS[-1])
        top -= panel_in
    return figure
