"""When CPython's dict re-hashes, derived from insertions.

A dict of a steady length that takes one key in for each that goes out does re-hash: every
insertion uses one place of its entries table up, a deletion gives none back, and when the table is
used up the dict is rebuilt, mostly at the same size. `sys.getsizeof` does not show it. An
OrderedDict rebuilds its node table at the same moment.

Source: Objects/dictobject.c (USABLE_FRACTION, GROWTH_RATE, insertion_resize), CPython 3.11 to 3.15.
Other interpreters have other rules, and none is counted there.
"""

from __future__ import annotations

import sys

_SMALLEST = 8
_FIRST = _SMALLEST * 2 // 3 if sys.implementation.name == "cpython" else 2**62


class RehashCount:
    """Counts the re-hashes of one dict whose keys are all inserted through `insertion`.

    Where a call for each is too much, the caller does itself what `insertion` does.
    """

    __slots__ = ("epoch", "usable")

    def __init__(self) -> None:
        self.epoch = 0
        self.usable = _FIRST
        """Places left in the entries table."""

    def insertion(self, used: int) -> None:
        """Count one new key put into a dict that holds ``used`` keys before it."""
        if not self.usable:
            self.rebuild(used)
        self.usable -= 1

    def rebuild(self, used: int) -> None:
        """Count the re-hash that makes room for one more than ``used`` keys."""
        size = _SMALLEST
        while size < used * 3:
            size *= 2
        self.usable = size * 2 // 3 - used
        self.epoch += 1
