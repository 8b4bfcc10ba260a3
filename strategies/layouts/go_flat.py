"""A cache in Go's own memory without pointers: what Go programmers do instead of leaving."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import Count, DurationNs, Pending, layout
from strategies.parts.go_options import check_go_options


@layout(
    "go-flat",
    use="a large cache has to stay in Go",
    avoid="states hold pointers, or the size is not known beforehand",
    sees="a handful of slices without pointers, which it does not look into",
    updates=("replace",),
    rehash="none",
    bytes_per_entry=60,
    program="go",
)
@dataclass(frozen=True, kw_only=True)
class GoFlat:
    """In Go: slices of fixed-size states with an index of numbers, nothing to mark in them.

    Options as in ``go``. An update writes the whole state over the old one in its slot, payload
    included.

    Source: bigcache and freecache, which keep their entries in memory without pointers.
    Left out: their shards and locks, growth, and payloads of different lengths.
    """

    pending: Pending = "record"
    gogc: str = "100"
    memlimit: str = ""
    forced: DurationNs = 0
    procs: Count = 1

    def __post_init__(self) -> None:
        check_go_options(self.gogc, self.memlimit)
