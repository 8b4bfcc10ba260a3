"""The figures of single trials that charts across trials and findings are made of."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.comparison import METRICS
from lab.analysis.comparison.groups import label_of
from lab.analysis.details import TrialDetails, run_details
from lab.analysis.whole_heap import whole_heap
from lab.analysis.windows import Windows, split
from lab.collectors import CONCURRENT, collector_of
from lab.histogram import Histogram
from lab.store import StoredRun, StoredTrial

BEYOND = 10
"""A percentile is a number only with this many requests beyond it."""

Figure = float | None
Json = dict[str, Any]
Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class TrialFigures:
    """A valid trial's own figures; None: not known, or nothing to say it of.

    Attributes
    ----------
    entries : int
        Capacity of the cache.
    walked : int or None
        What a full collection visits: tracked objects, or the index's entries where these are more.
    rate : float or None
        Requests per second offered; None in a closed loop, and for a trace's own times.
    updates_per_s : float or None
        Of these, those that write: acks and mentions.
    factors : mapping of str to str
        What the matrix varied beside the strategy, as written: ``{"entries": "1M"}``.
    measured_s : float
        Length of the measured phase.
    paused_share, busy_share : float or None
        Parts of that time, 0 to 1, in which the collector ran, and in which the worker was busy.
    full_collections : int or None
        How many collections of the whole heap there were.
    worst_pause_ns : float or None
        The longest pause of the collector; 0 without any.
    first_full_ns, last_full_ns : float or None
        How long the first and the last collection of the whole heap took; None with fewer than 2.
    period_s, predicted_s : float or None
        Time from one full collection to the next: measured, and by the collector's rules. The
        first is counted from the collection that the harness makes before the measured phase.
    irregularity : float or None
        Standard deviation of these times over their mean: 0 for a clock, 1 for what comes at
        random; None with fewer than 3.
    garbage_share : float or None
        Objects that the full collections freed, per entry of the cache and collection.
    mean_ns, normal_mean_ns : float or None
        Mean response time (service time in a closed loop): of all requests, and of those apart
        from full collections.
    normal_p50_ns, normal_p99_ns, spike_p99_ns : float or None
        Percentiles of the requests in intervals apart from full collections, and in those of one
        (`lab.analysis.windows`).
    rss_bytes, bytes_per_entry : float or None
        Memory of the worker after warm-up; what an entry of the cache takes of it.
    grown_bytes : float or None
        By how much the worker's resident memory grew in the measured phase.
    """

    entries: int
    walked: int | None
    rate: Figure
    updates_per_s: Figure
    factors: Mapping[str, str]
    measured_s: float
    paused_share: Figure
    busy_share: Figure
    full_collections: int | None
    worst_pause_ns: Figure
    first_full_ns: Figure
    last_full_ns: Figure
    period_s: Figure
    predicted_s: Figure
    irregularity: Figure
    garbage_share: Figure
    mean_ns: Figure
    normal_mean_ns: Figure
    normal_p50_ns: Figure
    normal_p99_ns: Figure
    spike_p99_ns: Figure
    rss_bytes: Figure
    bytes_per_entry: Figure
    grown_bytes: Figure


def run_figures(stored: StoredRun) -> dict[str, TrialFigures]:
    """Return the figures of a run's valid trials, by the name of the trial's folder.

    Of a trial whose log of latencies was not kept, figures of response times are None.
    """
    specs = {label_of(spec): spec for spec in stored.run["experiment"]["trials"]}
    return {
        one.trial.folder.name: _figures(one, specs.get(each.label, {}))
        for each in run_details(stored, without_logs=True)
        for one in each.trials
    }


def _figures(one: TrialDetails, spec: Json) -> TrialFigures:
    trial, result = one.trial, one.trial.result
    full = [round(spike.start_s * 1e9) for spike in one.spikes.each]
    lengths = [round(spike.duration_s * 1e9) for spike in one.spikes.each]
    windows = _windows(trial, full, lengths)
    gaps = _gaps_s(one, full)
    memory = result["memory"]
    rss, after = memory.get("rss_bytes"), memory.get("rss_after_bytes")
    rate = None if one.closed_loop else result["load"]["rate"]
    return TrialFigures(
        entries=result["entries"],
        walked=_walked(result),
        rate=rate,
        updates_per_s=_updates_per_s(rate, spec),
        factors=result.get("factors", {}),
        measured_s=result["measured_s"],
        paused_share=_share(result["gc"]["total_ns"], result),
        busy_share=METRICS["busy"].figure(result),
        full_collections=_whole(METRICS["gc.full"].figure(result)),
        worst_pause_ns=METRICS["gc.max"].figure(result),
        first_full_ns=float(lengths[0]) if len(lengths) > 1 else None,
        last_full_ns=float(lengths[-1]) if len(lengths) > 1 else None,
        period_s=statistics.fmean(gaps) if gaps else None,
        predicted_s=one.predicted_s,
        irregularity=_irregularity(gaps),
        garbage_share=_garbage_share(trial, len(full)),
        mean_ns=_mean(windows.normal, windows.spike),
        normal_mean_ns=_mean(windows.normal),
        normal_p50_ns=_percentile(windows.normal, 50.0),
        normal_p99_ns=_percentile(windows.normal, 99.0),
        spike_p99_ns=_percentile(windows.spike, 99.0),
        rss_bytes=rss,
        bytes_per_entry=memory.get("bytes_per_entry"),
        grown_bytes=None if rss is None or after is None else float(after - rss),
    )


def _walked(result: Json) -> int | None:
    tracked = result["gc"].get("tracked_objects")
    return None if tracked is None else max(tracked, result["entries"])


def _windows(trial: StoredTrial, starts_ns: list[int], lengths_ns: list[int]) -> Windows:
    log = trial.latency()
    return split(log, starts_ns, lengths_ns) if log else Windows(Histogram(), Histogram())


def _gaps_s(one: TrialDetails, starts_ns: list[int]) -> list[float]:
    """Return the times between full collections, the harness's own at 0 counted as the first."""
    if one.trial.result.get("workers", 1) > 1:
        return list(one.gaps_s)
    return [float(gap) for gap in np.diff([0, *starts_ns]) / 1e9]


