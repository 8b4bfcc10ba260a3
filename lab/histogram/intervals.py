"""The series of a running trial: a histogram of everything, and a log of its intervals."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from lab.histogram.core import Histogram
from lab.histogram.hlog import HlogWriter, StrPath

_NS_PER_MS = 1_000_000


class IntervalLog:
    """Counts a stream of durations per interval of time, in memory that does not grow.

    An interval is written when the first value of a later one arrives, or at `close`. Intervals
    without values get no row: a gap in the stamps reads as what it is, and an hour without a
    request costs nothing. Every row has the full length, the last one too.

    Parameters
    ----------
    path : path-like or None
        The `.hlog` file to create; None keeps only the total.
    start_epoch_s : float
        Wall-clock time of ``t0_ns``, seconds since 1970.
    t0_ns : int
        Start of the first interval on CLOCK_MONOTONIC.
    interval_ns : int
        Length of an interval: whole milliseconds, which is what the log's stamps resolve.

    Attributes
    ----------
    total : Histogram
        Everything recorded so far, up to the last call: percentiles of it are live progress.
    medians_ns : array of int64
        The median of each interval that is over and has values.

    Raises
    ------
    ValueError
        The interval is not a whole number of milliseconds above zero.
    FileExistsError
        There is such a file already.
    """

    total: Histogram
    medians_ns: array[int]

    def __init__(
        self,
        path: StrPath | None,
        start_epoch_s: float,
        t0_ns: int,
        interval_ns: int = 100_000_000,
    ) -> None:
        if interval_ns <= 0 or interval_ns % _NS_PER_MS:
            raise ValueError(f"an interval of {interval_ns} ns: must be whole milliseconds above 0")
        self.total = Histogram()
        self.medians_ns = array("q")
        self._log = None if path is None else HlogWriter(path, start_epoch_s)
        self._t0_ns = t0_ns
        self._latest_ns = t0_ns
        self._interval_ns = interval_ns
        self._interval = 0
        self._current = Histogram()

    def record(self, at_ns: NDArray[np.int64], values_ns: NDArray[np.int64]) -> None:
        """Count a block of values.

        Parameters
        ----------
        at_ns : array of int64, shape (n,)
            The moment on CLOCK_MONOTONIC that decides a value's interval: a request's intended
            start. Never before ``t0_ns``, never going back, within a call or between calls.
        values_ns : array of int64, shape (n,)
            Durations in nanoseconds.

        Raises
        ------
        ValueError
            The arrays differ in length, the moments go back or start before ``t0_ns``, or a
            duration is negative; nothing of the block is counted then.
        """
        if at_ns.shape != values_ns.shape:
            raise ValueError(f"{at_ns.size} moments for {values_ns.size} values")
        if not at_ns.size:
            return
        if at_ns[0] < self._latest_ns or np.any(at_ns[1:] < at_ns[:-1]):
            raise ValueError("the moments of a block go back, or start before t0 or the last block")
        self.total.add(values_ns)
        self._latest_ns = int(at_ns[-1])
        if self._log is not None:
            self._split(at_ns, values_ns)

    def _split(self, at_ns: NDArray[np.int64], values_ns: NDArray[np.int64]) -> None:
        position = 0
        while position < at_ns.size:
            interval = (int(at_ns[position]) - self._t0_ns) // self._interval_ns
            if interval != self._interval:
                self._write()
                self._interval = interval
            end_ns = self._t0_ns + (interval + 1) * self._interval_ns
            # Plain slices of a sorted block: the cost of an interval does not depend on how
            # many empty ones lie before it.
            following = int(np.searchsorted(at_ns, end_ns))
            self._current.add(values_ns[position:following])
            position = following

    def _write(self) -> None:
        if self._log is not None and self._current.total:
            start_ns = self._interval * self._interval_ns
            self._log.write(start_ns, self._interval_ns, self._current)
            self.medians_ns.append(self._current.percentile(50.0))
        self._current.reset()

    def close(self) -> None:
        """Write the last interval and close the file. May be called again."""
        self._write()
        if self._log is not None:
            self._log.close()
