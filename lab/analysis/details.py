"""What a run says beyond its table: spikes, utilisation, deadlines, costs, other rates.

Everything is taken over the valid trials of each strategy; how each figure is defined stands in
`spikes`, `mmu`, `deadlines`, `cost` and `queueing`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.comparison import Group, groups_of, is_valid, why_invalid
from lab.analysis.comparison.groups import label_of
from lab.analysis.cost import Cost, costs
from lab.analysis.deadlines import Missed, missed
from lab.analysis.mmu import mmu
from lab.analysis.predicted import predicted_s
from lab.analysis.queueing import Computed, beside_of, curve
from lab.analysis.spikes import Spikes, spikes
from lab.analysis.summary import noise_floor
from lab.analysis.tails import total
from lab.analysis.whole_heap import whole_heap
from lab.histogram import Hlog
from lab.store import StoredRun, StoredTrial
from lab.workload.arrivals import check_arrivals
from strategies.errors import UsageError

MS = 1_000_000
WINDOWS_NS = tuple(length * MS for length in (1, 10, 50, 100, 500, 1_000, 5_000))
"""The windows for which the utilisation is given."""
NOTHING_MEASURED = "no request was measured"
_NO_LOG = Hlog(0.0, (), truncated=False)
_PAUSE_COLUMNS = ("start_ns", "duration_ns", "generation", "collected", "explicit", "worker")

if TYPE_CHECKING:
    import pandas as pd

Int64s = NDArray[np.int64]
Figure = float | None
Json = dict[str, Any]


@dataclass(frozen=True)
class TrialDetails:
    """What one valid trial says.

    Attributes
    ----------
    trial : StoredTrial
    closed_loop : bool
        It has service times only: nothing can be said of deadlines, nor of how long a spike is
        felt.
    spikes : Spikes
        Its full collections.
    gaps_s : tuple of float
        From the start of one full collection to that of the next of the same worker.
    predicted_s : float or None
        The period by the collector's rules (`lab.analysis.predicted`); None where these are no
        rules of this collector, or the policy collects by itself.
    utilisation : tuple of float or None, shape (7,)
        Minimum mutator utilisation, 0 to 1, per window of `WINDOWS_NS`; None where the trial is
        shorter than the window.
    missed : tuple of Missed
        Requests that missed a deadline; empty in a closed loop.
    """

    trial: StoredTrial
    closed_loop: bool
    spikes: Spikes
    gaps_s: tuple[float, ...]
    predicted_s: Figure
    utilisation: tuple[Figure, ...]
    missed: tuple[Missed, ...]


@dataclass(frozen=True)
class SpikesSummary:
    """The full collections of all valid trials of a strategy.

    Attributes
    ----------
    count, trials : int
        How many, in how many trials.
    period_s, shortest_s, longest_s : float or None
        Median and extremes of the gaps; None where no trial has two.
    predicted_s : float or None
        The median of the trials' predictions; None if one has none.
    worst_s : float or None
        The longest.
    recovery_s : float or None
        The median time until response times are normal again, one that the trial did not see
        counting as longer than all others; None if that is the median, and in a closed loop.
    unrecovered : int
        How many the trial ended in.
    spoiled : float or None
        The median number of requests that each of them spoiled; None in a closed loop.
    """

    count: int
    trials: int
    period_s: Figure
    shortest_s: Figure
    longest_s: Figure
    predicted_s: Figure
    worst_s: Figure
    recovery_s: Figure
    unrecovered: int
    spoiled: Figure


@dataclass(frozen=True)
class StrategyDetails:
    """What a strategy's valid trials say; without one, ``reason`` says why there is nothing."""

    label: str
    closed_loop: bool
    trials: tuple[TrialDetails, ...]
    cost: Cost | None
    reason: str | None

    @property
    def spikes(self) -> SpikesSummary:
        """The full collections of all trials."""
        each = [spike for one in self.trials for spike in one.spikes.each]
        gaps = list(chain.from_iterable(one.gaps_s for one in self.trials))
        felt = [] if self.closed_loop else each
        return SpikesSummary(
            count=len(each),
            trials=len(self.trials),
            period_s=_median(gaps),
            shortest_s=min(gaps, default=None),
            longest_s=max(gaps, default=None),
            predicted_s=_median([one.predicted_s for one in self.trials]),
            worst_s=max((spike.duration_s for spike in each), default=None),
            recovery_s=_recovery([spike.recovery_s for spike in felt]),
            unrecovered=sum(spike.recovery_s is None for spike in felt),
            spoiled=_median([float(spike.spoiled) for spike in felt]),
        )

    @property
    def utilisation(self) -> tuple[Figure, ...]:
        """The least of any trial per window, shape (7,); None where one is shorter than it."""
        columns = zip(*(one.utilisation for one in self.trials), strict=True)
        return tuple(_least(column) for column in columns)

    @property
    def missed(self) -> tuple[Missed, ...]:
        """The requests of all trials that missed each deadline; empty in a closed loop."""
        requests = sum(int(one.trial.result["operations"]) for one in self.trials)
        return tuple(
            Missed(same[0].deadline_ns, count, count / requests)
            for same in zip(*(one.missed for one in self.trials), strict=True)
            for count in [sum(one.count for one in same)]
        )


