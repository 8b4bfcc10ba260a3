from __future__ import annotations

import time

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("hangs", sees="every entry")
class Hangs(Slots):
    """Never comes back from an operation of the measured phase."""

    _left = -1

    def measure_from(self, t0_ns: int) -> None:
        self._left = 1_000

    def ack(self, key: int, message_id: int) -> bool:
        self._left -= 1
        if not self._left:
            time.sleep(600)
        return super().ack(key, message_id)
