"""What a claim may ask of a trial: the figures of every table, and those of findings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lab.analysis.comparison import METRICS, Metric
from lab.analysis.figures import TrialFigures
from lab.causes.kinds import CAUSES
from strategies.errors import unknown

Figure = float | None
Json = dict[str, Any]
COUNTED = "gc.full"
"""Events, few in a trial: their interval is that of a count, see `lab.analysis.counts`."""


@dataclass(frozen=True)
class Asked:
    """A figure of a trial.

    Attributes
    ----------
    name, title : str
        As claims write it, and for a reader.
    unit : str
        ``ns``, ``s``, ``bytes``, ``share``, ``count`` or ``times``.
    figure : callable
        Takes the object of ``trial.json`` and the trial's `TrialFigures`; None: there is none.
    metric : Metric or None
        The same figure as tables have it, or one as sensitive to the machine's noise.
    above : str
        The percentile above which it looks: below twice the machine's own noise there, it speaks
        of the machine.
    """

    name: str
    title: str
    unit: str
    figure: Callable[[Json, TrialFigures], Figure]
    metric: Metric | None = None
    above: str = ""


def _of_tables() -> Iterator[Asked]:
    def taking(metric: Metric) -> Callable[[Json, TrialFigures], Figure]:
        return lambda result, _: metric.figure(result)

    for metric in METRICS.values():
        yield Asked(metric.name, metric.title, metric.unit, taking(metric), metric)


def _ratio(part: Figure, whole: Figure) -> Figure:
    return part / whole if part is not None and whole else None


def _own() -> Iterator[Asked]:
    yield Asked("entries", "size of the cache", "count", lambda _, f: float(f.entries))
    yield Asked(
        "walked",
        "objects that a full collection walks",
        "count",
        lambda _, f: None if f.walked is None else float(f.walked),
    )
    yield Asked("paused", "share of the time paused", "share", lambda _, f: f.paused_share)
    yield Asked("gc.period", "time between full collections", "s", lambda _, f: f.period_s)
    yield Asked(
        "gc.period/predicted",
        "measured period over the predicted one",
        "times",
        lambda _, f: _ratio(f.period_s, f.predicted_s),
    )
    yield Asked(
        "gc.irregularity",
        "standard deviation of the periods over their mean",
        "share",
        lambda _, f: f.irregularity,
    )
    yield Asked(
        "gc.growth",
        "last full collection over the first",
        "times",
        lambda _, f: _ratio(f.last_full_ns, f.first_full_ns),
    )
    yield Asked(
        "gc.garbage",
        "objects that full collections freed, per entry walked",
        "share",
        lambda _, f: f.garbage_share,
    )
    yield Asked(
        "mean/normal",
        "mean response time over that apart from full collections",
        "times",
        lambda _, f: _ratio(f.mean_ns, f.normal_mean_ns),
    )
    yield Asked(
        "p50/normal",
        "median response time over that apart from full collections",
        "times",
        lambda r, f: _ratio(METRICS["p50"].figure(r), f.normal_p50_ns),
    )
    yield Asked(
        "p99.spike/normal",
        "p99 around full collections over that apart from them",
        "times",
        lambda _, f: _ratio(f.spike_p99_ns, f.normal_p99_ns),
    )
    # the machine's noise is in them as in any p99
    p99 = METRICS["p99"]
    yield Asked(
        "p99.normal", "p99 apart from full collections", "ns", lambda _, f: f.normal_p99_ns, p99
    )
    yield Asked("p99.spike", "p99 around full collections", "ns", lambda _, f: f.spike_p99_ns, p99)
    yield Asked(
        "p50.normal", "median apart from full collections", "ns", lambda _, f: f.normal_p50_ns
    )
    yield Asked("grown", "memory gained while measured", "bytes", lambda _, f: f.grown_bytes)


def _why() -> Iterator[Asked]:
    def taking(above: str, cause: str) -> Callable[[Json, TrialFigures], Figure]:
        return lambda result, _: ((result.get("causes") or {}).get(above) or {}).get(cause)

    for percentile in ("p99", "p99.9"):
        for cause in CAUSES:
            yield Asked(
                f"why.{percentile}.{cause}",
                f"share of the requests above {percentile} laid to {cause}",
                "share",
                taking(f"above_{percentile}", cause),
                above=percentile,
            )


ASKED = {asked.name: asked for asked in (*_of_tables(), *_own(), *_why())}


def metric_of(name: str) -> Asked:
    """Return a figure by its name.

    Raises
    ------
    UsageError
        There is none; the nearest is named.
    """
    if name not in ASKED:
        raise unknown("metric", name, ASKED)
    return ASKED[name]
