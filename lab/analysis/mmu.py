"""Minimum mutator utilisation: in the worst window of a given length, how much time is left.

Cheng and Blelloch, "A parallel, real-time garbage collector", PLDI 2001; Jones, Hosking and Moss,
"The Garbage Collection Handbook", 2nd edition, section 1.4. Not covered: the bounded variant (BMU)
of Sachindran, Moss and Berger, which is the least MMU of that window and all longer ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]

SHORTEST_NS = 100_000


def mmu(
    starts_ns: ArrayLike, durations_ns: ArrayLike, total_ns: int, windows_ns: ArrayLike
) -> Floats:
    """Return the minimum mutator utilisation for windows of given lengths.

    Exact, in integers: some worst window begins with a pause. One that begins between pauses may
    move to the next pause and loses nothing; one that begins within a pause may move to its start,
    and gains there at least what it loses at its end. A window that then reaches beyond the end
    holds no more than the last one that does not. Takes O(n log n) per window.

    Parameters
    ----------
    starts_ns, durations_ns : array of int, shape (n,)
        Pauses in any order, from the start of what is looked at. Overlapping and touching ones
        are merged (several workers, or one probe beside another); what lies outside 0 to
        ``total_ns`` is cut off.
    total_ns : int
        The length of what is looked at, above zero.
    windows_ns : array of int, shape (m,)
        The lengths of windows, above zero.

    Returns
    -------
    array of float, shape (m,)
        Shares from 0 to 1; NaN for a window longer than ``total_ns``.

    Raises
    ------
    ValueError
        A length that must be above zero is not, or a duration is negative.
    """
    windows = np.asarray(windows_ns, dtype=np.int64)
    if total_ns <= 0 or np.any(windows <= 0):
        raise ValueError("a window and the total must be longer than 0 ns")
    starts, ends = merged(starts_ns, durations_ns, total_ns)
    before = np.concatenate([[0], np.cumsum(ends - starts)])
    shares = np.full(windows.shape, np.nan)
    for number in np.flatnonzero(windows <= total_ns):
        window = int(windows[number])
        paused = _until(starts + window, starts, ends, before) - before[:-1]
        shares[number] = 1 - int(paused.max(initial=0)) / window
    return shares


def merged(starts_ns: ArrayLike, durations_ns: ArrayLike, total_ns: int) -> tuple[Int64s, Int64s]:
    """Return the starts and ends of disjoint pauses within 0 to ``total_ns``, in order.

    Raises
    ------
    ValueError
        A duration is negative.
    """
    starts = np.asarray(starts_ns, dtype=np.int64)
    durations = np.asarray(durations_ns, dtype=np.int64)
    if np.any(durations < 0):
        raise ValueError("a pause cannot be shorter than 0 ns")
    order = np.argsort(starts, kind="stable")
    ends = np.clip((starts + durations)[order], 0, total_ns)
    starts = np.clip(starts[order], 0, total_ns)
    starts, ends = starts[ends > starts], ends[ends > starts]
    latest = np.maximum.accumulate(ends)
    first = np.ones(len(starts), np.bool_)
    first[1:] = starts[1:] > latest[:-1]
    last = np.append(first[1:], True)[: len(starts)]
    return starts[first], latest[last]


def _until(moments: Int64s, starts: Int64s, ends: Int64s, before: Int64s) -> Int64s:
    """Return the pause time from 0 to each moment, none of them before the first pause."""
    begun = np.searchsorted(starts, moments, side="right")
    # whole pauses so far, less what the latest one has still to go
    paused: Int64s = before[begun] - np.maximum(ends[begun - 1] - moments, 0)
    return paused


def window_lengths(total_ns: int, count: int = 60) -> Int64s:
    """Return window lengths for a curve: evenly spaced logarithms from 0.1 ms to all of it."""
    lengths = np.geomspace(min(SHORTEST_NS, total_ns), total_ns, count)
    return np.minimum(np.round(lengths).astype(np.int64), total_ns)
