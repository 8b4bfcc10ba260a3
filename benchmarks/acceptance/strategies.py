"""The strategies: what the flat ones promise, what the collector sees of the others."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.acceptance.commands import Claim, gclab, run

MISS = 1
ROUNDS = 3
STALL_NS = 10_000


def flat_tail() -> Iterator[Claim]:
    """Two million operations with 20% misses on a million entries, beside `null` and `dict`."""
    names = ("null", "flat", "flat-numba", "dict")
    with tempfile.TemporaryDirectory() as folder:
        trials = run(
            *(word for name in names for word in ("-s", name)),
            *("--entries", "1M", "--popularity", "uniform", "--key-space", "1.25"),
            *("--closed-loop", "--rate", "2M", "--duration", "1s", "--repeats", str(ROUNDS)),
            *("--no-verify", "--keep-requests"),
            out=Path(folder) / "run",
        )
        tails = {
            name: np.concatenate([without_loads(path) for path in requests_of(folder, name)])
            for name in names
        }
    limit = float(np.percentile(tails["null"], 99.99)) + 50_000
    for name in ("flat", "flat-numba"):
        tail = float(np.percentile(tails[name], 99.99))
        yield (
            f"{name}: service p99.99 without loads at most that of null + 50 us",
            f"{tail / 1e3:.1f} us, limit {limit / 1e3:.1f}, pooled over {ROUNDS} trials",
            tail <= limit,
        )
        stalls, base = stalls_per_s(tails[name]), stalls_per_s(tails["null"])
        yield (
            f"{name}: stalls above {STALL_NS // 1000} us at most 1.3 times as often as in null, "
            "per second of service: what interrupts both (python -m benchmarks.interrupts)",
            f"{stalls:.0f} against {base:.0f} per second",
            stalls <= 1.3 * base,
        )
        own = [trial for trial in trials if trial["strategy"] == name]
        yield (
            f"{name}: no collection, 20% misses",
            f"{max(t['gc']['pauses'] for t in own)} collections, "
            f"{own[0]['misses']:,} misses of {own[0]['operations']:,}",
            not any(trial["gc"]["pauses"] for trial in own),
        )
        yield (
            f"{name}: no re-hash",
            f"index epoch {max(trial['index_epoch'] for trial in own)}",
            not any(trial["index_epoch"] for trial in own),
        )
        size = max(trial["memory"]["bytes_per_entry"] for trial in own)
        yield f"{name}: at most 48 bytes per entry", f"{size:.1f}", size <= 48
    medians = {n: float(np.median(tails[n])) for n in ("flat-numba", "dict")}
    yield (
        "flat-numba: service p50 at most 1.5 times that of dict",
        f"{medians['flat-numba']:.0f} against {medians['dict']:.0f} ns",
        medians["flat-numba"] <= 1.5 * medians["dict"],
    )


def requests_of(folder: str, strategy: str) -> list[Path]:
    """Return the kept requests of all trials of a strategy."""
    return sorted(Path(folder).glob(f"run/trials/*-{strategy}/requests.npy"))


def without_loads(path: Path) -> np.ndarray:
    """Return the service times, in nanoseconds, of the requests that met no miss."""
    requests = np.load(path)
    return np.asarray(requests["service_ns"][requests["outcome"] & MISS == 0])


def stalls_per_s(service_ns: np.ndarray) -> float:
    """Return how often a second of service is interrupted, whatever an operation takes."""
    return float(np.count_nonzero(service_ns > STALL_NS) / (service_ns.sum() / 1e9))


def full_collection() -> Iterator[Claim]:
    """`gclab inspect`: what one full collection costs, fresh process each."""
    names = ("slots", "msgspec-nogc-lru-dict")
    command = gclab("inspect", *names, "--entries", "1M", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took = {row["strategy"]: row["aged_full_ns"] for row in json.loads(done.stdout)["strategies"]}
    yield (
        "msgspec-nogc-lru-dict: full collection at most 1/20 of that of slots, aged",
        f"{took[names[1]] / 1e6:.2f} against {took[names[0]] / 1e6:.0f} ms",
        took[names[1]] * 20 <= took[names[0]],
    )


def every_layout() -> Iterator[Claim]:
    """All layouts through one load."""
    trials = run("-s", "all", "--entries", "200k", "--duration", "5s")
    bad = [trial["strategy"] for trial in trials if trial["status"] != "ok"]
    yield "-s all at 200k entries without a failure", f"{len(trials)} trials, bad: {bad}", not bad


CHECKS = (flat_tail, full_collection, every_layout)
