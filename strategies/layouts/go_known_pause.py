"""The instrument with known stalls, in Go: what it does must reappear in the histograms."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import DurationNs, layout


@layout(
    "go-known-pause",
    sees="nothing",
    eviction="none",
    rehash="none",
    bytes_per_entry=1,
    program="go",
)
@dataclass(frozen=True, kw_only=True)
class GoKnownPause:
    """In Go: does nothing but sleep for a stated time at stated moments, as ``known-pause``.

    Source: `known-pause`.
    Left out: every kind of stall but ``sleep``.
    """

    pause: DurationNs = 50_000_000
    every: DurationNs = 1_000_000_000
