from __future__ import annotations

from collections.abc import Iterator

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("busy-dump", sees="every entry")
class BusyDump(Slots):
    """Answers rightly, but its dump, which nobody measures, makes the collector run."""

    def items(self) -> Iterator[tuple[int, int, int]]:
        kept: list[list[int]] = []
        for item in super().items():
            kept.append(list(item))
            kept.append(list(item))
            yield item
