"""Puts intervals that overlap onto tracks on which none do."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

GAP_NS = 1_000
"""Between two intervals of a track: readers of microseconds round, and must see no overlap."""


def lanes_of(
    start_ns: Sequence[int], length_ns: Sequence[int], limit: int | None = None
) -> list[int | None]:
    """Give each interval a lane; no lane has two of them within a microsecond of each other.

    Greedy in the order of the starts, always the lowest lane that is free: needs as many lanes as
    intervals lie over each other, no more (interval partitioning; Kleinberg and Tardos, Algorithm
    Design, section 4.1). Under a limit an interval that finds no free lane has none. Of the
    requests behind a stall those left out are the later ones, which waited less.

    Parameters
    ----------
    start_ns, length_ns : sequences of int, length n
        The intervals, in any order.
    limit : int, optional
        At most so many lanes; None for as many as it takes.

    Returns
    -------
    list of int or None, length n
        The lane of each interval from 0, in the order in which they were given.
    """
    lanes: list[int | None] = [None] * len(start_ns)
    busy: list[tuple[int, int]] = []
    free: list[int] = []
    used = 0
    # of those that start together the longest comes first: it is the one not to leave out
    order = sorted(range(len(start_ns)), key=lambda i: (start_ns[i], -length_ns[i]))
    for index in order:
        while busy and busy[0][0] + GAP_NS <= start_ns[index]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        elif limit is None or used < limit:
            lane, used = used, used + 1
        else:
            continue
        lanes[index] = lane
        heapq.heappush(busy, (start_ns[index] + length_ns[index], lane))
    return lanes
