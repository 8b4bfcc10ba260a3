"""Frozen specs: what an experiment file may say, read strictly.

`model` holds the specs, `raw` reads and merges what files and the command line say, `build` turns
the outcome into one `TrialSpec` per combination of the matrix.
"""

from lab.spec.build import Cell, build_cells, build_experiment
from lab.spec.model import ExperimentSpec, LoadSpec, ServiceSpec, TrialSpec, WorkloadSpec
from lab.spec.programs import not_served
from lab.spec.raw import (
    DEFAULT_DURATION,
    DEFAULT_RATE,
    DEFAULTS,
    FACTORS,
    Raw,
    check_keys,
    check_table,
    load_experiment,
    load_toml,
    merge,
)

__all__ = [
    "DEFAULTS",
    "DEFAULT_DURATION",
    "DEFAULT_RATE",
    "FACTORS",
    "Cell",
    "ExperimentSpec",
    "LoadSpec",
    "Raw",
    "ServiceSpec",
    "TrialSpec",
    "WorkloadSpec",
    "build_cells",
    "build_experiment",
    "check_keys",
    "check_table",
    "load_experiment",
    "load_toml",
    "merge",
    "not_served",
]
