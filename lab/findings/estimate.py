"""How long a suite takes and how much memory, before it is begun."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.environment import available_memory_bytes
from lab.findings.model import Claim
from lab.findings.scales import Scale
from lab.findings.suite import build_suite, plain_count
from lab.plan import MEMORY_SHARE, key_range, memory_needed
from lab.spec import ExperimentSpec, TrialSpec, merge
from strategies.catalogue import parse

_TRIAL_S, _ENTRY_S = 4.5, 20e-6
"""Seconds: a trial without any entries, and filling, ageing and checking one; a 2-core machine."""


@dataclass(frozen=True)
class Estimate:
    """What a suite will take, roughly.

    Attributes
    ----------
    trials : int
    seconds : float
    memory_bytes : int
        Of its largest trial.
    available_bytes : int
    """

    trials: int
    seconds: float
    memory_bytes: int
    available_bytes: int


def estimate(experiment: ExperimentSpec) -> Estimate:
    """Estimate a suite's time and memory."""
    return Estimate(
        trials=len(experiment.trials),
        seconds=sum(map(_seconds, experiment.trials)),
        memory_bytes=max(map(_memory, experiment.trials), default=0),
        available_bytes=available_memory_bytes(),
    )


def fitted(name: str, claims: Sequence[Claim], scale: Scale) -> Scale:
    """Return the scale, with fewer entries where its largest trial would not fit into memory."""
    found = estimate(build_suite(name, claims, scale).experiment)
    share = MEMORY_SHARE * found.available_bytes / max(found.memory_bytes, 1)
    if share >= 1:
        return scale
    entries = _two_digits(scale.entries * share)
    workload: dict[str, Any] = {"workload": {"entries": plain_count(entries)}}
    return replace(scale, entries=entries, raw=merge(scale.raw, workload))


def _seconds(trial: TrialSpec) -> float:
    measured_s = (trial.load.duration_ns or 0) / 1e9
    return _TRIAL_S + _ENTRY_S * trial.workload.entries + measured_s


def _memory(trial: TrialSpec) -> int:
    return memory_needed(trial, parse(trial.strategy), key_range(trial, None))


def _two_digits(value: float) -> int:
    """Round down to two digits."""
    factor: int = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return int(value // factor) * factor
