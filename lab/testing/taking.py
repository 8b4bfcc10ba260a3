"""Takes sealed states out of a queue or a layout and looks at what was not to be written."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from strategies.interface import Typed

State = tuple[int, int, int]
Take = Callable[[int, Typed, Typed, Typed], int]
_MARK = 77


def taken(take: Take, limit: int) -> list[State]:
    """Return the (key, message id, mentions) handed out for one ``limit``."""
    keys = memoryview(array("q", [_MARK] * (limit + 1)))
    ids = memoryview(array("Q", [_MARK] * (limit + 1)))
    mentions = memoryview(array("I", [_MARK] * (limit + 1)))
    count = take(limit, keys, ids, mentions)
    assert 0 <= count <= limit
    for column in (keys, ids, mentions):
        assert column[count:].tolist() == [_MARK] * (limit + 1 - count)
    rows = zip(keys[:count], ids[:count], mentions[:count], strict=True)
    return [(key, message_id, seen) for key, message_id, seen in rows]
