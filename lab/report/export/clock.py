"""One time axis for all trials of a run: their measured phases begin together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.runner.trial import LEAD_NS

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
BEFORE = ("fill", "age", "warm_up")
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Clock:
    """Where a trial's moments lie; times in ns after its t0, earlier ones below zero.

    Attributes
    ----------
    phases : tuple of (str, int, int)
        Name, start and length. Those before the measured one are laid end to end: what lies
        between them (the harness's own collection) was not stored.
    resources_zero_ns : int or None
        Start of the clock of ``resources.csv``; None where that cannot be told.
    resources_error_ns : int
        How far off it may be: half the time between the two samples around the measured phase's
        beginning.
    """

    phases: tuple[tuple[str, int, int], ...]
    resources_zero_ns: int | None
    resources_error_ns: int

    @property
    def first_ns(self) -> int:
        """The earliest moment of the trial."""
        starts = [start for _, start, _ in self.phases]
        zero = self.resources_zero_ns
        return min([0, *starts, *([] if zero is None else [zero])])


def clock_of(result: Json, resources: pd.DataFrame) -> Clock:
    """Lay out a trial in time.

    The measured phase begins a lead before t0 in an open loop, and with it in a closed one.
    """
    lengths = {name: round(s * _NS_PER_S) for name, s in result.get("phases_s", {}).items()}
    begin_ns = 0 if result["load"]["closed_loop"] else -LEAD_NS
    phases = []
    at_ns = begin_ns - sum(lengths.get(name, 0) for name in BEFORE)
    for name in (*BEFORE, "measure", "dump"):
        if name in lengths:
            phases.append((name, at_ns, lengths[name]))
            at_ns += lengths[name]
    zero_ns, error_ns = _resources(resources, begin_ns)
    return Clock(tuple(phases), zero_ns, error_ns)


def _resources(resources: pd.DataFrame, begin_ns: int) -> tuple[int | None, int]:
    """Find the moment from which ``elapsed_ns`` counts: the phase changed between two samples."""
    if not len(resources) or not (resources["phase"] == "measure").any():
        return None, 0
    measured = resources["phase"] == "measure"
    after = int(resources.loc[measured, "elapsed_ns"].min())
    earlier = resources.loc[resources["elapsed_ns"] < after, "elapsed_ns"]
    before = int(earlier.max()) if len(earlier) else 0
    return begin_ns - (before + after) // 2, (after - before + 1) // 2
