"""The instrument that does nothing, in Go: its trial is that worker's own cost."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import Count, layout


@layout("go-null", sees="nothing", eviction="none", rehash="none", bytes_per_entry=1, program="go")
@dataclass(frozen=True, kw_only=True)
class GoNull:
    """In Go: every operation is a hit and nothing is kept.

    Source: `null`.
    Left out: whatever a cache does.
    """

    procs: Count = 1
