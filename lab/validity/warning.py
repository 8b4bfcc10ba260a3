"""A warning as data, and what warnings make of a trial."""

from __future__ import annotations

from collections.abc import Iterable

from lab.validity.codes import CODES, Json


def warn(
    code: str,
    message: str,
    value: float | None = None,
    *,
    threshold: float | None = None,
    advice: str | None = None,
    invalidates: bool | None = None,
) -> Json:
    """Make a warning: data, rendered once, wherever it is shown.

    ``threshold``, ``advice`` and ``invalidates`` stand in for those of the table.
    """
    known = CODES[code]
    return {
        "code": code,
        "message": message,
        "value": None if value is None else float(value),
        "threshold": known.threshold if threshold is None else threshold,
        "advice": advice or known.advice,
        "invalidates": known.invalidates if invalidates is None else invalidates,
    }


def is_valid(warnings: Iterable[Json]) -> bool:
    """Whether a trial with these warnings may be ranked; those of older runs invalidate nothing."""
    return not any(warning.get("invalidates", False) for warning in warnings)


def is_spoiled(warnings: Iterable[Json]) -> bool:
    """Whether nothing but the machine made a trial with these warnings invalid."""
    found = [warning["code"] for warning in warnings if warning.get("invalidates", False)]
    return bool(found) and all(code in CODES and CODES[code].machine for code in found)
