"""How long an interruption of a process takes, by how much memory the process touches.

The kernel and the hypervisor, which interrupt a running process some hundred times a second, find
nothing of their own in the core's caches where the process has filled them, and the process finds
nothing of its own when it goes on. Idle meters and `null`, which live in the innermost cache, see
the short interruptions; a layout of tens of megabytes sees the long ones. No layout can do
anything about it: its p99.99 is not below the length of one interruption as soon as one operation
in 10,000 meets one.

    python -m benchmarks.interrupts [--json]

One process on the last core that touches random memory and looks at the clock, nothing else; the
sizes by turns.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time

import numpy as np

SIZES_BYTES = (64 << 10, 1 << 20, 4 << 20, 44 << 20)
"""From what stays in the innermost cache to what a million flat entries take."""
TOUCHES = 16
JUMP = 8 * 101
"""From one step to the next, in words: to another cache line, and not to the one after."""
SECONDS, ROUNDS = 1.0, 3
LONG_NS = 10_000
"""A step takes less than this; what takes longer was interrupted."""


def main() -> None:
    """Measure every size in every round and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found: dict[int, list[int]] = {size: [] for size in SIZES_BYTES}
    gc.disable()
    for _ in range(ROUNDS):
        for size in SIZES_BYTES:
            found[size] += interruptions(size)
    rows = [row(size, lengths) for size, lengths in found.items()]
    if asked.json:
        print(json.dumps({"interruptions": rows}, indent=1))
        return
    for one in rows:
        print(
            f"{one['touched_bytes'] / 2**20:7.3f} MB touched: {one['per_s']:4.0f} interruptions/s "
            f"above {LONG_NS // 1000} us, median {one['p50_ns'] / 1e3:.1f} us, "
            f"p90 {one['p90_ns'] / 1e3:.1f} us"
        )


def interruptions(size_bytes: int) -> list[int]:
    """Return the lengths of what interrupted a process that touches so much memory, in ns."""
    memory = np.ones(size_bytes // 8, dtype=np.int64)
    apart = len(memory) // TOUCHES
    clock, lengths, place = time.monotonic_ns, [], 0
    before = clock()
    end = before + int(SECONDS * 1e9)
    while before < end:
        memory[place::apart] += 1
        place = (place + JUMP) % apart
        now = clock()
        if now - before > LONG_NS:
            lengths.append(now - before)
            now = clock()
        before = now
    return lengths


def row(size_bytes: int, lengths: list[int]) -> dict[str, float]:
    """Return the figures of one size."""
    return {
        "touched_bytes": size_bytes,
        "per_s": len(lengths) / (SECONDS * ROUNDS),
        "p50_ns": float(np.percentile(lengths, 50)) if lengths else 0.0,
        "p90_ns": float(np.percentile(lengths, 90)) if lengths else 0.0,
    }


if __name__ == "__main__":
    main()
