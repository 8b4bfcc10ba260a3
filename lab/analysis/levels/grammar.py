"""The language of service levels: ``p99.9<5ms``, ``slots: gc.max<=10ms``, ``p99.9:10%``.

    level     = [strategy ":"] metric operator number [unit]
    allowance = [strategy ":"] metric ":" number "%"
    operator  = "<" | "<=" | ">" | ">="

A strategy may itself hold colons (``slots:update=in-place``): the last one before the metric ends
it. Metrics and units are in docs/service-levels.md.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

from lab.analysis.comparison import Metric, metric_named
from strategies.errors import UsageError

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_OPERATOR = re.compile("|".join(_OPERATORS))
_NUMBER = re.compile(r"[0-9][0-9_]*(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,2})?(?![0-9.])")
_UNIT = re.compile(r"[^\s0-9<>=:.,;]*")

_UNITS: dict[str, dict[str, Decimal]] = {
    "ns": {
        name: Decimal(10) ** power
        for name, power in (("ns", 0), ("us", 3), ("µs", 3), ("ms", 6), ("s", 9))
    },
    "share": {"%": Decimal("0.01")},
    "count": {"": Decimal(1), "k": Decimal(10) ** 3, "M": Decimal(10) ** 6},
    "bytes": {
        name: Decimal(10) ** power
        for name, power in (("", 0), ("B", 0), ("kB", 3), ("MB", 6), ("GB", 9))
    },
}
_ADVICE = {
    "ns": "a time: write ns, us, ms or s after the number",
    "share": "a share: write % after the number",
    "count": "a count: write nothing, k or M after the number",
    "bytes": "in bytes: write nothing, B, kB, MB or GB after the number",
}


class LevelError(UsageError):
    """A level that cannot be read, and the character at which reading stopped.

    Attributes
    ----------
    text : str
        The level as it was written.
    at : int
        Index of the character; ``len(text)`` where something is missing at the end.
    """

    def __init__(self, text: str, at: int, message: str) -> None:
        self.text, self.at = re.sub(r"\s", " ", text), at
        super().__init__(f"{self.text}: {message}")

    def pointed(self, before: str = "") -> str:
        """Return the message, and below it a caret under the character.

        Parameters
        ----------
        before : str
            What stands before the message in its line.
        """
        return f"{before}{self}\n{' ' * (len(before) + self.at)}^"


@dataclass(frozen=True)
class Level:
    """A promise: a strategy's figure stays on one side of a limit, in the metric's unit."""

    text: str
    selector: str | None
    metric: Metric
    operator: str
    limit: float

    def met_by(self, value: float) -> bool:
        """Whether a figure keeps the promise."""
        return _OPERATORS[self.operator](value, self.limit)


@dataclass(frozen=True)
class Allowance:
    """How much larger than in another run a figure may be; 0.1 for 10%."""

    text: str
    selector: str | None
    metric: Metric
    share: float


def selects(selector: str | None, label: str) -> bool:
    """Whether a level is about a strategy: none named, its name, or a pattern (``slots*``).

    A label that holds factors of the matrix (``slots entries=100k``) is meant by its strategy too.
    """
    return selector is None or any(
        name == selector or fnmatchcase(name, selector) for name in (label, label.partition(" ")[0])
    )


def parse_level(text: str) -> Level:
    """Read a service level.

    Raises
    ------
    LevelError
        It does not follow the grammar; the error knows the character.
    """
    found = _OPERATOR.search(text)
    if found is None:
        raise LevelError(text, len(text), "no operator: write <, <=, > or >=, as in p99.9<5ms")
    selector, metric = _metric(text, found.start())
    number, unit, unit_at = _quantity(text, found.end())
    factor = _UNITS[metric.unit].get(unit)
    if factor is None and not (number == 0 and not unit):
        raise LevelError(text, unit_at, f"{metric.name} is {_ADVICE[metric.unit]}")
    return Level(text.strip(), selector, metric, found[0], float(number * (factor or 0)))


def parse_allowance(text: str) -> Allowance:
    """Read what may change against another run.

    Raises
    ------
    LevelError
        It does not follow the grammar; the error knows the character.
    """
    colon = text.rfind(":")
    if colon < 0:
        raise LevelError(text, len(text), "no allowance: write a share, as in p99.9:10%")
    selector, metric = _metric(text, colon)
    number, unit, unit_at = _quantity(text, colon + 1)
    if unit != "%":
        raise LevelError(text, unit_at, "an allowance is a share: write % after the number")
    return Allowance(text.strip(), selector, metric, float(number / 100))


def _metric(text: str, end: int) -> tuple[str | None, Metric]:
    """Read what stands before the operator: ``[strategy ":"] metric``."""
    colon = text.rfind(":", 0, end)
    name = text[colon + 1 : end].strip()
    at = end - len(text[colon + 1 : end].lstrip())
    if not name:
        raise LevelError(text, end, "no metric before this, such as p99.9")
    selector = text[:colon].strip() if colon >= 0 else None
    if selector == "":
        raise LevelError(text, colon, "no strategy before this colon")
    try:
        return selector, metric_named(name)
    except UsageError as error:
        raise LevelError(text, at, str(error)) from None


def _quantity(text: str, start: int) -> tuple[Decimal, str, int]:
    """Read ``number [unit]`` to the end; returns also where the unit stands or should stand."""
    start += len(text[start:]) - len(text[start:].lstrip())
    number = _NUMBER.match(text, start)
    if number is None:
        raise LevelError(text, start, "no number here: write one of 0 or more, such as 5 or 2.5")
    unit_at = number.end() + len(text[number.end() :]) - len(text[number.end() :].lstrip())
    unit = _UNIT.match(text, unit_at)
    end = unit.end() if unit else unit_at
    if rest := text[end:].strip():
        raise LevelError(
            text, text.index(rest, end), "nothing may follow here: one rule per option"
        )
    written = text[unit_at:end]
    return Decimal(number[0].replace("_", "")), written, unit_at if written else number.end()
