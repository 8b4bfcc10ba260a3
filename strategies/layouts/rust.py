"""A cache as the case study's service has it today: the lru crate, no collector."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.interface import Pending, Update, layout


@layout(
    "rust",
    use="the question is what the case study's own way out would do with this load",
    avoid="a rewrite costs more than the spikes do: look at flat first",
    sees="there is no collector: an entry is freed when it is evicted or replaced",
    updates=("replace", "in-place"),
    bytes_per_entry=150,
    program="rust",
)
@dataclass(frozen=True, kw_only=True)
class Rust:
    """In Rust: the lru crate, a hash map and a linked list of boxed states.

    As in the case study. The map grows as entries come, so that a re-hash and the drop of what is
    evicted or committed may stall, and nothing else of its own does.

    Source: Discord's "Why Discord is switching from Go to Rust" (2020), and
    github.com/jeromefroe/lru-rs.
    Left out: the BTreeMap that the case study ended with, and its asynchronous tasks.
    """

    update: Update = "replace"
    pending: Pending = "record"
