"""The noise floor of the worker's core, and which effects can be told from it."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab.histogram import Histogram
from lab.plan import PlannedTrial, make_plan
from lab.runner.control import PERCENTILES, measure_core, noise_of
from lab.runner.doctor.finding import Finding, graded
from lab.runner.drain import Recorder
from lab.runner.harness import measure_harness
from lab.runner.pauses import GcEvents
from lab.runner.run import describe_run, run_plan
from lab.spec import build_experiment
from lab.store import RunWriter
from strategies.errors import UsageError
from strategies.units import format_duration

SLICES = 5
T_95 = {3: 4.5178, 5: 2.9153, 10: 2.3753}
"""Student's t, two-sided 95 %, for as many repeats (one degree of freedom less), times 1.05: every
interval here is widened by as much (lab/analysis/intervals.py says why)."""
_WARN_NS, _BAD_NS = 100_000, 1_000_000
"""Of the p99.9: the pauses that a lab looks for begin at about a millisecond."""
_HARNESS_ROUNDS = 7

Figures = dict[str, int | None]
Json = dict[str, Any]


class _Silent:
    """Watches a run and says nothing."""

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Say nothing."""

    def phase(self, name: str) -> None:
        """Say nothing."""

    def progress(self, recorder: Recorder | None, events: GcEvents) -> None:
        """Say nothing."""

    def end(self, planned: PlannedTrial, result: Json) -> None:
        """Say nothing."""


def spin_slices(
    cpu: int | None, seconds: float, failed: Callable[[str], object]
) -> list[Histogram]:
    """Meter a core in `SLICES` fresh processes, one after another, ``seconds`` in all."""
    return [measure_core(cpu, seconds / SLICES, failed) for _ in range(SLICES)]


def pooled(slices: Sequence[Histogram]) -> Figures:
    """Return p99, p99.9, p99.99 and max of all slices together, in ns."""
    whole = Histogram()
    for each in slices:
        whole.merge(each)
    return noise_of(whole, None, None)


def null_trial(seconds: float) -> tuple[Figures | None, str | None]:
    """Run one trial of the layout that does nothing, at the default load, and forget it.

    Returns
    -------
    dict or None
        p99, p99.9, p99.99 and max of its response times in ns: what the lab itself and the machine
        add to every figure.
    str or None
        Why there is none.
    """
    try:
        result = _trial_of_null(seconds)
    except (UsageError, OSError) as error:
        return None, str(error)
    if result["status"] != "ok":
        return None, str(result["reason"])
    response = result["response_ns"]
    return {name: response[name] for name in (*PERCENTILES, "max")}, None


def _trial_of_null(seconds: float) -> Json:
    raw = {
        "workload": {"entries": 1_000},
        "load": {"duration": f"{seconds}s", "warm_up": "100ms"},
        "matrix": {"strategy": ["null"]},
    }
    plan = make_plan(build_experiment("doctor", raw, verify=False, keep_requests=False))
    with tempfile.TemporaryDirectory(prefix="gclab-doctor-") as folder:
        writer = RunWriter("doctor", Path(folder) / "run", describe_run(plan, ["gclab", "doctor"]))
        (trial,) = run_plan(plan, writer, _Silent()).trials
    return trial.result


def smallest_ratios(slices: Sequence[Histogram]) -> dict[str, dict[str, float | None]]:
    """Return the smallest ratio of two strategies that n repeats can tell from 1, per figure.

    The logs of a figure over the slices have a spread s. The difference of two strategies' logs,
    paired by repeat, then has a spread of s * sqrt(2), and its 95 % interval over n repeats
    reaches t(n - 1) * s * sqrt(2 / n) to each side. A ratio is told from 1 if that does not reach
    it: above exp(t * s * sqrt(2 / n)), or below its inverse. This holds for figures that are at
    the noise floor; a strategy with pauses of its own has their spread instead.

    Returns
    -------
    dict
        ``{"p99": {"3": ratio, "5": ratio, "10": ratio}, ...}`` for the percentiles and the
        maximum; None where a slice has too few samples for the figure.
    """
    figures = [noise_of(each, None, None) for each in slices]
    ratios: dict[str, dict[str, float | None]] = {}
    for name in (*PERCENTILES, "max"):
        spread = _spread([each[name] for each in figures])
        ratios[name] = {
            str(n): None if spread is None else round(math.exp(t * spread * math.sqrt(2 / n)), 3)
            for n, t in T_95.items()
        }
    return ratios


def _spread(values: Sequence[int | None]) -> float | None:
    """Return the standard deviation of the logs; None where one value is missing."""
    known = [math.log(value) for value in values if value]
    return statistics.stdev(known) if len(known) == len(values) > 1 else None


def floors(spin: Figures, null: Figures | None) -> Figures:
    """Return the floor of each figure: the larger of what the two measurements saw."""
    return {
        name: max((each[name] or 0 for each in (spin, null or {name: 0})), default=0) or None
        for name in spin
    }


def noise_finding(figures: Figures, what: str, reason: str | None) -> Finding:
    """Grade a noise floor by its p99.9, or by its p99 where there are too few samples for that."""
    graded_by = next((name for name in ("p99.9", "p99") if figures.get(name) is not None), None)
    if graded_by is None:
        why = reason or "too few samples"
        return Finding(what, f"not measured: {why}", "warn", "gclab doctor --seconds 5")
    worst = figures[graded_by] or 0
    state = graded(worst, _WARN_NS, _BAD_NS)
    shown = ", ".join(
        f"{name} {format_duration(value)}" for name, value in figures.items() if value is not None
    )
    advice = (
        "end what else runs, then again; compare with --repeats 5 or more"
        if state != "good"
        else None
    )
    named = {f"{name}_ns": value for name, value in figures.items()}
    return Finding(what, shown, state, advice, dict(named))


def harness_finding() -> Finding:
    """Measure what the timed loop itself costs, as ``gclab bench harness`` does."""
    try:
        cost = measure_harness(_HARNESS_ROUNDS)
    except OSError as error:
        return Finding("harness", f"not measured: {error.strerror}", "info")
    return Finding(
        "harness",
        f"{cost.driver_ns:.0f} ns per operation, {cost.ratio:.2f} times a bare loop",
        "info",
        figures={"driver_ns": round(cost.driver_ns, 1), "ratio": round(cost.ratio, 3)},
    )
