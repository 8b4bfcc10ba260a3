"""A cache as a Go service would write it: a map and container/list, a pointer to each state."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import Count, DurationNs, Pending, Update, layout
from strategies.parts.go_options import check_go_options


@layout(
    "go",
    use="the question is what today's Go would do with this load",
    avoid="there is no processor to spare for its collector: requests pay for the marking then",
    sees="every state, list element and map bucket: it marks them while requests are served",
    updates=("replace", "in-place"),
    rehash="unseen",
    bytes_per_entry=400,
    program="go",
)
@dataclass(frozen=True, kw_only=True)
class Go:
    """In Go: a map and container/list of pointers to structs, a new struct per update.

    As the case study's service was written, on today's Go. Its collector stops the process for
    microseconds; what it costs is processor time while it marks, and requests that allocate
    meanwhile and have to help (mark assist). A run with one processor (``procs=1``, the default:
    the worker's core) and one with two are different stories. Its map grows step by step, which
    cannot be seen from outside.

    ``gogc`` is the percentage by which the heap grows until the next collection (GOGC), or ``off``;
    ``memlimit`` a limit at which it collects all the same, such as ``512MiB`` (GOMEMLIMIT).
    ``forced`` asks for a collection every so often, as Go does by itself after two minutes without
    one: that interval compressed, so that a short trial shows what the case study saw. ``procs`` is
    GOMAXPROCS.

    Source: Discord's "Why Discord is switching from Go to Rust" (2020, on Go 1.9.2).
    Left out: users as a level of their own (that is `nested`), and expiry.
    """

    update: Update = "replace"
    pending: Pending = "record"
    gogc: str = "100"
    memlimit: str = ""
    forced: DurationNs = 0
    procs: Count = 1

    def __post_init__(self) -> None:
        check_go_options(self.gogc, self.memlimit)
