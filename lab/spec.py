"""Frozen specs: what an experiment file may say, read strictly.

A raw experiment is nested dicts as TOML gives them. Defaults, the file and the command line are
merged there, key by key; then every combination of the matrix becomes one `TrialSpec`. Unknown keys
are refused with the nearest right name.
"""

from __future__ import annotations

import copy
import itertools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.trial.driver import LOOPS
from lab.workload.arrivals import ARRIVALS
from lab.workload.popularity import check_popularity
from lab.workload.read_states import CommitPlan, Mix
from strategies.errors import UsageError, unknown
from strategies.units import parse_count, parse_duration_ns, parse_number

Raw = dict[str, Any]

DEFAULTS: Raw = {
    "question": "How do these strategies compare?",
    "expect": "",
    "source": "",
    "seed": 1,
    "workload": {
        "entries": "300k",
        "key_space": 2.0,
        "popularity": {"zipf": 0.99},
        "mix": {"read": 10, "ack": 50, "mention": 40},
        "commit": {"every": 10_000, "step": 250},
        "payload_bytes": 0,
        "trace": "",
        "trace_format": "",
        "fill": "",
    },
    "load": {
        "arrivals": "poisson",
        "rate": "",
        "duration": "",
        "warm_up": "1s",
        "wait": "spin",
        "closed_loop": False,
    },
    "matrix": {"strategy": ["slots", "flat"], "repeats": 1},
}
DEFAULT_RATE, DEFAULT_DURATION = "20k", "10s"


@dataclass(frozen=True)
class WorkloadSpec:
    """Which operations on which keys."""

    entries: int
    key_space: float = 2.0
    popularity: str = "zipf:0.99"
    mix: Mix = field(default_factory=Mix)
    commit: CommitPlan = field(default_factory=CommitPlan)
    payload_bytes: int = 0
    trace: str = ""
    trace_format: str = ""
    fill: bool = True

    @property
    def keys(self) -> int:
        """How many keys a synthetic stream draws from."""
        return max(1, round(self.entries * self.key_space))


@dataclass(frozen=True)
class LoadSpec:
    """When they arrive. In a closed loop ``rate`` and ``duration_ns`` only say how many."""

    arrivals: str = "poisson"
    rate: float | None = 20_000.0
    """Per second; None: the trace's own arrival times, or the default where it has none."""
    duration_ns: int | None = 10_000_000_000
    """None: to the end of the trace."""
    warm_up_ns: int = 1_000_000_000
    wait: str = "spin"
    closed_loop: bool = False


@dataclass(frozen=True)
class TrialSpec:
    """One fresh process that serves one workload under one load with one strategy, once."""

    strategy: str
    workload: WorkloadSpec
    load: LoadSpec
    seed: int = 1
    repeat: int = 1
    factors: tuple[tuple[str, str], ...] = ()
    """What the matrix varies beside the strategy: (name, value as written)."""
    verify: bool = True
    keep_requests: bool = False

    @property
    def label(self) -> str:
        """The strategy, with the other factors where there are any."""
        rest = " ".join(f"{name}={value}" for name, value in self.factors)
        return f"{self.strategy} {rest}".rstrip()


@dataclass(frozen=True)
class ExperimentSpec:
    """A question and a matrix of trials."""

    name: str
    question: str
    expect: str
    source: str
    trials: tuple[TrialSpec, ...]
    raw: Raw

    def to_json(self) -> dict[str, Any]:
        """Return what is stored in run.json."""
        stored = {k: v for k, v in asdict(self).items() if k != "raw"}
        return {**stored, "file": self.raw}


def load_experiment(path: Path) -> Raw:
    """Read an experiment file.

    Raises
    ------
    UsageError
        Missing, not TOML, or with an unknown key; in one line.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"experiment {path}: {reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"experiment {path}: not TOML: {error}") from None
    check_keys(raw, f"experiment {path}")
    return raw


def check_keys(raw: Mapping[str, Any], where: str) -> None:
    """Refuse keys that no section has, naming the nearest right one."""
    for key, value in raw.items():
        if key not in DEFAULTS:
            raise UsageError(f"{where}: {unknown('key', key, DEFAULTS)}")
        if not isinstance(DEFAULTS[key], dict):
            continue
        if not isinstance(value, dict):
            raise UsageError(f"{where}: [{key}] is a section, not {value!r}")
        known = set(DEFAULTS[key]) | (_FACTORS if key == "matrix" else set())
        for name, inner in value.items():
            if name not in known:
                raise UsageError(f"{where}: [{key}] {unknown('key', name, known)}")
            if name in ("mix", "commit") and key == "workload":
                if not isinstance(inner, dict):
                    raise UsageError(f"{where}: [workload] {name} is a table, not {inner!r}")
                for part in inner:
                    if part not in DEFAULTS["workload"][name]:
                        error = unknown("key", part, DEFAULTS["workload"][name])
                        raise UsageError(f"{where}: [workload] {name}: {error}")


_FACTORS = (set(DEFAULTS["workload"]) | set(DEFAULTS["load"])) - {"mix", "commit"}
"""What a matrix may vary beside the strategy, by the key's own name."""


