from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("out-of-memory", sees="every entry")
class OutOfMemory(Slots):
    """Runs out of memory in the measured phase."""

    _left = -1

    def measure_from(self, t0_ns: int) -> None:
        self._left = 1_000

    def ack(self, key: int, message_id: int) -> bool:
        self._left -= 1
        if not self._left:
            raise MemoryError
        return super().ack(key, message_id)
