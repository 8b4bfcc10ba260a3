"""What the charts draw, taken from a stored run."""

from __future__ import annotations

import numpy as np

from lab.analysis import tails
from lab.report.charts.data import RunView, TrialView
from lab.report.describe import describe
from lab.store import StoredRun, StoredTrial

_EMPTY = np.empty(0)


def run_view(stored: StoredRun) -> RunView:
    """Return the charts' view of a run."""
    trials = tuple(_trial_view(trial) for trial in stored.trials)
    load = stored.trials[0].result["load"] if stored.trials else {}
    return RunView(
        question=stored.run["experiment"]["question"],
        name=stored.folder.name,
        caption=describe(stored),
        closed_loop=bool(load.get("closed_loop")),
        wait=str(load.get("wait", "spin")),
        trials=trials,
    )


def _trial_view(trial: StoredTrial) -> TrialView:
    result, log, pauses = trial.result, trial.latency(), trial.table("gc")
    over_time = tails.series(log) if log else tails.Series(_EMPTY, _EMPTY, _EMPTY, 0.1)
    by_percentile = tails.curve(tails.total(log)) if log else tails.Curve(_EMPTY, _EMPTY)
    has_pauses = len(pauses) > 0
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
        pause_generation=pauses["generation"].to_numpy() if has_pauses else _EMPTY,
        curve_quantile=by_percentile.quantile,
        curve_ns=by_percentile.latency_ns,
    )
