from __future__ import annotations

from typing import Any

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("cannot-be-made", sees="every entry")
class CannotBeMade(Slots):
    """Raises in its constructor."""

    def __init__(self, capacity: int, **options: Any) -> None:
        raise ValueError(f"{capacity} is an unlucky number")
