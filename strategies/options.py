"""Options as people write them on the command line: ``name[:option,...]``.

An option is given by position or as ``name=value``. What a class accepts is read from the
keyword-only parameters of its constructor and their annotations, so that nothing is said twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

from strategies.errors import UsageError, unknown
from strategies.interface import CInt, Count, DurationNs
from strategies.units import format_duration, parse_count, parse_duration_ns, parse_number

_C_INT_MAX = 2**31 - 1


def split(text: str) -> tuple[str, list[tuple[str | None, str]]]:
    """Split ``name:a,b=c`` into the name and its options, each (name or None, value).

    >>> split("known-pause:50ms,every=1s")
    ('known-pause', [(None, '50ms'), ('every', '1s')])
    """
    name, colon, rest = text.partition(":")
    options: list[tuple[str | None, str]] = []
    for part in rest.split(",") if colon else []:
        key, equals, value = part.strip().partition("=")
        if not (value if equals else key):
            raise UsageError(f"{text!r}: an option is empty; write name:value,name=value")
        if not equals and options and options[-1][0] is not None:
            raise UsageError(f"{text!r}: {part!r} by position follows an option by name")
        options.append((key.strip(), value.strip()) if equals else (None, key))
    return name.strip(), options


def parameters(cls: Callable[..., object], leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the options of a class: parameter name -> annotation, in their order.

    Raises
    ------
    UsageError
        An annotation names what its module does not have.
    """
    try:
        hints = get_type_hints(cls.__init__, include_extras=True)
    except NameError as error:
        raise UsageError(f"{cls.__qualname__}: annotations of its constructor: {error}") from None
    return {
        name: hints.get(name, str)
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in leave_out
    }


def bind(
    what: str, options: list[tuple[str | None, str]], accepted: dict[str, Any]
) -> dict[str, object]:
    """Turn written options into keyword arguments.

    Raises
    ------
    UsageError
        An unknown, repeated or surplus option, or a value of the wrong kind; ``what`` opens the
        line.
    """
    names = list(accepted)
    bound: dict[str, object] = {}
    for position, (given, text) in enumerate(options):
        if given is None and position >= len(names):
            takes = ", ".join(names) or "none"
            raise UsageError(f"{what}: too many options at {text!r}; it takes: {takes}")
        name = given if given is not None else names[position]
        if name not in accepted:
            if not names:
                raise UsageError(f"{what}: takes no options, {name!r} was given")
            raise UsageError(f"{what}: {unknown('option', name, names)}")
        if name in bound:
            raise UsageError(f"{what}: option {name!r} is given twice")
        bound[name] = _convert(f"{what}: option {name}", text, accepted[name])
    return bound


def filled(
    cls: Callable[..., object], given: dict[str, object], leave_out: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return every option of a class with its value: as given, else its default."""
    signature = inspect.signature(cls)
    return {
        name: given.get(name, signature.parameters[name].default)
        for name in parameters(cls, leave_out)
    }


def _convert(what: str, text: str, kind: Any) -> object:
    if kind == DurationNs:
        return parse_duration_ns(text, what)
    if kind == Count:
        return parse_count(text, what)
    if get_origin(kind) is Literal:
        choices = [str(choice) for choice in get_args(kind)]
        if text not in choices:
            raise UsageError(f"{what} is one of {', '.join(choices)}, not {text!r}")
        return text
    if kind in (int, CInt):
        value = 0 if text == "0" else parse_count(text, what)
        if kind == CInt and value > _C_INT_MAX:
            raise UsageError(f"{what} {text!r}: {_C_INT_MAX:,} at most")
        return value
    if kind is float:
        return parse_number(text, what)
    return text


def describe(cls: Callable[..., object], leave_out: tuple[str, ...] = ()) -> str:
    """Write a class's options with their defaults, as they would be given."""
    signature = inspect.signature(cls)
    parts = []
    for name, kind in parameters(cls, leave_out).items():
        default = signature.parameters[name].default
        if kind == DurationNs:
            default = format_duration(default).replace(" ", "")
        choices = "|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else ""
        parts.append(f"{name}={choices or default}")
    return ",".join(parts)
