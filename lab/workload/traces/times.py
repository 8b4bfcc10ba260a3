"""Times relative to the first access, checked not to go backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.interface import MalformedError


class RelativeTimes:
    """Turns the absolute times of one reading, chunk by chunk, into relative ones."""

    def __init__(self) -> None:
        self._first_ns: int | None = None
        self._last_ns = 0

    def convert(self, absolute_ns: Sequence[int], where: Callable[[int], str]) -> NDArray[np.int64]:
        """Return the nanoseconds since the first access of the trace.

        Parameters
        ----------
        absolute_ns
            The times of the next n accesses, of any size; n is at least 1.
        where
            Names the place of the access with this index in the chunk, such as ``line 7``.

        Returns
        -------
        Shape (n,), never decreasing, from chunk to chunk neither.

        Raises
        ------
        MalformedError
            A time before the one above it, or 292 years after the first.
        """
        if self._first_ns is None:
            self._first_ns = absolute_ns[0]
        first_ns = self._first_ns
        last_ns = self._last_ns
        relative_ns = [time_ns - first_ns for time_ns in absolute_ns]
        for index, time_ns in enumerate(relative_ns):
            if time_ns < last_ns:
                raise MalformedError(
                    f"{where(index)}: the time goes backwards, by {last_ns - time_ns:,} ns: "
                    "sort the trace by time, or leave its times out"
                )
            last_ns = time_ns
        self._last_ns = last_ns
        try:
            return np.array(relative_ns, dtype=np.int64)
        except OverflowError:
            place = next(i for i, time_ns in enumerate(relative_ns) if time_ns >= 2**63)
            raise MalformedError(
                f"{where(place)}: the time is more than 292 years after the first: check the unit"
            ) from None
