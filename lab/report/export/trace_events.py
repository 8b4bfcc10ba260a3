"""The Trace Event Format: events as plain dicts, on tracks of processes.

Source: Chromium's "Trace Event Format". Perfetto draws X events of a thread only where they nest,
so those that overlap need threads of their own (https://perfetto.dev/docs/faq).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.report.export.lanes import lanes_of

Event = dict[str, Any]
_FIRST_TID = 10_001
"""Above all process numbers: a thread of its process's number would be its main thread."""


@dataclass(frozen=True)
class Slice:
    """Something that lasted: a name, when, how long, and what is known of it."""

    name: str
    start_ns: int
    length_ns: int
    args: Mapping[str, Any] = field(default_factory=dict)


class TraceEvents:
    """Collects the events of a trace.

    Parameters
    ----------
    origin_ns : int
        Added to every moment, so that none lies before zero.

    Attributes
    ----------
    events : list of dict
        In the order of adding. Times are microseconds with three decimals: exact.
    """

    def __init__(self, origin_ns: int) -> None:
        self.events: list[Event] = []
        self._origin_ns = origin_ns
        self._next_tid = _FIRST_TID
        self._tid_of: dict[int, int] = {}

    def process(self, pid: int, name: str, labels: str = "") -> None:
        """Name a process, and put it after those that were named before."""
        self._tid_of[pid] = self._thread(pid, "events")
        self._describe(pid, self._tid_of[pid], "process_name", {"name": name})
        self._describe(pid, self._tid_of[pid], "process_sort_index", {"sort_index": pid})
        if labels:
            self._describe(pid, self._tid_of[pid], "process_labels", {"labels": labels})

    def slices(
        self, pid: int, track: str, category: str, slices: Sequence[Slice], limit: int | None = None
    ) -> list[Slice]:
        """Draw slices on as many tracks as their overlap needs; return those left out.

        The tracks are called ``track``, ``track 2``, ... With a limit there are no more than that.
        """
        places = lanes_of(
            [each.start_ns for each in slices], [each.length_ns for each in slices], limit
        )
        lanes = range(1 + max((place for place in places if place is not None), default=-1))
        tids = [self._thread(pid, track if lane == 0 else f"{track} {lane + 1}") for lane in lanes]
        left_out = []
        for each, place in zip(slices, places, strict=True):
            if place is None:
                left_out.append(each)
                continue
            event = self._event("X", each.name, pid, tids[place], each.start_ns)
            self.events.append(
                {**event, "cat": category, "dur": each.length_ns / 1000, "args": dict(each.args)}
            )
        return left_out

    def counter(self, pid: int, name: str, unit: str, at_ns: int, value: float) -> None:
        """Set a counter, which keeps this value until it is set again."""
        event = self._event("C", name, pid, self._tid_of[pid], at_ns)
        self.events.append({**event, "args": {unit: value}})

    def _thread(self, pid: int, name: str) -> int:
        # of all processes together: a reader takes a thread's number for the whole machine's
        tid, self._next_tid = self._next_tid, self._next_tid + 1
        self._describe(pid, tid, "thread_name", {"name": name})
        self._describe(pid, tid, "thread_sort_index", {"sort_index": tid})
        return tid

    def _describe(self, pid: int, tid: int, name: str, args: Event) -> None:
        self.events.append({"ph": "M", "name": name, "pid": pid, "tid": tid, "ts": 0, "args": args})

    def _event(self, ph: str, name: str, pid: int, tid: int, at_ns: int) -> Event:
        return {
            "ph": ph,
            "name": name,
            "pid": pid,
            "tid": tid,
            "ts": (at_ns + self._origin_ns) / 1000,
        }
