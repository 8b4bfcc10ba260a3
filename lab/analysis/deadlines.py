"""How many requests missed a deadline: the figure to set against a service level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.histogram import Histogram

DEADLINES_NS = (1_000_000, 10_000_000, 100_000_000)


@dataclass(frozen=True)
class Missed:
    """The requests that took longer than a deadline.

    Attributes
    ----------
    deadline_ns : int
        The deadline.
    count : int
        How many requests took longer, those over the histogram's range among them.
    share : float or None
        Of all requests, 0 to 1; None where there is none.
    """

    deadline_ns: int
    count: int
    share: float | None


def missed(histogram: Histogram, deadlines_ns: Sequence[int] = DEADLINES_NS) -> tuple[Missed, ...]:
    """Count the requests that missed each deadline.

    Parameters
    ----------
    histogram : Histogram
        Response times; service times say nothing of what users waited for.
    deadlines_ns : sequence of int, shape (n,)
        Deadlines, above zero.

    Returns
    -------
    tuple of Missed, shape (n,)
        In the order of the deadlines. Exact to within a bucket: what exceeds a deadline by less
        than a thousandth, or falls short of it by less, may be on either side; no request that
        exceeds it is left out.
    """
    requests = histogram.total + histogram.over_range
    counts = [above(histogram, deadline) + histogram.over_range for deadline in deadlines_ns]
    return tuple(
        Missed(deadline, count, count / requests if requests else None)
        for deadline, count in zip(deadlines_ns, counts, strict=True)
    )


def above(histogram: Histogram, limit_ns: float) -> int:
    """Count the values in range above a limit, and what shares a bucket with it.

    Exact where all values are at or below the limit, and up to 2,047 ns, where each value has a
    bucket of its own.
    """
    if histogram.max <= limit_ns:
        return 0
    highest, counts = histogram.buckets()
    return int(counts[highest > limit_ns].sum())
