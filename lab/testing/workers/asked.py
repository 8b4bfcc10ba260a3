"""What a worker under examination is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.testing.workers.known_blocks import CAPACITY, DENSE, STEP, Known

_WITNESSED_NS = 250_000


@dataclass(frozen=True)
class Asked:
    """A command, and which of its layouts are looked at; see `lab.testing.workers.check_worker`."""

    command: list[str]
    layout: str
    options: dict[str, object]
    known_pause: str
    limit_s: float

    def spec(self, known: Known = DENSE, **changed: Any) -> dict[str, Any]:
        """Return the spec for a stream, without file and pipes."""
        layout = changed.pop("layout", self.layout)
        options = changed.pop("options", self.options)
        policy = changed.pop("policy", "default")
        return {
            "strategy": written(layout, options) + ("" if policy == "default" else f"+{policy}"),
            "layout": layout,
            "options": options,
            "policy": {"name": policy, "options": {}},
            "capacity": CAPACITY,
            "payload_bytes": known.payload_bytes,
            "store": {
                "name": "memory",
                "keys": known.keys,
                "dense": known.dense,
                "step": STEP,
                "commit": "inline",
                "miss_penalty_ns": 0,
                **changed.pop("store", {}),
            },
            "requests": {"objects": 0, "in_flight": 0, "burst": 1, "cycles": 0.0},
            "wait": known.wait,
            "slow_ns": _WITNESSED_NS,
            "cpu": None,
            **changed,
        }


def written(layout: str, options: dict[str, object]) -> str:
    """Write a strategy as on the command line; a number is a duration in ns, or a count."""
    text = ",".join(f"{name}={value}" for name, value in options.items())
    return f"{layout}:{text}" if text else layout
