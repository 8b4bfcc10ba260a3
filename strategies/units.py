"""Sizes, rates and durations as people write them: ``300k``, ``1.5M``, ``50ms``, ``2m``."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from strategies.errors import UsageError

_COUNT = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_DURATION_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SHAPE = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)\s*([a-zA-Z]*)\s*")

_DIGITS_MAX = 18
"""Beyond 10^18 either way nothing is meant, and a float turns it into infinity or 0."""


def _split(text: str, what: str, advice: str) -> tuple[Decimal, str]:
    match = _SHAPE.fullmatch(text)
    try:
        if match is None:
            raise InvalidOperation
        number = Decimal(match[1].replace("_", ""))
        if abs(number.adjusted()) > _DIGITS_MAX:
            raise InvalidOperation
        return number, match[2]
    except InvalidOperation:
        raise UsageError(f"{what} {text!r}: {advice}") from None


def parse_number(value: object, what: str = "number") -> float:
    """Read a positive number that may carry ``k``, ``M`` or ``G``.

    Raises
    ------
    UsageError
        Not a number, an unknown suffix, or not above zero.
    """
    advice = "write a number above 0, such as 20000, 20k or 1.5M"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError(f"{what} {value!r}: {advice}")
    number, suffix = _split(str(value), what, advice)
    factor = _COUNT.get(suffix.lower())
    if factor is None or number <= 0:
        raise UsageError(f"{what} {value!r}: {advice}")
    return float(number * factor)


def parse_count(value: object, what: str = "count") -> int:
    """Read a whole number above zero that may carry ``k``, ``M`` or ``G``."""
    number = parse_number(value, what)
    if number != int(number):
        raise UsageError(f"{what} {value!r}: must be a whole number")
    return int(number)


def parse_duration_ns(value: object, what: str = "duration") -> int:
    """Read a duration above zero: a number with ``ns``, ``us``, ``ms``, ``s``, ``m`` or ``h``.

    A number without a unit counts seconds. Returns nanoseconds.
    """
    advice = "write a duration above 0, such as 50ms, 10s or 2m"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError(f"{what} {value!r}: {advice}")
    number, suffix = _split(str(value), what, advice)
    factor = _DURATION_NS.get(suffix or "s")
    if factor is None or number * factor < 1:
        raise UsageError(f"{what} {value!r}: {advice}")
    return int(number * factor)


def format_count(value: float) -> str:
    """Write a count shortly: ``300k``, ``1.5M``, ``1,234``."""
    for factor, suffix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= factor and (value * 100 / factor) == int(value * 100 / factor):
            return f"{value / factor:.2f}".rstrip("0").rstrip(".") + suffix
    return f"{value:,.0f}" if value == int(value) else f"{value:,g}"


def format_duration(nanoseconds: float) -> str:
    """Write a duration with three significant digits and its unit: ``1.25 ms``."""
    if nanoseconds == 0:
        return "0 ns"
    for factor, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns")):
        if nanoseconds >= factor * 0.9995:
            number = nanoseconds / factor
            digits = 0 if number >= 99.95 or unit == "ns" else 1 if number >= 9.995 else 2
            return f"{number:,.{digits}f} {unit}"
    return f"{nanoseconds:.2g} ns"
