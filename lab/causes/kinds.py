"""The causes, and the finer kinds of time that are kept apart until the end."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Cause(IntEnum):
    """Why a request was slow; a request that waited for another one has that one's cause."""

    GC = 0
    REHASH = 1
    DROP = 2
    LOAD = 3
    COMMIT = 4
    DESCHEDULED = 5
    FAULT = 6
    UNEXPLAINED = 7


class Kind(IntEnum):
    """Kinds of time in an operation."""

    GC0 = 0
    GC1 = 1
    GC2 = 2
    REHASH = 3
    DROP = 4
    LOAD = 5
    COMMIT = 6
    DESCHEDULED = 7
    FAULT = 8
    BLOCKED = 9
    """Off the processor of its own accord: a sleep, a lock, a socket. Nobody else's doing."""
    LATE = 10
    """The lab handed the operation over too late."""
    UNEXPLAINED = 11


CAUSES = tuple(cause.name.lower() for cause in Cause)
KINDS = tuple(kind.name.lower() for kind in Kind)
_GC, _UNEXPLAINED = ("GC0", "GC1", "GC2"), ("BLOCKED", "LATE")
CAUSE_OF = np.array(
    [
        Cause.GC
        if kind.name in _GC
        else Cause.UNEXPLAINED
        if kind.name in _UNEXPLAINED
        else Cause[kind.name]
        for kind in Kind
    ]
)
"""Shape (12,): the cause of each kind of time."""
GROUPS = np.eye(len(Cause))[CAUSE_OF]
"""Shape (12, 8): sums kinds up into causes by a matrix product."""
