"""A cache in Rust that is allocated once."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import Pending, layout


@layout(
    "rust-flat",
    use="the lower bound: what this load costs when nothing is allocated at all",
    avoid="the size is not known beforehand",
    sees="there is no collector, and nothing is allocated or freed while it serves",
    updates=("replace",),
    rehash="none",
    bytes_per_entry=60,
    program="rust",
)
@dataclass(frozen=True, kw_only=True)
class RustFlat:
    """In Rust: arrays of fixed-size states with an index of numbers, allocated once.

    An update writes the whole state over the old one in its slot, payload included.

    Source: `flat`, whose arrays and index these are.
    Left out: growth, and payloads of different lengths.
    """

    pending: Pending = "record"
