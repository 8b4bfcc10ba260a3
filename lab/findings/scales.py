"""How large the suite is: the sizes that its trials are multiples of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.experiments import experiments_folder
from lab.spec import Cell, Raw, build_cells, check_keys, load_toml
from strategies.errors import UsageError, unknown
from strategies.units import parse_count, parse_duration_ns


@dataclass(frozen=True)
class Scale:
    """A size of the suite.

    Attributes
    ----------
    name, about : str
        What it is called, and what it takes.
    entries : int
        Size of the cache where a claim does not say otherwise.
    duration_ns : int
        Length of the measured phase likewise.
    repeats : int
        Rounds of a trial whose claim does not say otherwise.
    again : int
        How many trials that the machine spoiled may be played once more.
    raw : Raw
        The experiment that all trials start from.
    """

    name: str
    about: str
    entries: int
    duration_ns: int
    repeats: int
    again: int
    raw: Raw


def scale_names() -> list[str]:
    """Return the scales that there are."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def read_scale(name: str) -> Scale:
    """Read a scale by name.

    Raises
    ------
    UsageError
        There is none of that name, or its file is not as it should be.
    """
    if name not in scale_names():
        raise unknown("scale", name, scale_names())
    path = _folder() / f"{name}.toml"
    where = f"scale {path.name}"
    raw = load_toml(path, where)
    about, repeats, again = (
        raw.pop(*each) for each in (("about", ""), ("repeats", 1), ("again", 0))
    )
    check_keys(raw, where)
    if "matrix" in raw:
        raise UsageError(f"{where}: [matrix] is not read: the claims say which trials there are")
    for section, key in (("workload", "entries"), ("load", "duration"), ("load", "rate")):
        if key not in raw.get(section, {}):
            raise UsageError(f"{where}: [{section}] {key} is missing")
    try:
        build_cells(name, raw, [Cell("slots", {})])
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    return Scale(
        name=name,
        about=str(about),
        entries=parse_count(raw["workload"]["entries"], f"{where}: entries"),
        duration_ns=parse_duration_ns(raw["load"]["duration"], f"{where}: duration"),
        repeats=parse_count(repeats, f"{where}: repeats"),
        again=parse_count(again, f"{where}: again") if again else 0,
        raw=raw,
    )


def _folder() -> Path:
    return experiments_folder() / "scales"
