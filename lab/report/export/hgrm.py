"""Percentile distributions as HdrHistogram's own tools write them (`.hgrm`), in milliseconds.

What ``HistogramLogProcessor -i response.hlog -o NAME`` makes of a trial's log: a comment with the
range of time, the table of Histogram.outputPercentileDistribution with 5 steps per half distance
to 100 %, and mean, maximum and buckets as comments. HdrHistogram's plotters read it.

Source: HistogramLogProcessor.java and PercentileIterator.java of
https://github.com/HdrHistogram/HdrHistogram. The Python port has the same table with other levels
(its logarithm is not truncated), a deviation that is not scaled, and a count with decimals; the
Java tools are followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from lab.analysis.tails import total
from lab.histogram import DIGITS, Histogram, read_hlog
from lab.report.export.model import ExportFile, Note
from lab.store import StoredRun

NAME = "hgrm"
TITLE = "HdrHistogram percentile distributions in ms, for its plotters: one file per log"
PACKAGE = None
STEPS_PER_HALF = 5
NS_PER_MS = 1_000_000

Row = tuple[int, float, int]
"""Value in ns, percentile level (0 to 100), values up to it."""


def parts(stored: StoredRun, lanes: int) -> Iterator[ExportFile | Note]:  # noqa: ARG001
    """Yield a file per trial for response and for service times."""
    without = 0
    for trial in stored.trials:
        logs = [trial.folder / f"{kind}.hlog" for kind in ("response", "service")]
        there = [path for path in logs if path.exists()]
        without += not there
        for path in there:
            log = read_hlog(path)
            text = distribution(total(log), log.start_epoch_s)
            name = f"{trial.folder.name}.{path.stem}.hgrm"
            yield ExportFile(name, text.encode("ascii"))
        if trial.result.get("over_range"):
            yield Note(
                f"hgrm: {trial.result['over_range']:,} times of {trial.folder.name} are over 1 h "
                "and in no histogram"
            )
    if without:
        yield Note(f"hgrm: {without} of {len(stored.trials)} trials have no log stored")


def distribution(histogram: Histogram, start_epoch_s: float) -> str:
    """Return the text of a `.hgrm` file.

    Parameters
    ----------
    histogram : Histogram
        Nanoseconds; written in milliseconds, with as many decimals as it has digits.
    start_epoch_s : float
        When its log began, in seconds since 1970.
    """
    start = datetime.fromtimestamp(start_epoch_s, UTC).isoformat(timespec="seconds")
    lines = [
        "#[Overall percentile distribution between 0.000 and <Infinite> seconds "
        "(relative to StartTime)]",
        f"#[StartTime: {start_epoch_s:.3f} (seconds since epoch), {start}]",
        f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}",
        "",
    ]
    table = rows(histogram)
    for value_ns, level, count in table:
        line = f"{value_ns / NS_PER_MS:12.{DIGITS}f} {level / 100:2.12f} {count:10d}"
        lines.append(line if level == 100 else f"{line} {1 / (1 - level / 100):14.2f}")
    hdr = histogram.hdr
    mean, deviation = (ns / NS_PER_MS for ns in (histogram.mean, _deviation_ns(histogram)))
    highest = (table[-1][0] if table else 0) / NS_PER_MS
    lines += [
        f"#[Mean    = {mean:12.{DIGITS}f}, StdDeviation   = {deviation:12.{DIGITS}f}]",
        f"#[Max     = {highest:12.{DIGITS}f}, Total count    = {histogram.total:12d}]",
        f"#[Buckets = {hdr.bucket_count:12d}, SubBuckets     = {hdr.sub_bucket_count:12d}]",
        "",
    ]
    return "\n".join(lines)


def rows(histogram: Histogram) -> list[Row]:
    """Return the table: 5 levels to 50 %, 5 more to 75 %, and so on until all values are in.

    A row has the highest value of the first bucket that takes the count up to its level, and
    that count. The last row is at 100 %. Empty for an empty histogram.
    """
    if not histogram.total:
        return []
    values, counts = histogram.buckets()
    reached = np.cumsum(counts)
    shares = 100.0 * reached / histogram.total
    found: list[Row] = []
    level = 0.0
    while True:
        at = int(np.searchsorted(shares, level))
        found.append((int(values[at]), level, int(reached[at])))
        if reached[at] == histogram.total:
            return [*found, (int(values[at]), 100.0, histogram.total)]
        halves = int(math.log(100.0 / (100.0 - level)) / math.log(2)) + 1
        level += 100.0 / (STEPS_PER_HALF * 2**halves)


def _deviation_ns(histogram: Histogram) -> float:
    return float(histogram.hdr.get_stddev())
