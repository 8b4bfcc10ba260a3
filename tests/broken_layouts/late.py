from __future__ import annotations

from typing import Any

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("late", sees="every entry", eviction="approximate", slack=10)
class Late(Slots):
    """Holds as many entries too many as it declares."""

    def __init__(self, capacity: int, **options: Any) -> None:
        super().__init__(capacity + 10, **options)
