"""docs/experiments.md: the experiments, the claims and the scales, from their files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.documentation.tables import markdown_table
from lab.experiments import DEFAULT, experiment_names, experiments_folder, read_experiment
from lab.findings.model import Claim, Test
from lab.findings.reading import read_claims
from lab.findings.scales import Scale, read_scale, scale_names
from lab.spec import DEFAULTS, Raw
from lab.spec.raw import SECTIONS
from strategies.units import format_count, format_duration

PAGE = Path("docs/experiments.md")
_HEAD = """# Experiments and claims

This page is written by `gclab docs` from the files in [experiments](../experiments). An
experiment is a question and a matrix of trials: `gclab run NAME` runs it, `gclab init FILE`
begins one of your own. A strategy with a question mark behind it is optional: where it cannot be
used (its package or its program is missing) it is left out, and the run names it with the reason.
A claim is something that somebody says about the world, with the trials that could refute it:
`gclab reproduce` runs all claims of one scale, each trial once however many claims share it, and
judges them. What came out on one machine is in [findings.md](findings.md).
"""
_CLAIMS = """## Claims

A claim is reproduced if the 95% interval of every one of its quantities lies where it has to be,
refuted if one lies wholly outside, and inconclusive otherwise ([how](how-it-measures.md)). `size`
and `length` are multiples of the scale's entries and duration. A quantity *against* another trial
is the ratio of the two, by rounds; one with a *fit* is the exponent of a power law through all of
the claim's trials.
"""
_SCALES = """## Scales

How large the suite is. Where the memory does not suffice, fewer entries are taken, and the run
says so.
"""


def experiments_page() -> str:
    """Return the page."""
    parts = [_HEAD, "## Experiments\n"]
    parts += [_experiment(name) for name in experiment_names()]
    parts += [_CLAIMS]
    parts += [_claim(claim) for claim in read_claims(experiments_folder() / "findings")]
    scales = sorted(map(read_scale, scale_names()), key=lambda scale: scale.entries)
    parts += [_SCALES, markdown_table(_SCALE_COLUMNS, map(_scale, scales))]
    return "\n".join(parts) + "\n"


def _experiment(name: str) -> str:
    _, raw = read_experiment(name)
    matrix = {**DEFAULTS["matrix"], **raw.get("matrix", {})}
    lines = [f"### {name}", "", str(raw.get("question", "")), ""]
    if name == DEFAULT:
        lines += ["The default: `gclab run` without a name.", ""]
    for title, key in (("Expected", "expect"), ("Source", "source")):
        if raw.get(key):
            lines.append(f"- {title}: {raw[key]}")
    for section in SECTIONS:
        if raw.get(section):
            lines.append(f"- {section.capitalize()}: {_settings(raw[section])}")
    lines += [f"- Trials: {_trials(matrix)}", ""]
    return "\n".join(lines)


def _settings(section: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key} = {_toml(value)}`" for key, value in section.items())


def _trials(matrix: Raw) -> str:
    """Write a matrix: every combination is a trial, times repeats."""
    factors = {key: values for key, values in matrix.items() if key != "repeats"}
    listed = "; ".join(
        f"{key} {', '.join(f'`{_toml(value)}`' for value in values)}"
        for key, values in factors.items()
    )
    if "all" in factors["strategy"]:
        return f"{listed}; {matrix['repeats']} of each"
    count = math.prod(map(len, factors.values())) * int(matrix["repeats"])
    each = f", {matrix['repeats']} of each" if matrix["repeats"] != 1 else ""
    return f"{listed}: {count}{each}"


def _toml(value: object) -> str:
    """Write a value shortly: as in the file, without the quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _claim(claim: Claim) -> str:
    lines = [
        f"### {claim.name}: {claim.title}",
        "",
        claim.statement,
        "",
        f"- Source: {claim.source}",
    ]
    if claim.experiment:
        lines.append(f"- More of it: [`gclab run {claim.experiment}`](#{claim.experiment})")
    if claim.scales:
        lines.append(f"- Only at scale {', '.join(claim.scales)}")
    trials = [
        [f"`{name}`", f"`{raw['strategy']}`", _varied(raw)] for name, raw in claim.trials.items()
    ]
    tests = [[test.quantity, _asked(test), _of(test), str(test.predicate)] for test in claim.tests]
    return "\n".join(
        [
            *lines,
            "",
            markdown_table(("trial", "strategy", "what differs"), trials),
            "",
            markdown_table(("measured", "metric", "of", "has to be"), tests),
            "",
        ]
    )


def _varied(raw: Raw) -> str:
    return _settings({key: value for key, value in raw.items() if key != "strategy"})


def _asked(test: Test) -> str:
    return f"`{test.metric}`" + (f" by `{test.fit}`" if test.fit else "")


def _of(test: Test) -> str:
    if not test.of:
        return "all of them"
    return f"`{test.of}`" + (f" against `{test.against}`" if test.against else "")


_SCALE_COLUMNS = (
    "scale",
    "what it takes",
    ">entries",
    ">requests per second",
    ">measured",
    ">rounds",
)


def _scale(scale: Scale) -> list[str]:
    return [
        f"`{scale.name}`",
        scale.about,
        format_count(scale.entries),
        str(scale.raw["load"]["rate"]),
        format_duration(scale.duration_ns),
        str(scale.repeats),
    ]
