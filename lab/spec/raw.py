"""Raw experiments: nested dicts as TOML gives them, checked for unknown keys and merged."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strategies.errors import UsageError, unknown

Raw = dict[str, Any]

DEFAULTS: Raw = {
    "question": "How do these strategies compare?",
    "expect": "",
    "source": "",
    "seed": 1,
    "workload": {
        "entries": "300k",
        "key_space": 2.0,
        "keys": "",
        "popularity": {"zipf": 0.99},
        "mix": {"read": 10, "ack": 50, "mention": 40},
        "commit": {"every": 10_000, "step": 250},
        "payload_bytes": 0,
        "trace": "",
        "trace_format": "",
        "fill": "",
        "fresh": False,
        "request_objects": 0,
        "in_flight": 0,
        "burst": 1,
        "cycles": 0.0,
    },
    "load": {
        "arrivals": "poisson",
        "rate": "",
        "ramp": "",
        "duration": "",
        "warm_up": "1s",
        "wait": "spin",
        "closed_loop": False,
    },
    "service": {
        "store": "memory",
        "miss_penalty": 0,
        "commit": "inline",
        "workers": 1,
        "python": "",
    },
    "matrix": {"strategy": ["slots", "flat"], "repeats": 1},
}
DEFAULT_RATE, DEFAULT_DURATION = "20k", "10s"
SECTIONS = ("workload", "load", "service")
TABLES = ("mix", "commit")
"""Keys of [workload] that are tables."""
FACTORS = {
    key: section
    for section in SECTIONS
    for key in DEFAULTS[section]
    if (section, key) != ("workload", "commit")
}
"""What a matrix may vary beside the strategy, by the key's own name, and the section it is in."""


def load_experiment(path: Path) -> Raw:
    """Read an experiment file.

    Raises
    ------
    UsageError
        Missing, not TOML, or with an unknown key; in one line.
    """
    raw = load_toml(path, f"experiment {path}")
    check_keys(raw, f"experiment {path}")
    return raw


def load_toml(path: Path, where: str) -> Raw:
    """Read a TOML file.

    Raises
    ------
    UsageError
        Missing, not UTF-8 or not TOML; in one line that begins with ``where``.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{where}: {reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: not TOML: {error}") from None


def check_keys(raw: Mapping[str, Any], where: str) -> None:
    """Refuse keys that no section has, naming the nearest right one."""
    for key, value in raw.items():
        if key not in DEFAULTS:
            raise UsageError(f"{where}: {unknown('key', key, DEFAULTS)}")
        if not isinstance(DEFAULTS[key], dict):
            continue
        if not isinstance(value, dict):
            raise UsageError(f"{where}: [{key}] is a section, not {value!r}")
        known = set(DEFAULTS[key]) | (set(FACTORS) if key == "matrix" else set())
        for name, inner in value.items():
            if name not in known:
                raise UsageError(f"{where}: [{key}] {unknown('key', name, known)}")
            if name in TABLES and key == "workload":
                check_table(name, inner, f"{where}: [workload]")
            if name == "mix" and key == "matrix" and isinstance(inner, list):
                for one in inner:
                    check_table(name, one, f"{where}: [matrix]")


def check_table(name: str, value: object, where: str) -> None:
    """Refuse a mix or a commit that is no table, or has keys that it should not have."""
    if not isinstance(value, dict):
        raise UsageError(f"{where} {name} is a table, not {value!r}")
    for part in value:
        if part not in DEFAULTS["workload"][name]:
            raise UsageError(f"{where} {name}: {unknown('key', part, DEFAULTS['workload'][name])}")


_ONE_CHOICE = ("popularity", "mix", "arrivals")
"""Tables that are replaced whole: a mix of reads alone must not keep the default's updates."""


def merge(*layers: Raw) -> Raw:
    """Lay raw experiments over one another, the last on top."""
    merged: Raw = {}
    for layer in layers:
        for key, value in layer.items():
            if (
                isinstance(value, dict)
                and isinstance(merged.get(key), dict)
                and key not in _ONE_CHOICE
            ):
                merged[key] = merge(merged[key], value)
            else:
                merged[key] = copy.deepcopy(value)
    return merged
