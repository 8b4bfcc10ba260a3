"""One row per strategy: the figures of its trials, side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Figure = float | None


@dataclass(frozen=True)
class Row:
    """A strategy's figures: medians over its good trials; None where there is no figure.

    ``latency`` is response time, or service time in a closed loop. ``cpu`` is the share of the
    measured time in which the worker was busy: ``cpu_s`` would count the spinning.
    """

    label: str
    trials: int
    good: int
    status: str
    reason: str | None
    p50_ns: Figure
    p99_ns: Figure
    p999_ns: Figure
    max_ns: Figure
    worst_pause_ns: Figure
    full_collections: Figure
    paused: Figure
    bytes_per_entry: Figure
    busy: Figure
    p999_ratio: Figure = None


def summarise_run(results: Sequence[Json]) -> list[Row]:
    """Return a row per strategy in the order of their first trials; ratios to the first row."""
    labels = list(dict.fromkeys(result["label"] for result in results))
    rows = [_row(label, [r for r in results if r["label"] == label]) for label in labels]
    reference = rows[0].p999_ns if rows else None
    return [_with_ratio(row, reference) for row in rows]


def _row(label: str, results: list[Json]) -> Row:
    good = [r for r in results if r["status"] == "ok"]
    bad = next((r for r in results if r["status"] != "ok"), None)
    # wrong answers are shown with their figures, and named; a failed trial has none
    shown = good or [r for r in results if r["status"] == "invalid"]

    def median(figure: Callable[[Json], Figure]) -> Figure:
        values = [value for value in map(figure, shown) if value is not None]
        return statistics.median(values) if values and len(values) == len(shown) else None

    def latency(name: str) -> Callable[[Json], Figure]:
        return lambda r: latency_of(r)[name]

    return Row(
        label=label,
        trials=len(results),
        good=len(good),
        status=bad["status"] if bad else "ok",
        reason=bad["reason"] if bad else None,
        p50_ns=median(latency("p50")),
        p99_ns=median(latency("p99")),
        p999_ns=median(latency("p99.9")),
        max_ns=median(latency("max")),
        worst_pause_ns=median(lambda r: r["gc"]["max_ns"]),
        full_collections=median(lambda r: r["gc"]["by_generation"].get("2", 0)),
        paused=median(lambda r: _share(r["gc"]["total_ns"] / 1e9, _worker_s(r))),
        bytes_per_entry=median(lambda r: r["memory"]["bytes_per_entry"]),
        busy=median(lambda r: _share(r["busy_s"], _worker_s(r))),
    )


def latency_of(result: Json) -> Json:
    """Return a trial's response-time figures; service-time ones in a closed loop."""
    name = "service_ns" if result["load"]["closed_loop"] else "response_ns"
    figures: Json = result[name]
    return figures


def _worker_s(result: Json) -> float:
    """Return the measured time of all workers together."""
    seconds: float = result["measured_s"] * result.get("workers", 1)
    return seconds


def _share(part: float | None, whole: float) -> Figure:
    return part / whole if part is not None and whole else None


def _with_ratio(row: Row, reference: Figure) -> Row:
    if not reference or row.p999_ns is None:
        return row
    return Row(**{**vars(row), "p999_ratio": row.p999_ns / reference})
