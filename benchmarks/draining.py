"""How fast measured durations become percentiles and rows of a log, on one core.

What the drain does beside a trial: response and service time of every request go into two
`IntervalLog` with files, block by block. A drain that falls behind its worker would hold up the
trial, so the target leaves room for many times the 20,000 requests/s of the stream.

    python -m benchmarks.draining [--json]

Exit code 1: the median is under the target.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.histogram import IntervalLog

TARGET_VALUES_PER_S = 3_000_000
RATE_PER_S = 20_000
DURATION_S = 30
BLOCK = 2_000
REPEATS = 7
T0_NS = 1_000_000_000_000


class Stream(NamedTuple):
    """Columns of one value per request, in nanoseconds."""

    due_ns: NDArray[np.int64]
    response_ns: NDArray[np.int64]
    service_ns: NDArray[np.int64]


class Figures(NamedTuple):
    """What was measured; the median over the repeats is the result."""

    values_per_s: float
    target_values_per_s: int
    repeats_values_per_s: list[float]
    values: int
    log_bytes: int


def build_stream(seed: int = 1) -> Stream:
    """Build Poisson arrivals at a cache with pauses, so that the histograms are wide.

    Service takes about 1 us, a miss (7%) about 5 us; every four seconds a request meets a pause
    of 300 ms and those behind it queue.
    """
    rng = np.random.default_rng(seed)
    size = RATE_PER_S * DURATION_S
    due = T0_NS + np.cumsum(rng.exponential(1e9 / RATE_PER_S, size)).astype(np.int64)
    service = rng.lognormal(np.log(1_000), 0.3, size)
    service[rng.random(size) < 0.07] += 4_000
    service[4 * RATE_PER_S :: 4 * RATE_PER_S] += 300e6
    service_ns = service.astype(np.int64)
    # One server, first come first served: a request starts when it is due or when the last one
    # has finished (Lindley's recursion, unrolled into running sums).
    worked_ns = np.cumsum(service_ns)
    finished_ns = np.maximum.accumulate(due - (worked_ns - service_ns)) + worked_ns
    return Stream(due, finished_ns - due, service_ns)


def drain(stream: Stream, folder: Path) -> int:
    """Drain the stream into two logs; return how long that took in ns."""
    began = time.perf_counter_ns()
    response = IntervalLog(folder / "response.hlog", 0.0, T0_NS)
    service = IntervalLog(folder / "service.hlog", 0.0, T0_NS)
    for start in range(0, stream.due_ns.size, BLOCK):
        block = slice(start, start + BLOCK)
        response.record(stream.due_ns[block], stream.response_ns[block])
        service.record(stream.due_ns[block], stream.service_ns[block])
    response.close()
    service.close()
    return time.perf_counter_ns() - began


def measure() -> Figures:
    """Drain the same stream several times, each into new files."""
    stream = build_stream()
    values = 2 * stream.due_ns.size
    speeds: list[float] = []
    log_bytes = 0
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory(prefix="draining-") as name:
            speeds.append(values / (drain(stream, Path(name)) / 1e9))
            log_bytes = sum(file.stat().st_size for file in Path(name).iterdir())
    return Figures(statistics.median(speeds), TARGET_VALUES_PER_S, speeds, values, log_bytes)


def main() -> int:
    """Measure, print, and tell by the exit code whether the target is met."""
    parser = argparse.ArgumentParser(description="Speed of draining into histogram logs.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = parser.parse_args().json
    figures = measure()
    if as_json:
        print(json.dumps(figures._asdict()))
    else:
        slowest, fastest = min(figures.repeats_values_per_s), max(figures.repeats_values_per_s)
        print(
            f"{figures.values_per_s:,.0f} values/s ({slowest:,.0f} to {fastest:,.0f} "
            f"in {REPEATS} repeats), target {TARGET_VALUES_PER_S:,}"
        )
    return 0 if figures.values_per_s >= TARGET_VALUES_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
