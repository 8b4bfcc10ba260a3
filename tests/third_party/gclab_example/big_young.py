"""A policy of another package: a young generation that is rarely full."""

from __future__ import annotations

import gc

from strategies.interface import Count, Policy, policy


@policy("big-young", risk="cycles wait longer; each young collection takes longer")
class BigYoung(Policy):
    """Raise the first threshold alone."""

    def __init__(self, *, objects: Count = 100_000) -> None:
        self._objects = objects
        self._before = gc.get_threshold()

    def prepare(self) -> None:
        gc.set_threshold(self._objects, *self._before[1:])

    def close(self) -> None:
        gc.set_threshold(*self._before)
