from __future__ import annotations

from strategies.interface import layout
from strategies.layouts.slots import Slots


@layout("wrong-id", sees="every entry")
class WrongId(Slots):
    """Answers every 500th read with another message id."""

    _reads = 0

    def read(self, key: int) -> tuple[int, int] | None:
        state = super().read(key)
        self._reads += 1
        if state is None or self._reads % 500:
            return state
        return state[0] + 1, state[1]
