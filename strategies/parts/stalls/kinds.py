"""Every kind of stall by its name, and the order in which `mixed` causes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from strategies.parts.stalls.base import Busy, Load, Sleep, Stall
from strategies.parts.stalls.prepared import Collect, Drop, Rehash
from strategies.parts.stalls.system import Fault, Spin, require_one_core

Kind = Literal["sleep", "gc", "rehash", "drop", "spin", "fault", "load", "commit", "mixed"]
ORDER: tuple[Kind, ...] = ("gc", "rehash", "drop", "sleep", "spin", "fault", "load")
"""``mixed``: stall k is of kind ``ORDER[k % len(ORDER)]``."""


@dataclass(frozen=True)
class Wanted:
    """How long the stalls are to be, and how many of each prepared kind."""

    pause_ns: int
    drop_pause_ns: int
    rounds: int


_BUILD: dict[Kind, Callable[[Wanted], Stall]] = {
    "rehash": lambda wanted: Rehash(wanted.pause_ns, wanted.rounds),
    "drop": lambda wanted: Drop(wanted.drop_pause_ns, wanted.rounds),
    "gc": lambda wanted: Collect(wanted.pause_ns),
    "sleep": lambda wanted: Sleep(wanted.pause_ns),
    "fault": lambda wanted: Fault(wanted.pause_ns),
    "load": lambda _: Load(),
    "commit": lambda wanted: Busy(wanted.pause_ns),
    "spin": lambda wanted: Spin(wanted.pause_ns),
}
"""In the order of building: a collection walks what the others hold, so it is sized after them,
and nothing is sized at the low priority that `Spin` leaves behind."""


def build(kind: Kind, wanted: Wanted) -> tuple[Stall, ...]:
    """Prepare the stalls of a kind: one, or for ``mixed`` one of each in `ORDER`.

    Raises
    ------
    UsageError
        What is asked for cannot be had here; before anything is prepared, where that is known.
    """
    kinds = ORDER if kind == "mixed" else (kind,)
    if "spin" in kinds:
        require_one_core()
    built = {each: make(wanted) for each, make in _BUILD.items() if each in kinds}
    return tuple(built[each] for each in kinds)
