"""Force a full collection every so often."""

from __future__ import annotations

from time import monotonic_ns

from strategies.interface import DurationNs, TimedPolicy, policy


@policy(
    "scheduled",
    risk="a full collection at a fixed period, as long as an automatic one; those may come besides",
    collects=True,
)
class Scheduled(TimedPolicy):
    """Call gc.collect() every 120 s, as Go forces a collection when none ran for two minutes."""

    def __init__(self, *, every: DurationNs = 120_000_000_000) -> None:
        self._every_ns = every

    def after_warm_up(self) -> None:
        self.next_ns = monotonic_ns() + self._every_ns

    def on_time(self, now_ns: int) -> None:
        self.collect(2)
        self.next_ns = now_ns + self._every_ns
