"""What a command line offers: its verbs with their arguments and options, as data.

It is read from the declarations (`typer.Option`, `typer.Argument` in the verbs' signatures) and not
from the parser that typer makes of them, which is another one in every version of typer.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any

import typer
from typer.models import ArgumentInfo, OptionInfo

_WORDS = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH"}


@dataclass(frozen=True)
class Parameter:
    """An argument or an option of a verb.

    Attributes
    ----------
    names : tuple of str
        As typed; of an argument, the word that stands for it.
    option : bool
        Whether it is an option.
    value : str
        What is to be given, such as ``TEXT`` or ``a|b``; "" for a switch.
    required, many : bool
    default : str
        "" where there is none, or none is to be shown.
    help : str
    panel : str
        The group of options that it belongs to; "" for the first one.
    """

    names: tuple[str, ...]
    option: bool
    value: str
    required: bool
    many: bool
    default: str
    help: str
    panel: str


@dataclass(frozen=True)
class Verb:
    """A verb: its name, what it does (paragraphs), its parameters in their order."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]

    @property
    def usage(self) -> str:
        """How it is called: ``gclab report [OPTIONS] [RUN]``."""
        words = ["gclab", self.name]
        if any(parameter.option for parameter in self.parameters):
            words.append("[OPTIONS]")
        for parameter in self.parameters:
            if not parameter.option:
                word = parameter.names[0] + ("..." if parameter.many else "")
                words.append(word if parameter.required else f"[{word}]")
        return " ".join(words)


def verbs_of(app: typer.Typer) -> tuple[Verb, ...]:
    """Return the verbs of an application in the order in which they were added."""
    return tuple(
        _verb(command.name or "", command.callback)
        for command in app.registered_commands
        if command.callback is not None
    )


def _verb(name: str, callback: Callable[..., Any]) -> Verb:
    hints = typing.get_type_hints(callback, include_extras=True)
    signature = inspect.signature(callback).parameters
    found = [_parameter(each.name, hints[each.name], each.default) for each in signature.values()]
    return Verb(name, inspect.getdoc(callback) or "", tuple(filter(None, found)))


def _parameter(name: str, hint: Any, default: object) -> Parameter | None:
    """Read one declaration; None of what typer itself hands in."""
    if typing.get_origin(hint) is not Annotated:
        return None
    kind, info = typing.get_args(hint)[:2]
    if not isinstance(info, OptionInfo | ArgumentInfo):
        return None
    option, (kind, many) = isinstance(info, OptionInfo), _kind(kind)
    # within Annotated the first name stands where a default would
    first = (info.default,) if isinstance(info.default, str) else ()
    declared = (*first, *(info.param_decls or ()))
    names = declared if option else (info.metavar or name.upper(),)
    shown = info.show_default is not False and default is not False
    return Parameter(
        names=names or (f"--{name.replace('_', '-')}",),
        option=option,
        value="" if option and kind is bool else info.metavar or _value(kind),
        required=default is inspect.Parameter.empty,
        many=many,
        default=_plain(default) if shown and default is not inspect.Parameter.empty else "",
        help=info.help or "",
        panel=info.rich_help_panel if isinstance(info.rich_help_panel, str) else "",
    )


def _kind(hint: Any) -> tuple[Any, bool]:
    """Return what one value is, and whether there may be several."""
    if isinstance(hint, UnionType):
        (hint,) = (one for one in typing.get_args(hint) if one is not NoneType)
    if typing.get_origin(hint) is list:
        return typing.get_args(hint)[0], True
    return hint, False


def _value(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    return _WORDS.get(kind, "TEXT")


def _plain(value: object) -> str:
    if value is None:
        return ""
    return str(value.value if isinstance(value, Enum) else value)
