"""Response times with and without a spike: the intervals of a trial, split by its full collections.

The case study's table gives the p99 "normal" and "in a spike" side by side; a percentile of the
whole trial is neither, since it depends on how often the spikes come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lab.histogram import Histogram, Hlog


@dataclass(frozen=True, eq=False)
class Windows:
    """The requests of a trial in two parts.

    Attributes
    ----------
    normal, spike : Histogram
        Response times in ns of the intervals apart from the stalls, and of those of one. A
        request belongs to the interval of its intended start.
    """

    normal: Histogram
    spike: Histogram


def split(log: Hlog, starts_ns: ArrayLike, durations_ns: ArrayLike) -> Windows:
    """Split a trial's requests by whether a stall, or the queue behind it, was on.

    An interval is one of a spike if it meets the time from a stall's start to twice its length:
    at half load the queue behind it is served by then.

    Parameters
    ----------
    log : Hlog
        Latency per interval of intended start.
    starts_ns, durations_ns : array of int, shape (n,)
        The stalls, from the start of the measured phase: full collections, or any other list.
    """
    starts = np.asarray(starts_ns, np.int64)
    until = starts + 2 * np.asarray(durations_ns, np.int64)
    found = Windows(Histogram(), Histogram())
    for row in log.rows:
        begin = round(row.start_s * 1e9)
        end = begin + round(row.length_s * 1e9)
        hit = bool(((starts < end) & (until > begin)).any())
        (found.spike if hit else found.normal).merge(row.histogram())
    return found
