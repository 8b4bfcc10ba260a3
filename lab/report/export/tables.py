"""A run as tables: one row per trial, and the trials' events with the trial's name before them.

Column names are those of ``trial.json`` with the unit at the end: ``response_ns`` / ``p99.9`` is
``response_p99_9_ns``. A figure that a trial does not have is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lab.report.export.model import Note
from lab.store import StoredRun

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
EVENTS = ("gc", "slow", "resources", "noise")
_FIRST = ("run", "trial", "label", "strategy", "repeat")
_UNITS = ("ns", "s", "bytes")
_UNIT_BELOW: dict[tuple[str, ...], str] = {
    ("causes", "above_p99"): "share",
    ("causes", "above_p99.9"): "share",
    ("causes", "waiting_time"): "share",
    ("causes", "slow"): "requests",
    ("gc", "by_generation"): "collections",
}
"""Units of what stands below these, where the keys do not say."""
_RENAMED: dict[tuple[str, ...], str] = {("load", "rate"): "load_rate_per_s"}
_TEXT, _FLOAT = ("phase", "cause", "kind"), ("cpu_s",)
"""Columns of the event tables that hold no whole numbers."""
_MEASURED = ("_ns", "_s", "_bytes", "_share")
"""Columns of such names hold numbers, even where no trial has one."""
_INT64_END = 2**63


def tables(stored: StoredRun) -> Iterator[tuple[str, pd.DataFrame | Note]]:
    """Yield each table with its name, one at a time; a note for one that no trial stored."""
    yield "trials", trials_table(stored)
    for name in EVENTS:
        table = events_table(stored, name)
        yield name, Note(f"no trial has a {name}.csv stored") if table is None else table


def trials_table(stored: StoredRun) -> pd.DataFrame:
    """Return one row per trial: who it is, its factors, and every figure of its ``trial.json``."""
    import pandas as pd  # noqa: PLC0415 - a fifth of a second that a run need not wait for

    rows = [
        {
            "run": stored.folder.resolve().name,
            "trial": trial.folder.name,
            **_flat({k: v for k, v in trial.result.items() if k != "schema"}),
        }
        for trial in stored.trials
    ]
    names = [*_FIRST, *dict.fromkeys(name for row in rows for name in row if name not in _FIRST)]
    columns = {name: [row.get(name) for row in rows] for name in names}
    kept = {
        name: pd.Series(values, dtype=_type_of(name, values))
        for name, values in columns.items()
        if not _stands_for_others(name, values, names)
    }
    return pd.DataFrame(kept)


def events_table(stored: StoredRun, name: str) -> pd.DataFrame | None:
    """Return the trials' tables of that name as one, the trial's name first; None: no trial has it.

    Raises
    ------
    ValueError
        A stored table is damaged.
    """
    import pandas as pd  # noqa: PLC0415

    found = []
    for trial in stored.trials:
        table = trial.table(name)
        if len(table.columns):
            table.insert(0, "trial", trial.folder.name)
            found.append(table)
    if not found:
        return None
    filled = [table for table in found if len(table)] or found
    joined = pd.concat(filled, ignore_index=True)
    # a table without rows has no types of its own; decimals are never cut off
    whole = [column for column in joined.columns if joined[column].dtype.kind != "f"]
    return joined.astype({column: _event_type(column) for column in whole})


def _event_type(column: str) -> str:
    if column == "trial" or column in _TEXT:
        return "string"
    return "float64" if column in _FLOAT else "int64"


def _flat(result: Json) -> Json:
    flat: Json = {}
    for path, value in _leaves((), result):
        flat[_column(path)] = value
    return flat


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if path == ("warnings",):
        yield ("warning_codes",), "; ".join(warning["code"] for warning in value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves((*path, key), each)
    elif isinstance(value, list):
        yield path, _listed(value)
    else:
        yield path, value


def _listed(values: list[Any]) -> str:
    if any(isinstance(value, list | dict) for value in values):
        return json.dumps(values)
    return "; ".join(map(str, values))


def _column(path: tuple[str, ...]) -> str:
    """Name a column after the way to its figure, the unit last."""
    if path in _RENAMED:
        return _RENAMED[path]
    if path[0] == "factors":
        return "_".join(["factor", *path[1:]]).replace(".", "_")
    *above, leaf = path
    unit = _UNIT_BELOW.get(tuple(above))
    for position, part in enumerate(above):
        name, _, last = part.rpartition("_")
        if last in _UNITS:
            above[position], unit = name, last
    words = [*above, leaf, *([unit] if unit else [])]
    return "_".join(words).replace(".", "_")


def _type_of(name: str, values: list[Any]) -> str:
    """Return a type that holds these and what is missing among them."""
    known = [value for value in values if value is not None]
    if not known and name.endswith(_MEASURED):
        return "Float64"
    if known and all(isinstance(value, bool) for value in known):
        return "boolean"
    whole = [value for value in known if type(value) is int]
    numbers = all(type(value) in (int, float) for value in known)
    if not known or not numbers or any(abs(value) >= _INT64_END for value in whole):
        return "string"
    return "Int64" if len(whole) == len(known) else "Float64"


def _stands_for_others(name: str, values: list[Any], names: list[str]) -> bool:
    """Whether this is only the empty place, in trials that failed, of figures that others have."""
    empty = all(value is None for value in values)
    return empty and any(other.startswith(f"{name}_") for other in names)
