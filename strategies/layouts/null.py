"""The instrument that does nothing: its trial is the harness's own cost."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from strategies.interface import Pending, Typed, Update, layout


@layout(
    "null",
    sees="nothing",
    eviction="none",
    updates=("replace", "in-place"),
    rehash="none",
    bytes_per_entry=1,
)
class Null:
    """Every operation is a hit and nothing is kept: publishes the harness's own cost.

    Source: the benchmark of the benchmark, as criterion.rs has one (measurement_overhead.rs).
    Left out: whatever a cache does.
    """

    _state = (0, 0)

    def __init__(
        self,
        capacity: int,  # noqa: ARG002 - the contract's parameters; nothing is kept
        *,
        payload_bytes: int = 0,  # noqa: ARG002
        update: Update = "replace",  # noqa: ARG002
        pending: Pending = "record",  # noqa: ARG002
    ) -> None:
        self.victim = array("q", [0, 0, 0])

    def read(self, key: int) -> tuple[int, int] | None:  # noqa: ARG002
        return self._state

    def ack(self, key: int, message_id: int) -> bool:  # noqa: ARG002
        return True

    def mention(self, key: int) -> bool:  # noqa: ARG002
        return True

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:  # noqa: ARG002
        return False

    def seal_pending(self) -> None:
        pass

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:  # noqa: ARG002
        return 0

    def __len__(self) -> int:
        return 0

    def items(self) -> Iterator[tuple[int, int, int]]:
        return iter(())

    def payload(self, key: int) -> bytes:  # noqa: ARG002
        return b""

    def index_epoch(self) -> int:
        return 0

    def close(self) -> None:
        pass
