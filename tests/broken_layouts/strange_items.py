from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("strange-items", sees="every entry")
class StrangeItems(Slots):
    """Hands out texts where numbers belong."""

    def items(self) -> Iterator[Any]:
        for key, message_id, mentions in super().items():
            yield str(key), message_id, mentions
