"""The modes of a layout, read from what it declares."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from strategies.catalogue import load_layout, parse
from strategies.errors import UsageError
from strategies.options import parameters


def modes(layout: str) -> list[str]:
    """Return a layout with every combination of its options that are a choice.

    Those that it refuses are left out: an update mode that it does not declare, or
    ``drain=rolling`` with ``pending=coalesce``.

    >>> modes("flat-array")[0]
    'flat-array:update=replace,pending=record'
    """
    return list(_modes(layout))


def _modes(layout: str) -> Iterator[str]:
    choices = {
        option: get_args(kind)
        for option, kind in parameters(load_layout(layout), ("payload_bytes",)).items()
        if get_origin(kind) is Literal
    }
    for values in itertools.product(*choices.values()):
        options = ",".join(f"{k}={v}" for k, v in zip(choices, values, strict=True))
        text = f"{layout}:{options}" if options else layout
        try:
            parse(text)
        except UsageError:
            continue
        yield text
