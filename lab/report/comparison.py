"""The comparison of strategies: a table, a table for pasting, JSON, and what to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.analysis.comparison import (
    Alone,
    Comparison,
    Difference,
    Group,
    Metric,
    Report,
    why_invalid,
)
from lab.analysis.intervals import Interval, Ratio
from strategies.units import format_count, format_duration

Json = dict[str, Any]
SCHEMA = 1
BLANK = "-"
_NARROWEST = 20
"""Columns into which the names of strategies may be folded before the table is split."""
_REFERENCE = "reference"
_HEAD = (
    "metric",
    "strategy",
    "median",
    "95% interval",
    "ratio",
    "95% interval",
    "noise",
    "verdict",
)
_STRATEGY, _LEFT = 1, (0, 1, 7)
_FIGURES, _VERDICTS = (0, 1, 2, 3, 6), (0, 1, 4, 5, 7)
"""The two halves of a table that does not fit."""


def figure(metric: Metric, value: float | None) -> str:
    """Write a figure with its unit."""
    if value is None:
        return BLANK
    if metric.unit == "ns":
        return format_duration(value)
    if metric.unit == "share":
        return f"{100 * value:.3g} %"
    if metric.unit == "bytes":
        return _bytes(value)
    return format_count(value)


def _bytes(value: float) -> str:
    for factor, unit in ((10**9, "GB"), (10**6, "MB")):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:,.4g} B" if value < 10_000 else f"{value:,.0f} B"


def bounds(metric: Metric, value: Interval | None) -> str:
    """Write an interval, the unit once where both ends have the same."""
    if value is None or value.low is None or value.high is None:
        return BLANK
    low, high = figure(metric, value.low), figure(metric, value.high)
    number, _, unit = low.partition(" ")
    return f"{number if unit and high.endswith(f' {unit}') else low} to {high}"


def times(value: float | None) -> str:
    """Write a ratio with three significant digits."""
    return BLANK if value is None else f"{value:.3g}x" if value < 1_000 else f"{value:,.0f}x"


def times_bounds(ratio: Ratio | None) -> str:
    """Write the interval of a ratio."""
    if ratio is None or ratio.low is None or ratio.high is None:
        return BLANK
    return f"{times(ratio.low).removesuffix('x')} to {times(ratio.high)}"


def name_of(group: Group, *, with_run: bool) -> str:
    """Name a strategy, with its run where there are several, and how many trials do not count."""
    name = f"{group.label} ({group.run.folder.name})" if with_run else group.label
    if group.invalid:
        name += f" ({len(group.invalid)} of {len(group.trials)} trials not valid)"
    return name


def _sections(report: Report) -> Iterator[list[list[str]]]:
    """Yield the rows of each metric: a reference, then what is compared with it."""
    for name, of_metric in groupby(report.comparisons, key=lambda each: each.metric.name):
        of_base: dict[int, list[Comparison]] = {}
        for each in of_metric:
            of_base.setdefault(id(each.reference), []).append(each)
        rows = []
        for compared in of_base.values():
            rows.append(_reference_row(report, compared[0]))
            rows += [_row(report, each) for each in compared]
        yield [[name if row is rows[0] else "", *row] for row in rows]


def _reference_row(report: Report, first: Comparison) -> list[str]:
    name = name_of(first.reference, with_run=report.several_runs)
    median = figure(first.metric, first.base.point if first.base else None)
    blank = BLANK
    return [name, median, bounds(first.metric, first.base), blank, blank, blank, _REFERENCE]


def _row(report: Report, found: Comparison) -> list[str]:
    return [
        name_of(found.group, with_run=report.several_runs),
        figure(found.metric, found.value.point if found.value else None),
        bounds(found.metric, found.value),
        times(found.ratio.point if found.ratio else None),
        times_bounds(found.ratio),
        figure(found.metric, found.noise_floor),
        found.verdict,
    ]


def comparison_tables(report: Report, width: int) -> list[Table]:
    """Return the table for a terminal, in two parts where one would not fit the width."""
    sections = list(_sections(report))
    narrowest = _table(sections, range(len(_HEAD)), _NARROWEST)
    if Console(width=1_000).measure(narrowest).maximum <= width:
        return [_table(sections, range(len(_HEAD)))]
    return [_table(sections, _FIGURES), _table(sections, _VERDICTS)]


def _table(
    sections: Iterable[Sequence[Sequence[str]]], columns: Sequence[int], widest: int | None = None
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number in columns:
        if number == _STRATEGY:
            table.add_column(_HEAD[number], overflow="fold", max_width=widest)
        else:
            justify: Literal["left", "right"] = "left" if number in _LEFT else "right"
            table.add_column(_HEAD[number], justify=justify, no_wrap=True)
    for rows in sections:
        table.add_section()
        for row in rows:
            table.add_row(*(Text(row[number]) for number in columns))
    return table


def comparison_markdown(report: Report) -> str:
    """Return the table for pasting into a pull request or a page, with its remarks."""
    rows = [row for section in _sections(report) for row in section]
    return (
        markdown_table(_HEAD, rows, "llrrrrrl")
        + "\n"
        + "".join(f"- {line}\n" for line in comparison_remarks(report))
    )


def markdown_table(head: Iterable[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """Return rows as a Markdown table; ``align`` has an l or r per column."""
    rule = ["---:" if side == "r" else "---" for side in align]
    lines = [list(head), rule, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def comparison_remarks(report: Report) -> Iterator[str]:
    """Yield what a reader must know to read the table rightly."""
    yield from forced_lines(report.forced, str(report.reference_run.folder))
    counts = [found.ratio.n for found in report.comparisons if found.ratio]
    if max(counts, default=0) > 1:
        fewest, most = min(counts), max(counts)
        repeats = f"{most}" if fewest == most else f"{fewest} to {most}"
        yield (
            f"medians and 95% intervals over {repeats} repeats; ratios to the reference are paired "
            "by repeat"
        )
    yield from _reasons(report.comparisons)
    timed = [found for found in report.comparisons if found.metric.noise]
    if timed and all(found.noise_floor is None for found in timed):
        yield "no trial measured the machine's noise: differences are not held against it"
    yield from _left_out(report)
    for alone in report.alone:
        yield f"compared with nothing, {alone}"


def forced_lines(forced: Mapping[str, Sequence[Difference]], first: str) -> Iterator[str]:
    """Yield that runs were compared although they differ, and in what."""
    for run, fields in forced.items():
        yield (
            f"FORCED: {first} and {run} differ in {', '.join(map(str, fields))}; what this shows "
            "is no difference between strategies alone"
        )


def _reasons(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Yield every reason once, with what it keeps from being ranked."""
    about: dict[str, list[str]] = {}
    common: set[str] = set()
    for found in comparisons:
        for reason in found.reasons:
            where = about.setdefault(reason.message, [])
            what = f"{found.group.label} {found.metric.name}"
            if what not in where:
                where.append(what)
            if reason.code in ("one_repeat", "not_valid"):
                common.add(reason.message)
    for message, where in about.items():
        yield message if message in common else f"{message} ({', '.join(where)})"


