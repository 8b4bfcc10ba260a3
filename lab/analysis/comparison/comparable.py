"""Whether figures of two runs may be compared: machine, instrument, workload, load and service.

What must be the same, and why, is in docs/service-levels.md. pyperf draws the same line between
metadata that describe a result and metadata that decide what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from lab.analysis.comparison.groups import Group, spec_of
from lab.spec.model import LoadSpec, ServiceSpec, WorkloadSpec
from lab.spec.raw import FACTORS
from strategies.errors import UsageError
from strategies.units import format_count, format_duration

MACHINE = (
    *("cpu", "cores", "usable_cores", "machine", "hypervisor"),
    *("clock_source", "frequency_governor", "transparent_huge_pages"),
)
"""Fields of the environment that must be equal as they stand."""

_ACTUAL = ("rate", "arrivals", "closed_loop", "wait")
"""Of the load, what a trial itself stores: the lab settles these, whatever was asked for."""

_FACTOR_OF = {"objects": "request_objects"}
_SETTLES = {
    "ramp": {"rate"},
    "trace": {"trace_format", "fill", "rate", "arrivals"},
    "closed_loop": {"rate"},
    "commit": {"wait"},
    "workers": {"wait"},
}
"""What else follows from a factor: the mean rate from a ramp's rates, for one."""
_TWO_NUMBERS = re.compile(r"\d+\.\d+")
_UNKNOWN = object()


@dataclass(frozen=True)
class Difference:
    """A field in which two runs differ, so that their figures mean different things."""

    field: str
    reference: Any
    value: Any

    def __str__(self) -> str:
        """Say field and both values, the reference's first."""
        return f"{self.field} ({_plain(self.field, self.reference)} against " + (
            f"{_plain(self.field, self.value)})"
        )


def differences(group: Group, reference: Group) -> list[Difference]:
    """Return the fields that keep two strategies of two runs from being compared.

    Within one run there are none: what differs there is the matrix's own subject. A field that one
    of the runs does not record is left out, as is a factor of both matrices.
    """
    if group.run.folder == reference.run.folder:
        return []
    return [
        *_different("environment", _environment(group), _environment(reference)),
        *_different(
            "", _specification(group), _specification(reference), _shared(group, reference)
        ),
    ]


def refuse(found: Mapping[str, list[Difference]], first: str) -> None:
    """Refuse to compare runs that differ.

    Parameters
    ----------
    found : mapping of str to list of Difference
        By the other run's name.
    first : str
        The name of the run that is the reference.

    Raises
    ------
    UsageError
        There is a difference; every field is named with both values.
    """
    for other, fields in found.items():
        if fields:
            raise UsageError(
                f"{first} and {other} cannot be compared, they differ in "
                f"{', '.join(map(str, fields))}; --force compares them all the same"
            )


def _different(
    section: str,
    own: Mapping[str, Any],
    other: Mapping[str, Any],
    leave_out: frozenset[str] = frozenset(),
) -> Iterator[Difference]:
    for name in dict.fromkeys((*other, *own)):
        first, second = other.get(name, _UNKNOWN), own.get(name, _UNKNOWN)
        known = first is not _UNKNOWN and second is not _UNKNOWN
        if known and first != second and _factor(name) not in leave_out:
            yield Difference(f"{section}.{name}" if section else name, first, second)


def _environment(group: Group) -> dict[str, Any]:
    """Return machine, kernel, interpreter and instrument.

    Of the kernel and of gclab the first two numbers: a patch release of either is not expected to
    change what is measured. The interpreter counts in full: CPython 3.14.0 and 3.14.5 have
    different collectors.
    """
    stored = group.run.run["environment"]
    fields = {name: stored[name] for name in MACHINE if stored.get(name) is not None}
    for name in ("system", "gclab"):
        if stored.get(name):
            fields[name] = _to_two_numbers(str(stored[name]))
    runtime = next((t.result["runtime"] for t in group.trials if t.result.get("runtime")), None)
    if runtime:
        named = (runtime.get(key) for key in ("name", "version", "release"))
        fields["python"] = " ".join(filter(None, named))
    return fields


def _to_two_numbers(text: str) -> str:
    found = _TWO_NUMBERS.search(text)
    return text[: found.end()] if found else text


def _specification(group: Group) -> dict[str, Any]:
    """Return workload, load and service as flat fields; what an older run lacks is the default."""
    stored = spec_of(group)
    if not stored:
        return {}
    sections = {
        "workload": asdict(WorkloadSpec(entries=0)),
        "load": asdict(LoadSpec()),
        "service": asdict(ServiceSpec()),
    }
    for name, defaults in sections.items():
        defaults.update(stored.get(name, {}))
    if group.trials:
        load = group.trials[0].result["load"]
        sections["load"].update({name: load[name] for name in _ACTUAL if name in load})
    del sections["service"]["python"]  # what it was called: the environment has what it is
    sections["workload"]["trace"] = _trace(group, sections["workload"]["trace"])
    return dict(_flat("", sections))


def _trace(group: Group, path: str) -> object:
    """Return what tells a trace from another wherever it lies: its name and what a scan counted."""
    facts = group.run.run.get("traces", {}).get(path)
    if not path or not facts:
        return path
    accesses, keys = facts["accesses"], facts["distinct_keys"]
    return f"{PurePath(path).name} of {accesses:,} accesses to {keys:,} keys"


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, tuple(value) if isinstance(value, list) else value


def _shared(group: Group, reference: Group) -> frozenset[str]:
    """Return the factors that both matrices vary, and what follows from them."""
    names = [{name for name, _ in spec_of(g).get("factors", ())} for g in (group, reference)]
    both = names[0] & names[1]
    return frozenset(both.union(*(_SETTLES.get(name, set()) for name in both)))


def _factor(field: str) -> str | None:
    """Return the factor that sets a field of the spec."""
    name = field.rpartition(".")[2].removesuffix("_ns")
    name = _FACTOR_OF.get(name, name)
    return name if name in FACTORS else None


def _plain(field: str, value: object) -> str:
    """Write a value as on the command line."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "none" if value is None or value in ("", ()) else str(value)
    return format_duration(value) if field.endswith("_ns") else format_count(value)
