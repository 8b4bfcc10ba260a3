"""The figures of a trial that can be compared or promised, by the names that people write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lab import collectors
from strategies.errors import unknown

Json = dict[str, Any]
Figure = float | None
Unit = Literal["ns", "bytes", "share", "count"]

PERCENTILES = ("p50", "p90", "p99", "p99.9", "p99.99", "max", "mean")
SERVICE = "service."


@dataclass(frozen=True)
class Metric:
    """A figure of a trial; less is better in every one of them.

    Attributes
    ----------
    name : str
        As it is written on the command line.
    title : str
        What it is, for a reader.
    unit : str
        ``ns``, ``bytes``, ``share`` (0 to 1) or ``count``.
    figure : callable
        Takes the object of ``trial.json``; None where the trial has no such figure.
    noise : str or None
        The key of ``noise_ns`` that says how large the machine's own share of it may be.
    less, more : str
        Verdicts for less and for more than the reference.
    rare : bool
        Whether it hangs on single full collections: it is two-valued where few fit in a trial.
    """

    name: str
    title: str
    unit: Unit
    figure: Callable[[Json], Figure]
    noise: str | None = None
    less: str = "faster"
    more: str = "slower"
    rare: bool = False

    def noise_floor(self, results: list[Json]) -> Figure:
        """Return the machine's noise in ns: the most of any trial; None where none measured it."""
        floors = [(result.get("noise_ns") or {}).get(self.noise) for result in results]
        known = [float(floor) for floor in floors if floor is not None]
        return max(known) if known else None


def _latency(section: str, name: str) -> Callable[[Json], Figure]:
    def figure(result: Json) -> Figure:
        value: Figure = (result.get(section) or {}).get(name)
        return value

    return figure


def _times() -> Iterator[Metric]:
    for prefix, section, what in (
        ("", "response_ns", "response time"),
        (SERVICE, "service_ns", "service time"),
    ):
        for name in PERCENTILES:
            yield Metric(
                prefix + name,
                f"{name} of {what}",
                "ns",
                _latency(section, name),
                noise=name if name in ("p99", "p99.9", "p99.99", "max") else None,
                rare=name == "max",
            )


def _full_collections(result: Json) -> Figure:
    """Return how often the whole heap was walked; None where a collector does it in steps."""
    whole = whole_heap_generation(result)
    return None if whole is None else float(result["gc"]["by_generation"].get(str(whole), 0))


def whole_heap_generation(result: Json) -> int | None:
    """Return the generation that a trial's interpreter reports for a walk over the whole heap."""
    return collectors.whole_heap_generation(collectors.collector_of(result))


def _busy(result: Json) -> Figure:
    seconds = result["measured_s"] * result.get("workers", 1)
    return _part(result["busy_s"], seconds)


def _part(part: Figure, whole: float) -> Figure:
    return part / whole if part is not None and whole else None


def _busy_per_million(result: Json) -> Figure:
    busy_s: Figure = result["busy_s"]
    return _part(None if busy_s is None else busy_s * 1e9, result["operations"] / 1e6)


def _others() -> Iterator[Metric]:
    memory, busy = ("smaller", "larger"), ("cheaper", "dearer")
    fewer = ("fewer", "more")
    yield Metric(
        "gc.max",
        "worst GC pause",
        "ns",
        lambda r: _if_served(r, r["gc"]["max_ns"]),
        "max",
        "shorter",
        "longer",
        rare=True,
    )
    yield Metric(
        "gc.total",
        "time in GC pauses",
        "ns",
        lambda r: _if_served(r, r["gc"]["total_ns"]),
        None,
        "shorter",
        "longer",
    )
    yield Metric(
        "gc.pauses", "GC pauses", "count", lambda r: _if_served(r, r["gc"]["pauses"]), None, *fewer
    )
    yield Metric(
        "gc.full",
        "full collections",
        "count",
        lambda r: _if_served(r, _full_collections(r)),
        None,
        *fewer,
    )
    yield Metric(
        "bytes_per_entry",
        "memory per entry",
        "bytes",
        lambda r: r["memory"]["bytes_per_entry"],
        None,
        *memory,
    )
    yield Metric(
        "rss", "resident memory", "bytes", lambda r: r["memory"]["rss_bytes"], None, *memory
    )
    yield Metric("busy", "share of the time that the worker was busy", "share", _busy, None, *busy)
    yield Metric(
        "busy_per_million", "busy time per million requests", "ns", _busy_per_million, None, *busy
    )
    yield Metric(
        "misses",
        "share of requests that missed",
        "share",
        lambda r: _part(r["misses"], r["operations"]),
        None,
        *fewer,
    )


def _if_served(result: Json, value: Figure) -> Figure:
    """Return a figure of the collector; none of a trial that measured nothing."""
    return value if result["operations"] else None


METRICS = {metric.name: metric for metric in (*_times(), *_others())}
COMPARED = ("p50", "p99", "p99.9", "max", "gc.max", "bytes_per_entry", "busy_per_million")
"""Compared by default; a closed loop has service times in the place of response times."""


def metric_named(name: str) -> Metric:
    """Return a metric.

    Raises
    ------
    UsageError
        There is none of that name; the nearest is named.
    """
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name]


def compared_by_default(*, closed_loop: bool) -> tuple[Metric, ...]:
    """Return what ``gclab compare`` shows unless told otherwise."""
    names = (SERVICE + name if closed_loop and name in PERCENTILES else name for name in COMPARED)
    return tuple(METRICS[name] for name in names)
