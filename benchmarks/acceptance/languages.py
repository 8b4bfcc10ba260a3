"""Other languages and interpreters: equal answers, one clock, what the loops cost, how long."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator

from benchmarks.acceptance.commands import ROOT, Claim, Json, gclab, run

EXACT = ("slots", "flat", "go", "go:update=in-place", "go-flat", "rust", "rust-flat")
ANYWHERE = ("slots", "dict", "flat-array")
"""Layouts that need the standard library alone."""
PAUSE_NS = 50_000_000
MINUTES = 5


def same_answers() -> Iterator[Claim]:
    """Every exact LRU in every language and interpreter, against the reference model too."""
    size = ("--entries", "50k", "--rate", "20k", "--duration", "3s")
    trials = run(*(word for name in EXACT for word in ("-s", name)), *size)
    trials += run(*(w for name in ANYWHERE for w in ("-s", name)), "--python", "all", *size)
    found = {(t["hits"], t["misses"], t["evictions"], t["checksum"]) for t in trials}
    runtimes = sorted({_runtime(trial) for trial in trials})
    yield (
        "the same hits, misses, evictions and checksum everywhere, and the model's",
        f"{len(found)} distinct in {len(trials)} trials of {', '.join(runtimes)}; "
        f"all verified: {all(trial['verified'] for trial in trials)}",
        len(found) == 1 and all(trial["verified"] for trial in trials),
    )
    faults = [t["label"] for t in trials if any(w["code"] == "clock_fault" for w in t["warnings"])]
    yield (
        "sent <= started <= finished <= received and due <= started in every block",
        f"broken in {faults or 'none'} of {len(trials)} trials",
        not faults,
    )


def _runtime(trial: Json) -> str:
    runtime = trial["runtime"]
    return f"{runtime['name']} {runtime['version']}"


def pauses() -> Iterator[Claim]:
    """A known pause of 50 ms, made and stamped in each language and interpreter."""
    load = ("--rate", "10k", "--duration", "5s", "--entries", "1k")
    options = ":pause=50ms,every=1s"
    names = ("known-pause", "go-known-pause", "rust-known-pause")
    trials = run(*(word for name in names for word in ("-s", name + options)), *load)
    trials += run("-s", names[0] + options, "--python", "all", *load)
    for trial in trials:
        longest = trial["service_ns"]["max"]
        yield (
            f"{trial['label']} ({_runtime(trial)}): a pause of 50 ms measures that within 2%",
            f"{longest / 1e6:.2f} ms",
            abs(longest / PAUSE_NS - 1) <= 0.02,
        )


def go_vs_rust() -> Iterator[Claim]:
    """The experiment at a million entries, from command to charts."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        command = gclab("run", "go-vs-rust", "--json", "--quiet", "--out", f"{folder}/run")
        done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
        minutes = (time.monotonic() - begin) / 60
    trials = json.loads(done.stdout)["trials"]
    entries = {trial["entries"] for trial in trials}
    yield (
        f"go-vs-rust at 1,000,000 entries in at most {MINUTES} minutes",
        f"{minutes:.1f} minutes, {len(trials)} trials of {entries} entries, "
        f"exit {done.returncode}, not valid: {[t['label'] for t in trials if not t['valid']]}",
        minutes <= MINUTES and entries == {1_000_000} and done.returncode == 0,
    )


def workers() -> Iterator[Claim]:
    """What an operation costs in each worker: nothing is served, closed loop, prefilled blocks."""
    done = subprocess.run(gclab("bench", "harness", "--json"), capture_output=True, check=True)
    for worker in json.loads(done.stdout)["workers"][1:]:
        yield (
            f"{worker['strategy']} ({worker['runtime']}): at most a third of the Python worker's",
            f"{worker['ratio']:.2f} ({worker['ns']:.0f} ns)",
            worker["ratio"] <= 1 / 3,
        )


CHECKS = (same_answers, pauses, workers, go_vs_rust)
