"""Reads claims from their files, strictly: a claim that is read wrongly would be judged wrongly."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.findings.metrics import metric_of
from lab.findings.model import Claim, Predicate, Raw, Test, Verdict
from lab.findings.scales import scale_names
from lab.spec import FACTORS, check_table, load_toml
from strategies.errors import UsageError, unknown
from strategies.units import parse_number

REQUIRED = ("title", "statement", "source", "trials", "tests", "says")
OPTIONAL = ("experiment", "scales")
RELATIVE = ("size", "length")
"""Of a trial: entries and duration as multiples of the scale's."""
TRIAL_KEYS = ("strategy", "repeats", *RELATIVE, *FACTORS)
TEST_KEYS = ("quantity", "metric", "of", "against", "fit", "above", "below")
_NAME = re.compile(r"([^0-9]*)([0-9]*)(.*)")
_FIRST = ("L", "D")
SAYS = (Verdict.REPRODUCED, Verdict.REFUTED)


def read_claims(folder: Path) -> tuple[Claim, ...]:
    """Read every claim of a folder, in the order of their names.

    Raises
    ------
    UsageError
        A file that is not as it should be, in one line that names it.
    """
    return tuple(read_claim(path) for path in sorted(folder.glob("*.toml"), key=_order))


def _order(path: Path) -> tuple[int, str, int, str]:
    """Put the lessons of the case study first (L2 before L10), then its details, then the rest."""
    letters, digits, rest = _NAME.fullmatch(path.stem).groups()  # type: ignore[union-attr]
    group = _FIRST.index(letters) if letters in _FIRST else len(_FIRST)
    return group, letters, int(digits or 0), rest


def read_claim(path: Path) -> Claim:
    """Read one claim; its id is the file's name.

    Raises
    ------
    UsageError
        Missing, not TOML, an unknown or missing key, a trial or a metric that there is not, a
        predicate without a limit, or a sentence that quotes more tests than there are.
    """
    where = f"finding {path.name}"
    raw = load_toml(path, where)
    _only(raw, (*REQUIRED, *OPTIONAL), where)
    for key in REQUIRED:
        if not raw.get(key):
            raise UsageError(f"{where}: {key!r} is missing")
    for key in ("title", "statement", "source", "experiment"):
        _text(raw, key, where)
    if not isinstance(raw["trials"], dict):
        raise UsageError(f"{where}: trials: tables such as [trials.both], not {raw['trials']!r}")
    if not isinstance(raw["tests"], list):
        raise UsageError(f"{where}: tests: each begins with [[tests]]")
    trials = {name: _trial(one, f"{where} [trials.{name}]") for name, one in raw["trials"].items()}
    tests = tuple(_test(one, trials, f"{where} test {n}") for n, one in enumerate(raw["tests"], 1))
    return Claim(
        name=path.stem,
        title=raw["title"],
        statement=raw["statement"],
        source=raw["source"],
        experiment=raw.get("experiment", ""),
        scales=_scales(raw.get("scales", []), where),
        trials=trials,
        tests=tests,
        says=_says(raw["says"], len(tests), where),
    )


def _text(raw: Raw, key: str, where: str) -> str:
    value = raw.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} {value!r}: a text")
    return value


def _scales(written: object, where: str) -> tuple[str, ...]:
    if not isinstance(written, list):
        raise UsageError(f"{where}: scales {written!r}: a list of scales")
    for name in map(str, written):
        if name not in scale_names():
            raise UsageError(f"{where}: scales: {unknown('scale', name, scale_names())}")
    return tuple(map(str, written))


def _trial(raw: Raw, where: str) -> Raw:
    _only(raw, TRIAL_KEYS, where)
    if not _text(raw, "strategy", where):
        raise UsageError(f"{where}: 'strategy' is missing")
    if "mix" in raw:
        check_table("mix", raw["mix"], where)
    for key in RELATIVE:
        if key in raw:
            parse_number(raw[key], f"{where}: {key}")
    repeats = raw.get("repeats", 1)
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise UsageError(f"{where}: repeats {repeats!r}: a whole number, 1 or more")
    return raw


def _test(raw: Raw, trials: Mapping[str, Raw], where: str) -> Test:
    _only(raw, TEST_KEYS, where)
    for key in ("quantity", "metric"):
        if not _text(raw, key, where):
            raise UsageError(f"{where}: {key!r} is missing")
    fit, of, against = (_text(raw, key, where) for key in ("fit", "of", "against"))
    for key in ("metric", "fit"):
        if raw.get(key):
            _known_metric(raw[key], f"{where}: {key}")
    for name in filter(None, (of, against)):
        if name not in trials:
            raise UsageError(f"{where}: {unknown('trial', name, trials)}")
    if not of and not fit:
        raise UsageError(f"{where}: 'of' is missing: which of its trials?")
    if against and (fit or against == of):
        why = "beside 'fit' nothing is compared" if fit else "another trial than 'of'"
        raise UsageError(f"{where}: against {against!r}: {why}")
    low, high = _limit(raw, "above", where), _limit(raw, "below", where)
    if low is None and high is None:
        raise UsageError(f"{where}: 'above', 'below' or both: nothing could refute it")
    if low is not None and high is not None and low >= high:
        raise UsageError(f"{where}: above {low:g} and below {high:g}: nothing is")
    return Test(raw["quantity"], raw["metric"], of, against, fit, Predicate(low, high))


def _known_metric(name: str, where: str) -> None:
    try:
        metric_of(name)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None


def _limit(raw: Raw, key: str, where: str) -> float | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{where}: {key} {value!r}: a number")
    return float(value)


def _says(raw: Raw, tests: int, where: str) -> dict[Verdict, str]:
    _only(raw, SAYS, f"{where} [says]")
    for verdict in SAYS:
        text = _text(raw, verdict.value, f"{where} [says]")
        if not text:
            raise UsageError(f"{where} [says]: {verdict.value!r} is missing")
        for field in _fields(text, where):
            if not field.isdecimal() or int(field) >= tests:
                raise UsageError(
                    f"{where} [says] {verdict.value}: {{{field}}}: "
                    f"a test is quoted by its number, 0 to {tests - 1}"
                )
    return {verdict: raw[verdict.value] for verdict in SAYS}


def _fields(text: str, where: str) -> list[str]:
    """Return what stands in braces, an unfit ``{0:.2f}`` or ``{0!r}`` whole."""
    try:
        return [
            field + (f"!{how}" if how else "") + (f":{spec}" if spec else "")
            for _, field, spec, how in string.Formatter().parse(text)
            if field is not None
        ]
    except ValueError as error:
        raise UsageError(f"{where} [says]: {error}: {text!r}") from None


def _only(raw: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    if not isinstance(raw, Mapping):
        raise UsageError(f"{where}: a table, not {raw!r}")
    for key in raw:
        if key not in known:
            raise UsageError(f"{where}: {unknown('key', key, known)}")
