"""The table of a run: one row per strategy, the worst figures not to be overlooked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.analysis.comparison import NOT_RANKED, counting
from lab.analysis.intervals import CANNOT_TELL, Interval
from lab.analysis.summary import Floor, Row, noise_floor, summarise_run
from lab.store import StoredRun
from strategies.units import format_duration

_BLANK = "-"
FLOOR = "machine noise"
ALL_IN_WORDS = 2
"""Different texts of one warning that are all printed; of more, only the worst strategy's is."""


def _duration(value: float | None) -> str:
    return _BLANK if value is None else format_duration(value)


def _interval(value: Interval | None) -> str:
    """Write the median, and its 95% interval below it where there is one."""
    if value is None:
        return _BLANK
    if value.low is None or value.high is None:
        return format_duration(value.point)
    low, high = format_duration(value.low), format_duration(value.high)
    number, _, unit = low.partition(" ")
    low = number if high.endswith(f" {unit}") else low
    return f"{format_duration(value.point)}\n{low} to {high}"


def _percent(value: float | None) -> str:
    return _BLANK if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return _BLANK if value is None else f"{value:,.0f}"


def _ratio(row: Row) -> str:
    """Write the ratio, and below it what may be concluded from it."""
    found = row.ratio
    if found is None or found.ratio is None:
        return _BLANK
    point = found.ratio.point
    text = f"{point:.2f}x" if point >= 0.095 else f"{point:.2g}x"
    if any(reason.code == "below_noise" for reason in found.reasons):
        return f"{text}\nnoise"
    if found.verdict in (CANNOT_TELL, NOT_RANKED) and found.ratio.n == 1:
        return text
    return f"{text}\n{found.verdict}"


def _why(row: Row) -> str:
    return "\n".join(f"{cause} {100 * share:.0f} %" for cause, share in row.why[:2]) or _BLANK


Column = tuple[str, Callable[[Row], str], Callable[[Floor], float | None] | None]
LATENCY: tuple[Column, ...] = (
    ("p50", lambda row: _interval(row.p50), None),
    ("p99", lambda row: _interval(row.p99), lambda floor: floor.p99),
    ("p99.9", lambda row: _interval(row.p999), lambda floor: floor.p999),
    ("max", lambda row: _interval(row.longest), lambda floor: floor.longest),
)
WHY: tuple[Column, ...] = (("why, above\np99.9", _why, None),)
COST: tuple[Column, ...] = (
    ("worst GC\npause", lambda row: _interval(row.worst_pause), None),
    ("full\nGCs", lambda row: _number(row.full_collections), None),
    ("time\npaused", lambda row: _percent(row.paused), None),
    ("bytes/\nentry", lambda row: _number(row.bytes_per_entry), None),
    ("CPU\nbusy", lambda row: _percent(row.busy), None),
)
RUNTIME: tuple[Column, ...] = (("served\nby", lambda row: row.runtime.replace(" ", "\n"), None),)
RATIO: tuple[Column, ...] = (("p99.9 to\nthe first", _ratio, None),)


def run_tables(stored: StoredRun, width: int) -> list[Table]:
    """Return a stored run's table, in two parts where one would not fit the width.

    What served each strategy stands in it where that is not the same for all.
    """
    rows, floor = summarise_run(stored), noise_floor(stored)
    runtime = runtime_column(rows)
    kind = "service time" if _closed(stored) else "response time"
    whole = _table(rows, floor, f"strategy\n({kind})", runtime + LATENCY + WHY + COST + RATIO)
    if Console(width=1_000).measure(whole).maximum <= width:
        return [whole]
    return [
        _table(rows, floor, f"strategy\n({kind})", LATENCY + WHY + RATIO),
        _table(rows, None, "strategy\n(what it costs)", runtime + COST),
    ]


def runtime_column(rows: list[Row]) -> tuple[Column, ...]:
    """Return the column of what served each strategy; none where that is the same for all."""
    return RUNTIME if len({row.runtime for row in rows if row.runtime}) > 1 else ()