_ONE_CHOICE = ("popularity", "mix")
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


def build_experiment(name: str, raw: Raw, *, verify: bool, keep_requests: bool) -> ExperimentSpec:
    """Turn a raw experiment into specs, repeats interleaved: every strategy once, then again.

    Raises
    ------
    UsageError
        A value that is wrong, in one line that names its key.
    """
    check_keys(raw, f"experiment {name!r}")
    raw = merge(DEFAULTS, raw)
    matrix = dict(raw["matrix"])
    repeats = parse_count(matrix.pop("repeats"), "repeats")
    for factor, values in matrix.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"[matrix] {factor} is a list with at least one value")
    strategies = matrix.pop("strategy")
    combinations = list(itertools.product(*matrix.values(), strategies))
    trials = []
    for repeat in range(1, repeats + 1):
        for values in combinations:
            varied = dict(zip(matrix, values[:-1], strict=True))
            trial = _trial(raw, str(values[-1]), varied)
            trials.append(replace(trial, repeat=repeat, verify=verify, keep_requests=keep_requests))
    if len({(t.label, t.repeat) for t in trials}) < len(trials):
        raise UsageError("a strategy is given twice; for repetitions use --repeats")
    return ExperimentSpec(
        name, str(raw["question"]), str(raw["expect"]), str(raw["source"]), tuple(trials), raw
    )


def _trial(raw: Raw, strategy: str, varied: dict[str, Any]) -> TrialSpec:
    workload = {**raw["workload"], **{k: v for k, v in varied.items() if k in raw["workload"]}}
    load = {**raw["load"], **{k: v for k, v in varied.items() if k in raw["load"]}}
    seed = raw["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed {seed!r}: a whole number, 0 or more")
    return TrialSpec(
        strategy=strategy,
        workload=_workload(workload, load),
        load=_load(load, str(workload["trace"])),
        seed=seed,
        factors=tuple((name, _plain(value)) for name, value in varied.items()),
    )


def _plain(value: object) -> str:
    """Write a value as on the command line; a table is a popularity: ``{zipf = 0.99}``."""
    if isinstance(value, dict):
        return ",".join(f"{kind}:{_parameters(inner)}" for kind, inner in value.items())
    return str(value)


def _workload(section: Raw, load: Raw) -> WorkloadSpec:
    mix = Mix(*(_weight(name, section["mix"].get(name, 0)) for name in DEFAULTS["workload"]["mix"]))
    if mix.read + mix.ack + mix.mention <= 0:
        raise UsageError("mix: at least one of read, ack, mention is above 0")
    commit = CommitPlan(
        parse_count(section["commit"]["every"], "commit every"),
        parse_count(section["commit"]["step"], "commit step"),
    )
    if commit.step > commit.every:
        raise UsageError(f"commit step {commit.step} is above commit every {commit.every}")
    popularity = _plain(section["popularity"])
    check_popularity(popularity)
    trace, trace_format = str(section["trace"]), str(section["trace_format"])
    if trace and not trace_format:
        raise UsageError("--trace needs --trace-format; 'gclab list traces' shows them")
    if trace_format and not trace:
        raise UsageError(f"--trace-format {trace_format!r} needs --trace PATH")
    if load["closed_loop"] not in (True, False):
        raise UsageError(f"closed_loop {load['closed_loop']!r}: true or false")
    if section["fill"] not in ("", True, False):
        raise UsageError(f"fill {section['fill']!r}: true or false")
    payload = section["payload_bytes"]
    return WorkloadSpec(
        entries=parse_count(section["entries"], "entries"),
        key_space=parse_number(section["key_space"], "key_space"),
        popularity=popularity,
        mix=mix,
        commit=commit,
        payload_bytes=0 if payload == 0 else parse_count(payload, "payload_bytes"),
        trace=trace,
        trace_format=trace_format,
        fill=not trace if section["fill"] == "" else bool(section["fill"]),
    )


def _parameters(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(v) for v in value)
    if isinstance(value, dict):
        return ",".join(f"{k}={v}" for k, v in value.items())
    return str(value)


def _weight(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(f"mix {name} {value!r}: a weight, 0 or more")
    return float(value)


def _load(section: Raw, trace: str) -> LoadSpec:
    arrivals, wait = str(section["arrivals"]), str(section["wait"])
    if arrivals not in ARRIVALS:
        raise unknown("arrivals", arrivals, ARRIVALS)
    if wait not in LOOPS:
        raise unknown("wait", wait, LOOPS)
    rate, duration = section["rate"], section["duration"]
    if not trace:
        rate = DEFAULT_RATE if rate == "" else rate
        duration = DEFAULT_DURATION if duration == "" else duration
    return LoadSpec(
        arrivals=arrivals,
        rate=parse_number(rate, "rate") if rate != "" else None,
        duration_ns=parse_duration_ns(duration, "duration") if duration != "" else None,
        warm_up_ns=parse_duration_ns(section["warm_up"], "warm_up"),
        wait=wait,
        closed_loop=bool(section["closed_loop"]),
    )
