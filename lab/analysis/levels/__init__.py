"""Service levels: a language for them, and what a stored run makes of them."""

from lab.analysis.levels.grammar import (
    Allowance,
    Level,
    LevelError,
    parse_allowance,
    parse_level,
)
from lab.analysis.levels.judge import (
    MISSED,
    NOT_VALID,
    OK,
    REGRESSED,
    Change,
    Judgement,
    Kept,
    judge,
)

__all__ = [
    "MISSED",
    "NOT_VALID",
    "OK",
    "REGRESSED",
    "Allowance",
    "Change",
    "Judgement",
    "Kept",
    "Level",
    "LevelError",
    "judge",
    "parse_allowance",
    "parse_level",
]
