"""The charts' frames: heading, how to read it, the table behind it, its download.

What is drawn into a frame is the scripts' part (``assets/``); the tables are written here, so that
a reader who sees no chart has the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lab.report.charts.data import RunView
from lab.report.charts.words import metric, value_at
from lab.report.comparison import BLANK
from lab.report.html.markup import Child, Markup, el, fold, table
from lab.report.html.palette import CAUSES
from lab.report.html.payload import QUANTITIES, Json, PageTrial, series
from strategies.units import format_duration

_TABLE_INTERVALS = 100
_TABLE_PAUSES = 40
_QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)
_QUANTITY_WORDS = {
    "above_p99": "requests above p99",
    "above_p99.9": "requests above p99.9",
    "waiting_time": "waiting time of all requests",
}


@dataclass(frozen=True)
class Frame:
    """A chart's place in the page.

    Attributes
    ----------
    name, title : str
    how : str
        What it shows and how to read it.
    table : Markup
        The figures behind it.
    note : str
        What the table leaves out; "" for nothing.
    said : Markup or None
        What a reader must know of it, beside the drawing.
    """

    name: str
    title: str
    how: str
    table: Markup
    note: str = ""
    said: Markup | None = None

    def written(self) -> Markup:
        """Return the frame as a figure."""
        return el(
            "figure",
            el("figcaption", el("h3", self.title, id=f"title-{self.name}"), el("p", self.how)),
            el("div", class_="drawing needs-script", data_chart=self.name),
            self.said,
            fold(
                f"Table: {self.title[0].lower()}{self.title[1:]}",
                el("p", self.note) if self.note else None,
                self.table,
            ),
            el(
                "p",
                el(
                    "a",
                    "Download the data (CSV)",
                    href=f"#chart-{self.name}",
                    download=f"{self.name}.csv",
                    data_download=self.name,
                ),
                class_="needs-script",
            ),
            id=f"chart-{self.name}",
            class_="chart",
            aria_labelledby=f"title-{self.name}",
        )


def frames(view: RunView, trials: Sequence[PageTrial], strategies: Sequence[Json]) -> list[Frame]:
    """Return the charts that this run has something for."""
    drawn = [trial for trial in trials if trial.view.status != "failed"]
    found = [
        _timeline(view, [each for each in drawn if len(each.view.time_s)]),
        _percentiles(view, [each for each in drawn if len(each.view.curve_ns)]),
        _causes([each for each in strategies if any(each["shares"].values())]),
        _tradeoff(view, [each for each in strategies if each["bytes"] and each["p99.9"]]),
        _pauses([each for each in drawn if len(each.marks.start_ns)]),
    ]
    return [frame for frame in found if frame is not None]


def _timeline(view: RunView, trials: Sequence[PageTrial]) -> Frame | None:
    if not trials:
        return None
    rows = (
        (trial.name, f"{start:.4g}", _duration(p99), _duration(longest))
        for trial in trials
        for over_time in [series(trial.view, _TABLE_INTERVALS)]
        for start, p99, longest in zip(
            over_time.start_s + over_time.step_s * np.arange(len(over_time.max_ns)),
            over_time.p99_ns,
            over_time.max_ns,
            strict=True,
        )
    )
    return Frame(
        "timeline",
        f"{metric(view)} over time, with the pauses of the collector",
        "Time counts from the beginning of the measured phase. The strong line is the slowest "
        "request of each interval, the thin one its 99th percentile, the dashed one the machine's "
        "own noise. A triangle is a collection of the whole heap, a tick at the foot any other "
        "pause, a pale band a collection that ran beside the requests; what is below the ticks "
        "are stalls of the machine itself. Click a pause, or go to it with the arrow keys and "
        "press Enter, to see the requests that it delayed.",
        table(
            f"{metric(view)} per interval",
            ("trial", "from, s", "99th percentile", "maximum"),
            rows,
        ),
        f"At most {_TABLE_INTERVALS} intervals of a trial; of a longer one neighbours are merged.",
    )


def _percentiles(view: RunView, trials: Sequence[PageTrial]) -> Frame | None:
    if not trials:
        return None
    names = [f"p{100 * quantile:.6g}" for quantile in _QUANTILES]
    rows: list[list[Child]] = [
        [trial.name, *(_duration(value_at(trial.view, quantile)) for quantile in _QUANTILES)]
        for trial in trials
    ]
    noise = {
        "p99": view.noise.p99_ns,
        "p99.9": view.noise.p999_ns,
        "p99.99": view.noise.p9999_ns,
    }
    if any(value is not None for value in noise.values()):
        rows.append(["machine noise", *(_duration(noise.get(name)) for name in names)])
    return Frame(
        "percentiles",
        f"{metric(view)} by percentile",
        "Each step to the right is ten times rarer: as many requests are slower than at 99 % as "
        "1 in 100. A curve ends where fewer than ten requests lie beyond it. The dashed steps are "
        "the machine's own noise.",
        table(f"{metric(view)} at some percentiles", ("trial", *names), rows),
    )


def _causes(strategies: Sequence[Json]) -> Frame | None:
    if not strategies:
        return None
    rows = [
        [each["name"], _QUANTITY_WORDS[quantity], *(_percent(shares[cause]) for cause in CAUSES)]
        for each in strategies
        for quantity in QUANTITIES
        if (shares := each["shares"][quantity])
    ]
    return Frame(
        "causes",
        "Causes of the slow requests",
        "What the slow requests were waiting for. A request that waited behind another one has "
        "that one's cause. A share says nothing of how long it took: hold it against the "
        "percentile that is written beside it.",
        table(
            "Shares of the causes",
            ("strategy", "of", *(words for words, _, _ in CAUSES.values())),
            rows,
            words=(0, 1),
        ),
    )


def _tradeoff(view: RunView, strategies: Sequence[Json]) -> Frame | None:
    if not strategies:
        return None
    rows = [
        (
            each["name"],
            f"{each['bytes']:,.0f}",
            _duration(each["p99.9"]),
            BLANK if each["busy"] is None else _percent(each["busy"]),
        )
        for each in strategies
    ]
    return Frame(
        "tradeoff",
        "What the tail costs: memory and processor time",
        "Further left takes less memory, further down has the shorter tail; the larger the bubble, "
        "the busier the processor. Medians over the valid trials.",
        table(
            f"Memory, p99.9 of the {metric(view).lower()}, processor",
            ("strategy", "bytes per entry", "p99.9", "processor busy"),
            rows,
        ),
    )


def _pauses(trials: Sequence[PageTrial]) -> Frame | None:
    if not trials:
        return None
    left_out = sum(trial.marks.left_out for trial in trials)
    more = f" {left_out:,} shorter ones are not in this page at all." if left_out else ""
    return Frame(
        "pauses",
        "Pauses of the collector over time",
        "Each mark is a pause; collections of the whole heap are drawn larger.",
        table(
            "The longest pauses and the requests that they delayed",
            (
                "trial",
                "from, s",
                "length",
                "generation",
                "whole heap",
                "slow requests delayed",
                "slowest of them",
            ),
            (row for trial in trials for row in _pause_rows(trial)),
        ),
        f"The {_TABLE_PAUSES} longest of each trial; the download has all that the page holds."
        + more,
    )


def _pause_rows(trial: PageTrial) -> Iterator[tuple[str, ...]]:
    marks = trial.marks
    longest = np.argsort(-marks.length_ns, kind="stable")[:_TABLE_PAUSES]
    for number in np.sort(longest).tolist():
        count, worst = BLANK, BLANK
        if marks.delayed is not None:
            delayed, slowest, complete = marks.delayed[number]
            count = f"{delayed:,}" if complete else f"at least {delayed:,}"
            worst = _duration(slowest) if delayed else BLANK
        yield (
            trial.name,
            f"{marks.start_ns[number] / 1e9:.3f}",
            format_duration(int(marks.length_ns[number])),
            str(marks.generation[number]),
            "yes" if marks.full[number] else "no",
            count,
            worst,
        )


def _duration(value: float | None) -> str:
    return BLANK if value is None else format_duration(value)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
