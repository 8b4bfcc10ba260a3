from __future__ import annotations

from collections.abc import Iterator

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("raises-in-dump", sees="every entry")
class RaisesInDump(Slots):
    """Raises while it hands out what it holds."""

    def items(self) -> Iterator[tuple[int, int, int]]:
        yield from list(super().items())[:3]
        raise LookupError("lost")
