"""What the Read States service asks of the database behind the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from strategies.interface import Typed


class StateStore(Protocol):
    """Durable Read States: key -> (message id, mentions); an unknown key is (0, 0)."""

    def load(self, key: int) -> tuple[int, int]:
        """Return (message id, mentions)."""
        ...

    def save(self, key: int, message_id: int, mentions: int) -> None:
        """Write one state: the commit on eviction."""

    def save_many(self, count: int, keys: Typed, ids: Typed, mentions: Typed) -> None:
        """Write the first ``count`` rows of typed columns (``q``, ``Q``, ``I``) as one commit."""

    def items(self) -> Iterator[tuple[int, int, int]]:
        """Yield (key, message id, mentions) of all that was ever written, in any order."""
        ...

    def close(self) -> None:
        """Release everything; may be called twice."""