def _left_out(report: Report) -> Iterator[str]:
    groups = {id(g): g for each in report.comparisons for g in (each.reference, each.group)}
    for group in groups.values():
        if group.invalid and group.valid and not group.unfit():
            yield (
                f"{name_of(group, with_run=report.several_runs)}, left out: "
                f"{why_invalid(group.invalid[0])}"
            )


def comparison_json(report: Report) -> Json:
    """Return what ``gclab compare --json`` prints; figures in the unit that each names."""
    return {
        "schema": SCHEMA,
        "reference": {
            "run": str(report.reference_run.folder),
            "strategy": report.reference_label,
        },
        "comparisons": [_comparison(found) for found in report.comparisons],
        "forced": forced_json(report.forced),
        "alone": alone_json(report.alone),
    }


def forced_json(forced: Mapping[str, Sequence[Difference]]) -> list[Json]:
    """Return the fields that should have kept runs from being compared."""
    return [
        {"run": run, "field": each.field, "reference": each.reference, "value": each.value}
        for run, fields in forced.items()
        for each in fields
    ]


def alone_json(alone: Iterable[Alone]) -> list[Json]:
    """Return the strategies that were compared with nothing."""
    return [{"run": a.run, "not_in": a.not_in, "strategies": list(a.labels)} for a in alone]


def _comparison(found: Comparison) -> Json:
    return {
        "metric": found.metric.name,
        "unit": found.metric.unit,
        "run": str(found.group.run.folder),
        "strategy": found.group.label,
        "reference_run": str(found.reference.run.folder),
        "reference_strategy": found.reference.label,
        "value": interval_json(found.value),
        "reference_value": interval_json(found.base),
        "ratio": ratio_json(found.ratio),
        "noise_floor": found.noise_floor,
        "valid_trials": len(found.group.valid),
        "trials": len(found.group.trials),
        "verdict": found.verdict,
        "reasons": [{"code": r.code, "message": r.message} for r in found.reasons],
    }


def interval_json(value: Interval | None) -> Json | None:
    """Return a median with its interval."""
    if value is None:
        return None
    return {"median": value.point, "low": value.low, "high": value.high, "n": value.n}


def ratio_json(ratio: Ratio | None) -> Json | None:
    """Return a ratio with its interval."""
    if ratio is None:
        return None
    return {"point": ratio.point, "low": ratio.low, "high": ratio.high, "n": ratio.n}
