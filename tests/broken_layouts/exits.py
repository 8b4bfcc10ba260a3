from __future__ import annotations

import os

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("exits", sees="every entry")
class Exits(Slots):
    """Ends its process without a word in the measured phase."""

    _left = -1

    def measure_from(self, t0_ns: int) -> None:
        self._left = 1_000

    def ack(self, key: int, message_id: int) -> bool:
        self._left -= 1
        if not self._left:
            os._exit(7)
        return super().ack(key, message_id)
