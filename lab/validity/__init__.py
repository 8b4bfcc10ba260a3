"""Whether a trial's figures may be believed: warnings as data, from plain numbers.

`codes` is the one table of what can be said, with thresholds, sources and advice; `figures` is
what the checks look at; `checks` runs them all. A warning that invalidates makes its trial one
that is shown, named and never ranked.
"""

from lab.validity.checks import run_warnings, trial_warnings
from lab.validity.codes import CODES, Code, Json
from lab.validity.figures import Collector, Generator, Noise, TrialFigures
from lab.validity.warning import is_spoiled, is_valid

__all__ = [
    "CODES",
    "Code",
    "Collector",
    "Generator",
    "Json",
    "Noise",
    "TrialFigures",
    "is_spoiled",
    "is_valid",
    "run_warnings",
    "trial_warnings",
]
