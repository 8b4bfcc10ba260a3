"""Leave the collector as the interpreter sets it up."""

from __future__ import annotations

from strategies.interface import Policy, policy


@policy("default", risk="full collections walk the whole live heap while every request waits")
class Default(Policy):
    """Leave the collector as it is."""
