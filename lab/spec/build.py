"""Turns a raw experiment into specs: one trial per combination of the matrix, times repeats."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lab.pythons import ALL, found
from lab.spec.load import build_load, plain, plain_rates
from lab.spec.model import ExperimentSpec, ServiceSpec, TrialSpec, WorkloadSpec
from lab.spec.programs import not_served
from lab.spec.raw import DEFAULTS, FACTORS, SECTIONS, Raw, check_keys, merge
from lab.stores.opening import check_store
from lab.trial.requests import RequestShape
from lab.workload.popularity import check_popularity
from lab.workload.read_states import CommitPlan, Mix
from strategies.catalogue import list_layouts, unavailable
from strategies.errors import UsageError, unknown
from strategies.interface import LayoutFacts
from strategies.units import parse_count, parse_duration_ns, parse_number

COMMITS = ("inline", "thread")
AS_WRITTEN, SHUFFLED = "as written", "shuffled in each round, from the seed"
"""How the trials of a round are ordered."""


@dataclass(frozen=True)
class Cell:
    """A strategy under one load: what differs from the rest of its experiment, and how often."""

    strategy: str
    varied: Mapping[str, Any]
    """Factors by name, as in a matrix."""
    repeats: int = 1


def build_experiment(name: str, raw: Raw, *, verify: bool, keep_requests: bool) -> ExperimentSpec:
    """Turn a raw experiment into specs, repeats interleaved: every strategy once, then again.

    With several repeats the order within each is shuffled by the seed; `ExperimentSpec.labels`
    keeps the order in which the strategies were written.

    Raises
    ------
    UsageError
        A value that is wrong, in one line that names its key, or nothing that can be run here.
    """
    check_keys(raw, f"experiment {name!r}")
    raw = merge(DEFAULTS, raw)
    matrix = dict(raw["matrix"])
    repeats = parse_count(matrix.pop("repeats"), "repeats")
    for factor, values in matrix.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"[matrix] {factor} is a list with at least one value")
    if ALL in matrix.get("python", []):
        matrix["python"] = list(dict.fromkeys(_every_python(matrix["python"])))
    strategies, missing, optional = _expand(matrix.pop("strategy"))
    combinations = list(itertools.product(*matrix.values(), strategies))
    once = [
        replace(
            _trial(raw, str(values[-1]), dict(zip(matrix, values[:-1], strict=True))),
            verify=verify,
            keep_requests=keep_requests,
        )
        for values in combinations
    ]
    left_out = {
        trial.label: reason
        for trial in once
        if trial.strategy in optional and (reason := not_served(trial))
    }
    trials = [(trial, repeats) for trial in once if trial.label not in left_out]
    if not trials:
        raise UsageError("nothing to run: " + "; ".join([*missing, *left_out.values()]))
    return _experiment(name, raw, trials, [*missing, *left_out.values()])


def build_cells(name: str, raw: Raw, cells: Iterable[Cell]) -> ExperimentSpec:
    """Turn single trials, each with factors and a number of repeats of its own, into specs.

    Raises
    ------
    UsageError
        As `build_experiment`.
    """
    raw = merge(DEFAULTS, raw)
    once = [(_trial(raw, cell.strategy, dict(cell.varied)), cell.repeats) for cell in cells]
    return _experiment(name, raw, once, [])


def _experiment(
    name: str, raw: Raw, once: list[tuple[TrialSpec, int]], missing: list[str]
) -> ExperimentSpec:
    labels = tuple(trial.label for trial, _ in once)
    if len(set(labels)) < len(labels):
        raise UsageError("a strategy is given twice; for repetitions use --repeats")
    most = max((repeats for _, repeats in once), default=1)
    return ExperimentSpec(
        name=name,
        question=str(raw["question"]),
        expect=str(raw["expect"]),
        source=str(raw["source"]),
        trials=tuple(_in_rounds(once)),
        unavailable=tuple(missing),
        raw=raw,
        labels=labels,
        order=AS_WRITTEN if most == 1 else SHUFFLED,
    )


def _in_rounds(trials: list[tuple[TrialSpec, int]]) -> Iterator[TrialSpec]:
    """Yield every trial once, then again, each round in a shuffled order of its own.

    In one fixed order each strategy would always run behind the same other one, and whatever the
    machine does over a round (heat, a neighbour, a file cache) would fall on the same strategy.
    One round alone keeps the written order: there is nothing to balance.
    """
    most = max((repeats for _, repeats in trials), default=1)
    for repeat in range(1, most + 1):
        once = [trial for trial, repeats in trials if repeats >= repeat]
        order = list(range(len(once)))
        if most > 1 and once:
            rounds = np.random.SeedSequence(once[0].seed, spawn_key=(repeat,))
            order = np.random.default_rng(rounds).permutation(len(once)).tolist()
        for which in order:
            yield replace(once[which], repeat=repeat)


def _expand(written: list[object]) -> tuple[list[str], list[str], set[str]]:
    """Put every layout that is there in the place of ``all``; say why the others are not.

    ``moka?`` is optional: left out, and named with the reason, where it cannot be used.

    Returns
    -------
    strategies, unavailable : list of str
        What there is; why what is not there is not.
    optional : set of str
        Of the strategies, those that nobody insists on.
    """
    strategies: list[str] = []
    missing: list[str] = []
    optional: set[str] = set()
    for text in map(str, written):
        name, plus, policy = text.removesuffix("?").partition("+")
        if name != "all" and not text.endswith("?"):
            strategies.append(text)
            continue
        for each in [name] if name != "all" else _all_layouts(policy, missing):
            strategy = each + plus + policy
            if reason := unavailable(strategy):
                missing.append(reason)
            else:
                strategies.append(strategy)
                optional.add(strategy)
    return strategies, missing, optional


def _all_layouts(policy: str, missing: list[str]) -> Iterator[str]:
    """Yield what can be declared here, but for instruments; say why the others cannot."""
    for listed in list_layouts():
        if not isinstance(listed.facts, LayoutFacts):
            missing.append(str(listed.unavailable))
        elif listed.facts.program and policy not in ("", "default"):
            missing.append(f"layout {listed.name!r} has no policies: they are CPython's")
        elif listed.facts.eviction != "none":
            yield listed.name


def _every_python(written: list[object]) -> Iterator[object]:
    """Put every interpreter that is found in the place of ``all``."""
    for each in written:
        if each == ALL:
            there = found()
            yield from map(there.name_of, there.usable)
        else:
            yield each


def _trial(raw: Raw, strategy: str, varied: dict[str, Any]) -> TrialSpec:
    workload, load, service = (
        {**raw[section], **{k: v for k, v in varied.items() if FACTORS[k] == section}}
        for section in SECTIONS
    )
    seed = raw["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed {seed!r}: a whole number, 0 or more")
    return TrialSpec(
        strategy=strategy,
        workload=_workload(workload, load),
        load=build_load(load, str(workload["trace"])),
        service=_service(service),
        seed=seed,
        factors=tuple(
            (name, plain_rates(value) if name == "ramp" else plain(value))
            for name, value in varied.items()
        ),
    )


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
    popularity = plain(section["popularity"])
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
    if section["fresh"] not in (True, False):
        raise UsageError(f"fresh {section['fresh']!r}: true or false")
    entries = parse_count(section["entries"], "entries")
    keys = parse_count(section["keys"], "keys") if section["keys"] != "" else 0
    return WorkloadSpec(
        entries=entries,
        key_space=keys / entries if keys else parse_number(section["key_space"], "key_space"),
        popularity=popularity,
        mix=mix,
        commit=commit,
        payload_bytes=_count_or_0(section["payload_bytes"], "payload_bytes"),
        request=_request(section),
        trace=trace,
        trace_format=trace_format,
        fill=not trace if section["fill"] == "" else bool(section["fill"]),
        fresh=bool(section["fresh"]),
    )


def _count_or_0(value: object, what: str) -> int:
    return 0 if value in (0, "0") else parse_count(value, what)


def _request(section: Raw) -> RequestShape:
    cycles = section["cycles"]
    if isinstance(cycles, bool) or not isinstance(cycles, int | float) or not 0 <= cycles <= 1:
        raise UsageError(f"cycles {cycles!r}: a share of the requests, 0 to 1")
    return RequestShape(
        objects=_count_or_0(section["request_objects"], "request_objects"),
        in_flight=_count_or_0(section["in_flight"], "in_flight"),
        burst=parse_count(section["burst"], "burst"),
        cycles=float(cycles),
    )


def _service(section: Raw) -> ServiceSpec:
    commit, penalty = str(section["commit"]), section["miss_penalty"]
    if commit not in COMMITS:
        raise unknown("commit", commit, COMMITS)
    return ServiceSpec(
        store=check_store(str(section["store"])),
        miss_penalty_ns=0 if penalty in (0, "0") else parse_duration_ns(penalty, "miss_penalty"),
        commit=commit,
        workers=parse_count(section["workers"], "workers"),
        python=_python(section["python"]),
    )


def _python(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f'python {value!r}: a text, such as "3.14", "pypy3" or a path')
    if value == ALL:
        raise UsageError('python "all" is several: [matrix] python = ["all"]')
    return value


def _weight(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(f"mix {name} {value!r}: a weight, 0 or more")
    return float(value)
