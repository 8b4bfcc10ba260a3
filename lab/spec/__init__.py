"""Frozen specs: what an experiment file may say, read strictly.

`model` holds the specs, `raw` reads and merges what files and the command line say, `build` turns
the outcome into one `TrialSpec` per combination of the matrix.
"""

from lab.spec.build import build_experiment
from lab.spec.model import ExperimentSpec, LoadSpec, ServiceSpec, TrialSpec, WorkloadSpec
from lab.spec.raw import (
    DEFAULT_DURATION,
    DEFAULT_RATE,
    DEFAULTS,
    Raw,
    check_keys,
    load_experiment,
    merge,
)

__all__ = [
    "DEFAULTS",
    "DEFAULT_DURATION",
    "DEFAULT_RATE",
    "ExperimentSpec",
    "LoadSpec",
    "Raw",
    "ServiceSpec",
    "TrialSpec",
    "WorkloadSpec",
    "build_experiment",
    "check_keys",
    "load_experiment",
    "merge",
]
