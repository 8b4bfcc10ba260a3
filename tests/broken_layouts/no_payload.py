from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("no-payload", sees="every entry")
class NoPayload(Slots):
    """Cannot say what payload it holds."""

    def payload(self, key: int) -> bytes:
        raise KeyError(key)
