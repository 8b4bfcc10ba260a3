"""Compares strategies within a run and across runs: figures, intervals, ratios, verdicts."""

from lab.analysis.comparison.comparable import Difference, differences, refuse
from lab.analysis.comparison.groups import (
    Group,
    counting,
    groups_needed,
    groups_of,
    is_broken,
    is_its_own_doing,
    is_valid,
    why_invalid,
)
from lab.analysis.comparison.metrics import METRICS, Metric, metric_named
from lab.analysis.comparison.runs import Alone, Report, alone_in, compare_runs, differences_by_run
from lab.analysis.comparison.verdicts import (
    NOT_RANKED,
    Comparison,
    Reason,
    advise_longer,
    compare,
    few_full_collections,
    measured,
    why_missing,
)

__all__ = [
    "METRICS",
    "NOT_RANKED",
    "Alone",
    "Comparison",
    "Difference",
    "Group",
    "Metric",
    "Reason",
    "Report",
    "advise_longer",
    "alone_in",
    "compare",
    "compare_runs",
    "counting",
    "differences",
    "differences_by_run",
    "few_full_collections",
    "groups_needed",
    "groups_of",
    "is_broken",
    "is_its_own_doing",
    "is_valid",
    "measured",
    "metric_named",
    "refuse",
    "why_invalid",
    "why_missing",
]