def run_details(stored: StoredRun, *, without_logs: bool = False) -> list[StrategyDetails]:
    """Return the details of each strategy in the order in which the experiment names them.

    ``without_logs``: a trial whose log of latencies was not kept has what its pauses say, and
    neither recoveries nor missed deadlines.

    Raises
    ------
    UsageError
        The log of latencies of a trial is not there.
    """
    floor_ns = noise_floor(stored).p99 or 0.0
    counted = [trial.result for trial in stored.trials if _counts(trial)]
    cost_of = {cost.label: cost for cost in costs(counted)}
    specs = {label_of(spec): spec for spec in stored.run["experiment"]["trials"]}
    return [
        StrategyDetails(
            label=group.label,
            closed_loop=group.closed_loop,
            trials=tuple(
                _trial(
                    trial,
                    specs.get(trial.label, {}),
                    _NO_LOG if without_logs and not trial.has_latency else None,
                    floor_ns,
                )
                for trial in group.trials
                if _counts(trial)
            ),
            cost=cost_of.get(group.label),
            reason=_why_none(group),
        )
        for group in groups_of(stored).values()
        if group.trials
    ]


def _counts(trial: StoredTrial) -> bool:
    return is_valid(trial.result) and bool(trial.result["operations"])


def _why_none(group: Group) -> str | None:
    if any(_counts(trial) for trial in group.trials):
        return None
    return why_invalid(group.invalid[0]) if group.invalid else NOTHING_MEASURED


def _trial(trial: StoredTrial, spec: Json, log: Hlog | None, floor_ns: float) -> TrialDetails:
    result, log = trial.result, log or trial.latency()
    pauses, full = _columns(trial.pauses()), _columns(whole_heap(trial))
    if log is None:
        raise UsageError(f"{trial.folder} is damaged: its log of latencies is not there")
    starts_ns, durations_ns = pauses["start_ns"], pauses["duration_ns"]
    closed = bool(result["load"]["closed_loop"])
    shares = mmu(starts_ns, durations_ns, round(result["measured_s"] * 1e9), WINDOWS_NS)
    return TrialDetails(
        trial=trial,
        closed_loop=closed,
        spikes=spikes(full["start_ns"], full["duration_ns"], log, noise_floor_ns=floor_ns),
        gaps_s=_gaps_s(full["start_ns"], full["worker"]),
        predicted_s=predicted_s(trial, spec),
        utilisation=tuple(None if np.isnan(share) else float(share) for share in shares),
        missed=() if closed else missed(total(log)),
    )


def _columns(table: pd.DataFrame) -> dict[str, Int64s]:
    """Take rows of ``gc.csv``; older runs had one worker and do not say which it was."""
    none = np.zeros(len(table), np.int64)
    return {
        name: table[name].to_numpy(np.int64) if name in table else none for name in _PAUSE_COLUMNS
    }


def _gaps_s(starts_ns: Int64s, workers: Int64s) -> tuple[float, ...]:
    gaps = [np.diff(np.sort(starts_ns[workers == worker])) for worker in np.unique(workers)]
    return tuple(float(gap) / 1e9 for gap in chain.from_iterable(gaps))


def _median(values: Sequence[Figure]) -> Figure:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def _recovery(values: Sequence[Figure]) -> Figure:
    middle = _median([np.inf if value is None else value for value in values])
    return middle if middle is not None and np.isfinite(middle) else None


def _least(values: Iterable[Figure]) -> Figure:
    all_of_them = list(values)
    known = [value for value in all_of_them if value is not None]
    return min(known) if len(known) == len(all_of_them) else None


@dataclass(frozen=True)
class ComputedTrial:
    """Response times at other rates, from the service times of one trial.

    Attributes
    ----------
    trial : StoredTrial
        Where the service times are from.
    arrivals : str
        ``constant`` where the trial had that, ``poisson`` in the place of all others.
    points : tuple of Computed
        One per rate, in their order.
    """

    trial: StoredTrial
    arrivals: str
    points: tuple[Computed, ...]


def computed_at(stored: StoredRun, rates: Sequence[float]) -> list[ComputedTrial]:
    """Compute the response times at other rates of every valid trial that kept its requests.

    Parameters
    ----------
    rates : sequence of float, shape (m,)
        Arrivals per second, above zero.

    Raises
    ------
    UsageError
        No valid trial kept its requests, or one of those had several workers.
    """
    kept = [trial for trial in stored.trials if _counts(trial) and _requests_file(trial)]
    if not kept:
        raise UsageError(
            f"{stored.folder}: no valid trial kept its requests, which response times at other "
            "rates are computed from; run it again with --keep-requests"
        )
    return [_computed(trial, rates) for trial in kept]


def _requests_file(trial: StoredTrial) -> bool:
    return (trial.folder / "requests.npy").exists()


def _computed(trial: StoredTrial, rates: Sequence[float]) -> ComputedTrial:
    path, result = trial.folder / "requests.npy", trial.result
    try:
        service_ns = np.load(path, mmap_mode="r")["service_ns"]
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise UsageError(f"{path} is damaged: {error}; run it again") from None
    beside = beside_of(result, int(service_ns.sum()))
    written = result["load"]["arrivals"]
    constant = written != "trace" and check_arrivals(written)[0] == "constant"
    arrivals = "constant" if constant else "poisson"
    points = curve(rates, service_ns, result["seed"], arrivals, beside)
    return ComputedTrial(trial, arrivals, tuple(points))
