"""The trials that a set of claims needs, each once however many claims share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.findings.model import Claim, Raw
from lab.findings.reading import RELATIVE
from lab.findings.scales import Scale
from lab.pythons import resolve
from lab.runnable import said, unable
from lab.spec import DEFAULTS, FACTORS, Cell, ExperimentSpec, build_cells, merge
from strategies.catalogue import list_layouts, parse
from strategies.errors import UsageError
from strategies.units import format_count, parse_number

QUESTION = (
    "Does a garbage collector do to a Python service what it did to the one in the case study, "
    "why, and what helps?"
)
SOURCE = "experiments/findings: each claim names its own"


@dataclass(frozen=True)
class Suite:
    """What is to be run, and which trials are whose.

    Attributes
    ----------
    experiment : ExperimentSpec
        All trials, in rounds.
    labels : mapping of str to mapping of str to str
        For each claim, the label of each of its trials; a claim that is left out is not there.
    left_out : mapping of str to str
        The others: why nothing is run for them, and what would change that.
    again : int
        How many trials that the machine spoiled may be played once more.
    """

    experiment: ExperimentSpec
    labels: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, str]
    again: int


def build_suite(
    name: str, claims: Sequence[Claim], scale: Scale, *, repeats: int | None = None
) -> Suite:
    """Put the trials of all claims together; ``repeats`` is for all of them alike.

    Raises
    ------
    UsageError
        A value that is wrong, in one line; or no claim with trials at this scale.
    """
    cells: dict[str, Cell] = {}
    keys: dict[str, dict[str, str]] = {}
    left_out: dict[str, str] = {}
    for claim in claims:
        if reason := _left_out(claim, scale):
            left_out[claim.name] = reason
            continue
        keys[claim.name] = {}
        for trial, raw in claim.trials.items():
            cell = _cell(raw, scale, f"finding {claim.name} [trials.{trial}]")
            if repeats is not None:
                cell = replace(cell, repeats=repeats)
            key = repr((cell.strategy, cell.varied))
            if key not in cells or cells[key].repeats < cell.repeats:
                cells[key] = cell
            keys[claim.name][trial] = key
    if not cells:
        reasons = "; ".join(dict.fromkeys(left_out.values()))
        raise UsageError(f"none of these claims can be tested: {reasons}")
    raw = {**scale.raw, "question": QUESTION, "source": SOURCE}
    experiment = build_cells(name, raw, cells.values())
    label_of = dict(zip(cells, experiment.labels, strict=True))
    return Suite(
        experiment,
        {claim: {t: label_of[key] for t, key in trials.items()} for claim, trials in keys.items()},
        left_out,
        scale.again,
    )


def _left_out(claim: Claim, scale: Scale) -> str:
    """Say why nothing is run for a claim; "": it is tested."""
    if claim.scales and scale.name not in claim.scales:
        return f"no trials of it at this scale: --scale {claim.scales[0]} has them"
    return _not_here(claim)


def _not_here(claim: Claim) -> str:
    """Say which strategy or interpreter of a claim is not on this machine; "": all are."""
    unavailable = {
        listed.name: listed.unavailable for listed in list_layouts() if listed.unavailable
    }
    needed = (
        str(raw["strategy"]).partition("+")[0].partition(":")[0] for raw in claim.trials.values()
    )
    missing = next((str(unavailable[name]) for name in needed if name in unavailable), "")
    return missing or next(filter(None, map(_unable, claim.trials.values())), "")


def _unable(raw: Raw) -> str:
    """Say why the interpreter of a trial is not there, or cannot run it; "": it can."""
    if not raw.get("python"):
        return ""
    try:
        python = resolve(str(raw["python"]))
    except UsageError as error:
        return str(error)
    return next((said(python, each) for each in unable(python, [raw["strategy"]]).values()), "")


def _cell(raw: Raw, scale: Scale, where: str) -> Cell:
    varied: dict[str, Any] = {key: raw[key] for key in FACTORS if key in raw}
    size, length = (parse_number(raw.get(key, 1.0), f"{where} {key}") for key in RELATIVE)
    if size != 1.0:
        varied["entries"] = plain_count(max(1, round(scale.entries * size)))
    if length != 1.0:
        varied["duration"] = f"{scale.duration_ns * length / 1e9:g}s"
    base = merge(DEFAULTS, scale.raw)
    in_order = {
        key: varied[key]
        for key, section in FACTORS.items()
        if key in varied and varied[key] != base[section][key]
    }
    cell = Cell(str(raw["strategy"]), in_order, raw.get("repeats", scale.repeats))
    try:  # alone, so that what is wrong with it is said of it
        build_cells("", scale.raw, [cell])
        parse(cell.strategy)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    return cell


def plain_count(entries: int) -> str:
    """Write a count as a matrix takes it: ``300k``, and ``12345`` without a comma."""
    return format_count(entries).replace(",", "")
