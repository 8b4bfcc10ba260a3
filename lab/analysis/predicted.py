"""The period of full collections that one trial should have, by the rules of its collector."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from lab.analysis.period import Floats, Pace, Updates, as_seen, from_workload, predicted_period_s
from lab.collectors import collector_of
from lab.store import StoredTrial
from lab.workload.popularity import Independent, make_popularity
from strategies.catalogue import Strategy, parse
from strategies.collector import GENERATIONAL
from strategies.errors import UsageError

Json = dict[str, Any]


def predicted_s(trial: StoredTrial, spec: Json) -> float | None:
    """Predict the period of one worker: each has a collector, and a part of the entries.

    From the workload alone where it can be worked out (`lab.analysis.period.from_workload`):
    updates of independent keys at one rate, in one worker, of a layout that says what an update
    allocates, held by records in batches. Otherwise from the collections that the trial had.

    Parameters
    ----------
    trial : StoredTrial
    spec : dict
        The trial's own in ``run.json``; empty where there is none.

    Returns
    -------
    float or None
        Seconds; None where these are no rules of this collector, it is off, or the policy collects
        by itself.
    """
    result = trial.result
    gc, workers = result["gc"], result.get("workers", 1)
    state, pauses = gc.get("state"), trial.pauses()
    explicit = bool(len(pauses)) and bool(pauses["explicit"].any())
    if collector_of(result) != GENERATIONAL or state is None or explicit:
        return None
    if not state.get("enabled", True) or not gc.get("pauses"):
        return None
    thresholds = state["thresholds"]
    walked = gc.get("tracked_objects")
    if walked is None:  # older runs: at the least one object an entry
        walked = max(0, result["entries"] - state["frozen"] * workers)
    updates = _updates(result, spec)
    pace = from_workload(updates, thresholds) if updates else _seen(trial, thresholds[0])
    return predicted_period_s(walked // workers, pace, thresholds)


def _seen(trial: StoredTrial, threshold0: int) -> Pace:
    result, pauses = trial.result, trial.pauses()
    counts = result["gc"]["by_generation"]
    young = pauses[pauses["generation"] < 2] if len(pauses) else pauses
    return as_seen(
        sum(counts.values()),
        int(young["collected"].sum()) if "collected" in young else 0,
        threshold0,
        result["measured_s"] * result.get("workers", 1),
    )


def _updates(result: Json, spec: Json) -> Updates | None:
    """Return what is known of the updates beforehand; None where it is too little."""
    if not spec or not _steady(result, spec):
        return None
    workload, load = spec["workload"], spec["load"]
    strategy = _strategy(spec["strategy"])
    objects = strategy.layout_facts.update_objects if strategy else None
    if strategy is None or objects is None:
        return None
    options = strategy.layout_options
    if options.get("pending", "record") != "record" or options.get("drain", "batch") != "batch":
        return None
    entries = result["entries"]
    shares = _shares(workload["popularity"], round(entries * workload["key_space"]))
    mix = workload["mix"]
    writing = (mix["ack"] + mix["mention"]) / sum(mix.values())
    if shares is None or not writing:
        return None
    in_place = options.get("update", "replace") == "in-place"
    state = result["gc"].get("state_warm") or result["gc"]["state"]
    known = (result["gc"].get("tracked_objects") or entries) + state.get("frozen", 0)
    return Updates(
        per_s=load["rate"] * writing,
        misses=result["misses"] / result["operations"] / writing,
        batch=workload["commit"]["every"],
        shares=shares,
        entry_objects=0 if in_place else objects,
        entry_tracked=2 * known > entries,
    )


def _steady(result: Json, spec: Json) -> bool:
    """Whether one worker serves updates at one rate, and nothing else allocates."""
    beside = spec["workload"].get("request", {})
    return not (
        result.get("workers", 1) > 1
        or result["load"]["closed_loop"]
        or spec["load"].get("ramp")
        or spec["workload"]["trace"]
        or any(beside.get(name) for name in ("objects", "in_flight", "cycles"))
    )


def _strategy(text: str) -> Strategy | None:
    try:
        return parse(text)
    except UsageError:  # it cannot be used here, and was measured elsewhere
        return None


@lru_cache(maxsize=8)
def _shares(popularity: str, keys: int) -> Floats | None:
    stream = make_popularity(popularity, np.random.default_rng(0), keys)
    return stream.shares if isinstance(stream, Independent) else None
