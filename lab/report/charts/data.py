"""What the charts draw: plain values, already analysed, with no way back to the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.analysis.figures import TrialFigures

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[Any]
Status = Literal["ok", "invalid", "failed"]
Shares: TypeAlias = Mapping[str, float]


OF_A_CYCLE = -1


def _nothing() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class CausesView:
    """Why a trial's requests were slow: the share of each cause, from 0 to 1, by its name.

    Parameters
    ----------
    above_p99, above_p999
        Of the requests above that percentile; empty where there are none.
    waiting_time
        Of the time that all requests waited; empty where none did.
    """

    above_p99: Shares
    above_p999: Shares
    waiting_time: Shares


@dataclass(frozen=True)
class NoiseView:
    """The machine's own stalls beside a run, in nanoseconds; None: not known.

    Parameters
    ----------
    p99_ns, p999_ns, p9999_ns, max_ns
        Each the most that was measured beside any trial.
    """

    p99_ns: float | None = None
    p999_ns: float | None = None
    p9999_ns: float | None = None
    max_ns: float | None = None


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
        Start, length and generation of every GC pause, shape (m,); 2 is a walk over the whole
        heap, whatever number its runtime gives it, and `OF_A_CYCLE` where it only begins or ends
        a collection that ran beside the operations.
    cycle_start_s, cycle_ns
        Start and length of each collection that ran beside the operations, shape (c,).
    curve_quantile, curve_ns
        The percentile curve, ascending, shape (k,): quantile from 0 to 1 and its value. A
        quantile is read off it at the first point at or above it, so hold the ones to be
        quoted (0.999) exactly.
    notes
        Short remarks (warnings) that belong under every chart of this trial.
    valid
        False: something disturbed the measurement, so that it says nothing of the strategy.
    causes
        Why its requests were slow; None where the trial did not record it.
    stall_start_s, stall_ns
        Start and length of each stall of the machine that a control meter saw on another core
        meanwhile, shape (s,).
    figures
        Its figures for charts across trials; None for a trial that measured nothing.
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
    valid: bool = True
    causes: CausesView | None = None
    cycle_start_s: Floats = field(default_factory=_nothing)
    cycle_ns: Numbers = field(default_factory=_nothing)
    stall_start_s: Floats = field(default_factory=_nothing)
    stall_ns: Numbers = field(default_factory=_nothing)
    figures: TrialFigures | None = None

    @property
    def counts(self) -> bool:
        """Whether it answered rightly and was measured rightly."""
        return self.status == "ok" and self.valid


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
    noise
        The machine's own noise, as far as it was measured.
    """

    question: str
    name: str
    caption: str
    closed_loop: bool
    wait: str
    trials: tuple[TrialView, ...]
    noise: NoiseView = NoiseView()
