"""The instrument that does nothing, in Rust: its trial is that worker's own cost."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import layout


@layout(
    "rust-null", sees="nothing", eviction="none", rehash="none", bytes_per_entry=1, program="rust"
)
@dataclass(frozen=True, kw_only=True)
class RustNull:
    """In Rust: every operation is a hit and nothing is kept.

    Source: `null`.
    Left out: whatever a cache does.
    """