def _table(rows: list[Row], floor: Floor | None, head: str, columns: tuple[Column, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(head, overflow="fold")
    for name, _, _ in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        if row.status == "failed" and not row.valid:
            table.add_row(Text(f"{row.label} (failed)"), *[_BLANK] * len(columns))
        else:
            mark = "" if row.status == "ok" else f" ({row.status})"
            table.add_row(Text(row.label + mark), *[cell(row) for _, cell, _ in columns])
    if floor is not None:
        table.add_section()
        cells = [_duration(noise(floor)) if noise else "" for _, _, noise in columns]
        table.add_row(Text(FLOOR, style="dim"), *[Text(cell, style="dim") for cell in cells])
    return table


def _closed(stored: StoredRun) -> bool:
    return all(trial.result["load"]["closed_loop"] for trial in stored.trials)


def remarks(stored: StoredRun) -> Iterator[str]:
    """Yield the lines below the table: what a reader must know to read it rightly."""
    rows = summarise_run(stored)
    yield from _on_repeats(rows)
    if any(row.p999 is None and row.status != "failed" for row in rows):
        yield f"{_BLANK}: too few requests beyond it for a figure"
    for path, facts in stored.run.get("traces", {}).items():
        played = _payloads(stored, path)
        if what := "; ".join([*_not_played_as_written(facts), *_on_sizes(facts, played)]):
            yield f"trace {path}: {what}"
    for warning in stored.run.get("warnings", []):
        yield f"{warning['code']}: {_in_full(warning)}"
    yield from _on_trials(stored)


def _on_trials(stored: StoredRun) -> Iterator[str]:
    """Yield each warning once, in the words of the worst repeat, for all that it is true of."""
    worst: dict[tuple[str, str], dict[str, Any]] = {}
    for trial in counting(stored):
        for warning in trial.result["warnings"]:
            key = (warning["code"], trial.label)
            if key not in worst or (warning.get("value") or 0) > (worst[key].get("value") or 0):
                worst[key] = warning
    for code in dict.fromkeys(code for code, _ in worst):
        mine = {label: warning for (other, label), warning in worst.items() if other == code}
        texts: dict[str, list[str]] = {}
        for label, warning in mine.items():
            texts.setdefault(_in_full(warning), []).append(label)
        if len(texts) <= ALL_IN_WORDS:
            yield from (f"{code} ({', '.join(labels)}): {text}" for text, labels in texts.items())
        else:
            largest = max(mine, key=lambda label: mine[label].get("value") or 0)
            yield f"{code} ({', '.join(mine)}): worst, {largest}: {_in_full(mine[largest])}"


def _in_full(warning: dict[str, Any]) -> str:
    advice = warning.get("advice")
    return f"{warning['message']}; {advice}" if advice else str(warning["message"])


def _on_repeats(rows: list[Row]) -> Iterator[str]:
    most = max((row.trials for row in rows), default=0)
    if most == 1:
        yield "one trial per strategy: no interval can be given; --repeats 5 gives one"
    elif most:
        yield f"medians over {most} trials per strategy, with the 95% interval where there is one"
    yield from dict.fromkeys(
        reason.message
        for row in rows
        if row.ratio is not None
        for reason in row.ratio.reasons
        if reason.code == "repeats_disagree"
    )
    yield from (row.longer for row in rows if row.longer)


def _payloads(stored: StoredRun, path: str) -> list[int]:
    """Return the payload sizes with which a trace was played."""
    workloads = (trial["workload"] for trial in stored.run["experiment"]["trials"])
    return sorted({each["payload_bytes"] for each in workloads if each["trace"] == path})


def _on_sizes(facts: dict[str, Any], payloads: list[int]) -> Iterator[str]:
    """Say how large the trace's values are, and how to play it with such entries."""
    size = round(facts.get("mean_size_bytes") or 0)
    if size:
        advice = "" if payloads == [size] else f"; --payload {size} gives every entry as many"
        yield f"its values have {size:,} bytes on average{advice}"


def _not_played_as_written(facts: dict[str, Any]) -> Iterator[str]:
    """Say how the requests differ from the trace or the mix; facts as in `TraceFacts`."""
    if facts.get("has_operations"):
        yield "its own operations were played, not the mix"
    for count, what in (
        (facts.get("skipped", 0), "accesses that are no request, skipped"),
        (facts.get("hashed_keys", 0), "keys that are no 64-bit number, hashed"),
        (facts.get("collisions", 0), "keys that cannot be told from another"),
    ):
        if count:
            yield f"{what}: {count:,}"
