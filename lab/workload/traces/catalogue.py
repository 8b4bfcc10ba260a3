"""The trace formats by name, found by importing every module of this package."""

from __future__ import annotations

import importlib
import pkgutil

from lab.workload.traces.interface import TraceFormat, registered
from strategies.errors import UsageError, unknown


def formats() -> tuple[type[TraceFormat], ...]:
    """Return every format, by name; each declares its name, description and parameters."""
    package = importlib.import_module(__name__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return tuple(known for _, known in sorted(registered().items()))


def parse_format(text: str) -> TraceFormat:
    """Read ``name[:option,...]``, each option by position or as ``name=value``.

    Raises
    ------
    UsageError
        An unknown format, option or value; an option missing or given twice.
    """
    name, _, rest = text.strip().partition(":")
    known = {each.name: each for each in formats()}
    if name not in known:
        raise unknown("trace format", name, known)
    return known[name](_options(known[name], rest))


def _options(known: type[TraceFormat], rest: str) -> dict[str, str]:
    names = [parameter.name for parameter in known.parameters]
    unnamed = iter(names)
    options: dict[str, str] = {}
    for part in rest.split(",") if rest else ():
        before, equals, after = part.partition("=")
        name = before.strip() if equals else next(unnamed, None)
        value = (after if equals else part).strip()
        if name is None or not names:
            raise _wrong(known, f"too many options ({part.strip()!r})")
        if name not in names:
            raise unknown(f"option of trace format {known.name}", name, names)
        if name in options:
            raise _wrong(known, f"two values for {name}")
        if not value:
            raise _wrong(known, f"no value for {name}")
        options[name] = value
    for parameter in known.parameters:
        if parameter.required and parameter.name not in options:
            raise _wrong(known, f"no {parameter.name} given")
        if parameter.choices and options.get(parameter.name) not in (None, *parameter.choices):
            raise unknown(parameter.name, options[parameter.name], parameter.choices)
    return options


def _wrong(known: type[TraceFormat], what: str) -> UsageError:
    return UsageError(f"trace format {known.name}: {what}: write {known.usage()}")
