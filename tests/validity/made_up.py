"""A trial that never was, in which nothing is to be said; tests change one thing at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.validity import Collector, Json, Noise, TrialFigures, trial_warnings

STATE = {"enabled": True, "thresholds": [700, 10, 10], "frozen": 0, "counts": [3, 0, 0]}


def quiet(**changes: Any) -> TrialFigures:
    """Return a default trial of 10 s at 20,000/s, with what is given in place of its own."""
    rng = np.random.default_rng(1)
    figures: dict[str, Any] = {
        "scheduled_s": 10.0,
        "measured_s": 10.001,
        "requests": 200_000,
        "busy_s": 1.2,
        "latency_ns": {
            "p50": 2_300.0,
            "p90": 7_000.0,
            "p99": 130_000_000.0,
            "p99.9": 170_000_000.0,
            "p99.99": 175_000_000.0,
            "max": 176_000_000.0,
        },
        "longest_service_ns": 176_000_000,
        "entries": 300_000,
        "entries_warm": 300_000,
        "entries_end": 300_000,
        "noise": Noise(200_000.0, 3_000_000.0, 30_000.0, 40_000.0),
        "collector": Collector(state_warm=STATE, state_end=STATE, young=339, full=2),
        "interval_p50_ns": 2_300 * np.exp(rng.normal(0, 0.2, 100)),
        "rss_at_s": np.arange(40) / 4,
        "rss_bytes": 106e6 + rng.integers(0, 3, 40) * 4_096.0,
    }
    return TrialFigures(**{**figures, **changes})


def found(figures: TrialFigures) -> dict[str, Json]:
    """Return the warnings of a trial by code; no code comes twice."""
    warnings = trial_warnings(figures)
    by_code = {warning["code"]: warning for warning in warnings}
    assert len(by_code) == len(warnings)
    return by_code


def only(figures: TrialFigures) -> Json:
    """Return the one warning of a trial."""
    (warning,) = trial_warnings(figures)
    return warning
