"""What the charts draw: plain values, already analysed, with no way back to the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[Any]
Status = Literal["ok", "invalid", "failed"]


@dataclass(frozen=True, eq=False)
class TrialView:
    """One trial as the charts see it.

    Parameters
    ----------
    label
        Name of the series, shown to the reader; the repeats of one series share it.
    strategy
        The strategy as it is written on the command line.
    repeat
        Which repeat of the series, counted from 1.
    status
        ``failed`` trials are named and not drawn; ``invalid`` ones are drawn and marked.
    requests
        Measured requests: decides how far into the tail a percentile may go.
    interval_s
        Length of one interval of the series over time, in seconds.
    time_s
        Start of each interval since the start of the measured phase, shape (n,).
    p99_ns, max_ns
        Of the requests which belong to the interval, shape (n,); NaN where there is no value.
    pause_start_s, pause_ns, pause_generation
        Start, length and generation of every GC pause, shape (m,).
    curve_quantile, curve_ns
        The percentile curve, ascending, shape (k,): quantile from 0 to 1 and its value. A
        quantile is read off it at the first point at or above it, so hold the ones to be
        quoted (0.999) exactly.
    notes
        Short remarks (warnings) that belong under every chart of this trial.
    """

    label: str
    strategy: str
    repeat: int
    status: Status
    requests: int
    interval_s: float
    time_s: Floats
    p99_ns: Floats
    max_ns: Floats
    pause_start_s: Floats
    pause_ns: Numbers
    pause_generation: Numbers
    curve_quantile: Floats
    curve_ns: Floats
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RunView:
    """One run as the charts see it.

    Parameters
    ----------
    question
        What the experiment asks: the title of every chart.
    name
        Name of the run.
    caption
        Workload, load, machine and interpreter in one or two lines.
    closed_loop
        True: requests have no intended start, so the values are service times.
    wait
        How the driver waited for the next request: ``spin`` or ``sleep``.
    trials
        All of them, whatever became of them, in the order in which they are to be shown.
    """

    question: str
    name: str
    caption: str
    closed_loop: bool
    wait: str
    trials: tuple[TrialView, ...]
