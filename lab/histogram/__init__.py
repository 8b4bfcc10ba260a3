"""Histograms of nanoseconds, and their logs on disk.

`Histogram` counts values, `IntervalLog` keeps one histogram per interval of time and writes them
with `HlogWriter`, `read_hlog` reads such a log back.

Values are integers in nanoseconds from 0 to 1 h with 3 significant digits: a bucket is never
wider than a thousandth of its values. One histogram takes 270 kB whatever it holds. No object
here is safe to share between threads. Method and formats: HdrHistogram (Gil Tene),
https://github.com/HdrHistogram/HdrHistogram.
"""

from __future__ import annotations

from lab.histogram.core import DIGITS, HIGHEST_NS, LOWEST_NS, Histogram
from lab.histogram.hlog import Hlog, HlogRow, HlogWriter, read_hlog
from lab.histogram.intervals import IntervalLog

__all__ = [
    "DIGITS",
    "HIGHEST_NS",
    "LOWEST_NS",
    "Histogram",
    "Hlog",
    "HlogRow",
    "HlogWriter",
    "IntervalLog",
    "read_hlog",
]