def _irregularity(gaps: list[float]) -> Figure:
    return statistics.stdev(gaps) / statistics.fmean(gaps) if len(gaps) > 2 else None


def _garbage_share(trial: StoredTrial, full: int) -> Figure:
    """Return what the full collections freed, as a share of an entry's worth of objects each."""
    table, entries = whole_heap(trial), trial.result["entries"]
    if not full or "collected" not in table or not entries:
        return None
    if collector_of(trial.result) == CONCURRENT:
        return None  # what it freed is swept later, and not counted
    return float(table["collected"].sum()) / float(full * entries)


def _updates_per_s(rate: Figure, spec: Json) -> Figure:
    mix = (spec.get("workload") or {}).get("mix")
    if rate is None or not mix or spec["workload"].get("trace"):
        return None
    return rate * float(mix["ack"] + mix["mention"]) / float(sum(mix.values()))


def _share(total_ns: int, result: Json) -> Figure:
    seconds = float(result["measured_s"] * result.get("workers", 1))
    return total_ns / 1e9 / seconds if seconds else None


def _whole(value: Figure) -> int | None:
    return None if value is None else int(value)


def _mean(*parts: Histogram) -> Figure:
    count = sum(part.total for part in parts)
    return math.fsum(part.mean * part.total for part in parts) / count if count else None


def _percentile(histogram: Histogram, percent: float) -> Figure:
    enough = histogram.total * (100 - percent) >= 100 * BEYOND
    return float(histogram.percentile(percent)) if enough else None
