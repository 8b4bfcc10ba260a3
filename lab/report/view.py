"""What the charts draw, taken from a stored run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lab.analysis import tails
from lab.analysis.comparison import METRICS, counting, why_invalid
from lab.analysis.figures import TrialFigures, run_figures
from lab.collectors import collector_of, whole_heap_generation
from lab.report.charts.data import (
    OF_A_CYCLE,
    CausesView,
    NoiseView,
    Numbers,
    RunView,
    TrialView,
)
from lab.report.describe import by_runtime, describe
from lab.store import StoredRun, StoredTrial

if TYPE_CHECKING:
    import pandas as pd

_EMPTY = np.empty(0)


def run_view(stored: StoredRun) -> RunView:
    """Return the charts' view of a run: strategies in the order in which they were asked for.

    In the order of the trials, which rounds shuffle, each run would have colours of its own.
    """
    figures = run_figures(stored)
    trials = tuple(_trial_view(trial, figures.get(trial.folder.name)) for trial in counting(stored))
    loads = [trial.result["load"] for trial in stored.trials]
    return RunView(
        question=stored.run["experiment"]["question"],
        name=stored.folder.name,
        caption=describe(stored) + by_runtime(stored),
        closed_loop=bool(loads) and all(load.get("closed_loop") for load in loads),
        wait=str(loads[0].get("wait", "spin")) if loads else "spin",
        trials=trials,
        noise=_noise([trial.result for trial in stored.trials]),
    )


def _noise(results: list[dict[str, Any]]) -> NoiseView:
    """Take the most that was measured beside any trial."""
    names = ("p99", "p99.9", "p99.99", "max")
    return NoiseView(*(METRICS[name].noise_floor(results) for name in names))


def _causes(result: dict[str, Any]) -> CausesView | None:
    """Read the shares; runs of before they were recorded have none."""
    found = result.get("causes")
    if not found:
        return None
    return CausesView(found["above_p99"], found["above_p99.9"], found["waiting_time"])


def _generations(trial: StoredTrial, cycles: pd.DataFrame) -> Numbers:
    """Return the pauses' generations; 2 is a walk over the whole heap, whoever made it.

    Beside a collector that runs beside the operations there is none.
    """
    numbers = trial.pauses()["generation"].to_numpy()
    if len(cycles):
        return np.full_like(numbers, OF_A_CYCLE)
    whole = whole_heap_generation(collector_of(trial.result))
    return np.where(numbers == whole, 2, numbers)


def _trial_view(trial: StoredTrial, figures: TrialFigures | None) -> TrialView:
    result, log, pauses = trial.result, trial.latency(), trial.pauses()
    over_time = tails.series(log) if log else tails.Series(_EMPTY, _EMPTY, _EMPTY, 0.1)
    by_percentile = tails.curve(tails.total(log)) if log else tails.Curve(_EMPTY, _EMPTY)
    has_pauses = len(pauses) > 0
    cycles = trial.cycles()
    stalls, valid = trial.table("noise"), bool(result.get("valid", True))
    return TrialView(
        label=trial.label,
        strategy=result["strategy"],
        repeat=result["repeat"],
        status=result["status"],
        requests=result["operations"],
        interval_s=over_time.interval_s,
        time_s=over_time.time_s,
        p99_ns=over_time.p99_ns,
        max_ns=over_time.max_ns,
        pause_start_s=pauses["start_ns"].to_numpy() / 1e9 if has_pauses else _EMPTY,
        pause_ns=pauses["duration_ns"].to_numpy() if has_pauses else _EMPTY,
        pause_generation=_generations(trial, cycles) if has_pauses else _EMPTY,
        curve_quantile=by_percentile.quantile,
        curve_ns=by_percentile.latency_ns,
        notes=() if valid or not trial.ok else (why_invalid(result),),
        valid=valid,
        causes=_causes(result),
        cycle_start_s=cycles["start_ns"].to_numpy() / 1e9 if len(cycles) else _EMPTY,
        cycle_ns=cycles["duration_ns"].to_numpy() if len(cycles) else _EMPTY,
        stall_start_s=stalls["start_ns"].to_numpy() / 1e9 if len(stalls) else _EMPTY,
        stall_ns=stalls["late_ns"].to_numpy() if len(stalls) else _EMPTY,
        figures=figures,
    )
