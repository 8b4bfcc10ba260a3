"""Service levels and changes: a pass/fail table per strategy, JSON, and what to know of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

from lab.analysis.levels import MISSED, NOT_VALID, OK, REGRESSED, Change, Judgement, Kept
from lab.report.comparison import (
    BLANK,
    SCHEMA,
    alone_json,
    bounds,
    figure,
    forced_json,
    forced_lines,
    interval_json,
    ratio_json,
    times,
    times_bounds,
)

Json = dict[str, Any]
_OUTCOME = {
    OK: "passed",
    MISSED: "a level was missed",
    REGRESSED: "a regression",
    NOT_VALID: "not measured validly",
}
_STYLE = {"pass": "green", "miss": "red", "regression": "red", "not valid": "yellow"}


def level_tables(found: Judgement) -> Iterator[Table]:
    """Yield a table of the levels and one of the changes, whichever were asked for."""
    if found.levels:
        table = _table("strategy", "level", "median", "95% interval", "result")
        for kept in found.levels:
            median = figure(kept.level.metric, kept.value.point if kept.value else None)
            table.add_row(
                Text(kept.group.label),
                Text(kept.level.text),
                Text(median),
                Text(bounds(kept.level.metric, kept.value)),
                _result(kept.state, "cannot tell" if kept.straddles else ""),
            )
        yield table
    if found.changes:
        table = _table(
            *("strategy", "allowed", "before", "now", "ratio", "95% interval", "noise", "result")
        )
        for change in found.changes:
            table.add_row(*_change_cells(change))
        yield table


def _table(*head: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(head):
        left = number < 2 or name == "result"
        justify: Literal["left", "right"] = "left" if left else "right"
        table.add_column(name, justify=justify, no_wrap=number > 1, overflow="fold")
    return table


def _change_cells(change: Change) -> Iterator[Text]:
    compared, metric = change.comparison, change.allowance.metric
    yield Text(compared.group.label)
    yield Text(change.allowance.text)
    yield Text(figure(metric, compared.base.point if compared.base else None))
    yield Text(figure(metric, compared.value.point if compared.value else None))
    yield Text("from 0" if change.point == math.inf else times(change.point))
    yield Text(times_bounds(compared.ratio))
    yield Text(figure(metric, compared.noise_floor))
    yield _result(change.state, "cannot tell" if change.state == "pass" and change.reason else "")


def _result(state: str, also: str) -> Text:
    return Text(f"{state}, {also}" if also else state, style=_STYLE[state])


def level_remarks(found: Judgement) -> Iterator[str]:
    """Yield what a reader must know, the outcome last."""
    yield from forced_lines(found.forced, str(found.against.folder) if found.against else BLANK)
    yield from dict.fromkeys(_reasons(found))
    for alone in found.alone:
        yield f"compared with nothing, {alone}"
    if any(kept.straddles for kept in found.levels):
        yield "cannot tell: the interval lies on both sides of the limit; the median decides"
    fewest = min((kept.value.n for kept in found.levels if kept.value), default=0)
    if fewest == 1:
        yield "one trial of a strategy: no interval; --repeats 5 gives one"
    yield _counts(found)


def _reasons(found: Judgement) -> Iterator[str]:
    for kept in found.levels:
        if kept.reason:
            yield f"{kept.group.label}: {kept.reason}"
    for change in found.changes:
        if change.reason:
            label = change.comparison.group.label
            yield f"{label} {change.allowance.metric.name}: {change.reason}"


def _counts(found: Judgement) -> str:
    parts = []
    if found.levels:
        passed = sum(kept.state == "pass" for kept in found.levels)
        parts.append(f"{passed} of {len(found.levels)} levels met")
    if found.changes:
        worse = sum(change.state == "regression" for change in found.changes)
        parts.append(f"{worse} of {len(found.changes)} figures regressed")
    code = found.exit_code
    return f"{', '.join(parts)}: {_OUTCOME[code]} (exit {code})"


def levels_json(found: Judgement) -> Json:
    """Return what ``gclab check --json`` prints; figures in the unit that each names."""
    return {
        "schema": SCHEMA,
        "run": str(found.run.folder),
        "against": str(found.against.folder) if found.against else None,
        "levels": [_kept(kept) for kept in found.levels],
        "changes": [_change(change) for change in found.changes],
        "forced": forced_json(found.forced),
        "alone": alone_json(found.alone),
        "exit_code": found.exit_code,
    }


def _kept(kept: Kept) -> Json:
    return {
        "strategy": kept.group.label,
        "level": kept.level.text,
        "metric": kept.level.metric.name,
        "operator": kept.level.operator,
        "limit": kept.level.limit,
        "unit": kept.level.metric.unit,
        "value": interval_json(kept.value),
        "state": kept.state,
        "straddles": kept.straddles,
        "reason": kept.reason or None,
    }


def _change(change: Change) -> Json:
    compared, point = change.comparison, change.point
    return {
        "strategy": compared.group.label,
        "metric": change.allowance.metric.name,
        "unit": change.allowance.metric.unit,
        "allowed": change.allowance.share,
        "before": interval_json(compared.base),
        "now": interval_json(compared.value),
        # JSON has no infinity: a figure that was 0 has no ratio
        "times": None if point is None or math.isinf(point) else point,
        "ratio": ratio_json(compared.ratio),
        "noise_floor": compared.noise_floor,
        "state": change.state,
        "reason": change.reason or None,
    }
