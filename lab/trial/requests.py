"""What a real service allocates around its cache: in front of a layout, only where it is asked for.

Objects that live for one request are freed in step and never make the collector run. Requests that
are in flight for a while, and finish in bursts, do: this is what a service's own frames, parsed
bodies and response objects add to the heap.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from strategies.interface import Layout


@dataclass(frozen=True)
class RequestShape:
    """What each request leaves on the heap; by default nothing.

    A request of any other shape is an object itself (a list), that of its objects: so `in_flight`
    and `burst` alone hold requests too.
    """

    objects: int = 0
    """Tracked objects (empty lists) allocated per request, beside the request itself."""
    in_flight: int = 0
    """Requests that are still alive while later ones are served."""
    burst: int = 1
    """How many of them finish at once."""
    cycles: float = 0.0
    """Share of requests whose objects end in a reference cycle, which only the collector frees."""

    @property
    def empty(self) -> bool:
        """Whether requests leave nothing."""
        return self == RequestShape()


class AllocatingRequests:
    """Allocates like a service, then asks the layout."""

    def __init__(self, layout: Layout, shape: RequestShape) -> None:
        self._read, self._ack, self._mention = layout.read, layout.ack, layout.mention
        self._shape = shape
        self._held: deque[list[Any]] = deque()
        self._limit = shape.in_flight + shape.burst
        self._cycle_due = 0.0

    def _begin(self) -> None:
        request: list[Any] = [[] for _ in range(self._shape.objects)]
        self._cycle_due += self._shape.cycles
        if self._cycle_due >= 1:
            self._cycle_due -= 1
            request.append(request)
        held = self._held
        held.append(request)
        if len(held) >= self._limit:
            for _ in range(self._shape.burst):
                held.popleft()

    def read(self, key: int) -> tuple[int, int] | None:
        """Allocate, then read."""
        self._begin()
        return self._read(key)

    def ack(self, key: int, message_id: int) -> bool:
        """Allocate, then ack."""
        self._begin()
        return self._ack(key, message_id)

    def mention(self, key: int) -> bool:
        """Allocate, then mention."""
        self._begin()
        return self._mention(key)
