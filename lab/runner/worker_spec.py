"""The spec that a worker is told, one line of JSON: docs/block-format.md describes its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from lab.plan import KeyRange
from lab.spec import TrialSpec

WITNESSED_NS = 250_000
"""Operations are witnessed from a quarter of 1 ms on: several may make one request slow."""
NOT_TOLD: Mapping[str, object] = MappingProxyType({})
"""Layout, options and policy are left out: a worker in Python reads the strategy's text."""


def worker_spec(
    spec: TrialSpec, keys: KeyRange, capacity: int, strategy: Mapping[str, object] = NOT_TOLD
) -> dict[str, Any]:
    """Return what every worker of a trial is told.

    Parameters
    ----------
    capacity
        Entries of one worker.
    strategy
        Its layout, options and policy in parts, as `Strategy.to_json` gives them: a worker in
        another language need not read what was written.
    """
    return {
        "strategy": spec.strategy,
        **strategy,
        "capacity": capacity,
        "payload_bytes": spec.workload.payload_bytes,
        "store": {
            "name": spec.service.store,
            "keys": keys.keys,
            "dense": keys.dense,
            "step": spec.workload.commit.step,
            "commit": spec.service.commit,
            "miss_penalty_ns": spec.service.miss_penalty_ns,
        },
        "requests": asdict(spec.workload.request),
        "wait": spec.load.wait,
        "slow_ns": WITNESSED_NS,
    }
