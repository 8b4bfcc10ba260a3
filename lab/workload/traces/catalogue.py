"""The trace formats by name: every module of this package, then what other packages register."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from lab.workload.traces.interface import TraceFormat, registered
from strategies import entry_points
from strategies.errors import UsageError, unknown
from strategies.options import bind, parameters, split

_PACKAGE = __name__.rpartition(".")[0]


def formats() -> tuple[type[TraceFormat], ...]:
    """Return every format, by name."""
    return _found()[0]


def unavailable_formats() -> list[tuple[str, str]]:
    """Return what other packages register and what cannot be used: (name, reason)."""
    return _found()[1]


def _found() -> tuple[tuple[type[TraceFormat], ...], list[tuple[str, str]]]:
    package = importlib.import_module(_PACKAGE)
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    known = registered()
    taken = {name for name, each in known.items() if each.__module__.startswith(_PACKAGE + ".")}
    unavailable = []
    for entry_point in entry_points.registered(entry_points.TRACE_FORMATS):
        name, package_name = entry_point.name, entry_point.package
        try:
            if name in taken:
                raise UsageError(f"the package {package_name!r} registers a name that is taken")
            known[name] = _checked(entry_point)
            taken.add(name)
        except UsageError as error:
            unavailable.append((name, str(error)))
    return tuple(each for _, each in sorted(known.items())), unavailable


def _checked(entry_point: entry_points.EntryPoint) -> type[TraceFormat]:
    found = entry_point.load()
    if not (inspect.isclass(found) and issubclass(found, TraceFormat)):
        raise UsageError(f"{entry_point.value} of {entry_point.package!r} is no TraceFormat")
    if getattr(found, "name", None) != entry_point.name:
        raise UsageError(f"{entry_point.value} of {entry_point.package!r} has another name")
    return found


def parse_format(text: str) -> TraceFormat:
    """Read ``name[:option,...]``, each option by position or as ``name=value``.

    Raises
    ------
    UsageError
        An unknown format, option or value; an option missing or given twice.
    """
    name, written = split(text)
    known = {each.name: each for each in formats()}
    if name not in known:
        for unavailable, reason in unavailable_formats():
            if unavailable == name:
                raise UsageError(f"trace format {name!r}: {reason}")
        raise unknown("trace format", name, known)
    kind = known[name]
    options = bind(f"trace format {text!r}", written, parameters(kind))
    for option, parameter in inspect.signature(kind).parameters.items():
        if parameter.default is parameter.empty and option not in options:
            raise UsageError(f"trace format {text!r}: no {option} given: write {kind.usage()}")
    return kind(**options)
