"""The instrument with known stalls: what it does must reappear in the histograms exactly."""

from __future__ import annotations

import time
from time import monotonic_ns

from strategies.interface import DurationNs, Pending, Update, layout
from strategies.layouts.null import Null

_SPIN_NS = 10_000_000
"""A sleep ends late, on a virtual machine by milliseconds: so much of its end is spun."""


@layout(
    "known-pause",
    sees="nothing",
    eviction="none",
    updates=("replace", "in-place"),
    bytes_per_entry=1,
)
class KnownPause(Null):
    """Does nothing but pause for a stated time at stated moments: tests the instrument.

    The first pause begins at ``every / 2`` after the start of the measured phase, the next ones
    ``every`` later each, in the first operation at or after that moment. After YCSB's
    GoodBadUglyDB.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        pause: DurationNs = 50_000_000,
        every: DurationNs = 1_000_000_000,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None:
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._pause_ns, self._every_ns = pause, every
        self._next_ns = 2**63 - 1

    def measure_from(self, t0_ns: int) -> None:
        self._next_ns = t0_ns + self._every_ns // 2

    def _pause_if_due(self) -> None:
        begin = monotonic_ns()
        if begin < self._next_ns:
            return
        end = begin + self._pause_ns
        time.sleep(max(self._pause_ns - _SPIN_NS, 0) / 1e9)
        while monotonic_ns() < end:
            pass
        while self._next_ns <= begin:
            self._next_ns += self._every_ns

    def read(self, key: int) -> tuple[int, int] | None:
        self._pause_if_due()
        return super().read(key)

    def ack(self, key: int, message_id: int) -> bool:
        self._pause_if_due()
        return super().ack(key, message_id)

    def mention(self, key: int) -> bool:
        self._pause_if_due()
        return super().mention(key)
