"""The lab itself: its loop, its memory, what it must show and what it must not disturb."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.acceptance.commands import ROOT, Claim, gclab, run

TRACE = ROOT.parent / "shared" / "data" / "orm-busy.trace.xz"


def harness() -> Iterator[Claim]:
    """The driver against a bare loop that reads the clock twice."""
    done = subprocess.run(gclab("bench", "harness", "--json"), capture_output=True, check=True)
    cost = json.loads(done.stdout)
    yield (
        "driver at most 2.0 times a bare loop",
        f"{cost['ratio']:.2f} ({cost['driver_ns']:.0f} against {cost['bare_ns']:.0f} ns)",
        cost["ratio"] <= 2.0,
    )


def observer() -> Iterator[Claim]:
    """The harness makes no collection happen."""
    for strategy, rate in (("null", "1M"), ("flat", "2M")):
        trial = run(
            *("-s", strategy, "--closed-loop", "--rate", rate, "--duration", "1s"),
            *("--entries", "200k", "--popularity", "uniform"),
        )[0]
        moved = trial["observer"]["gen0_after"] - trial["observer"]["gen0_before"]
        yield (
            f"{rate} operations on {strategy}: no collection, gen0 count moves by at most 20",
            f"{trial['gc']['pauses']} collections, moved by {moved}; {trial['operations']:,} "
            f"operations, {trial['misses']:,} misses, {trial['evictions']:,} evictions, "
            f"{trial['commits']:,} commit operations",
            trial["gc"]["pauses"] == 0 and abs(moved) <= 20,
        )


def memory() -> Iterator[Claim]:
    """Peaks do not grow with the duration.

    ``slots`` re-hashes its OrderedDict once between the 10th and the 60th second: a step of the
    strategy's own heap, which then stays, and which this check does not excuse.
    """
    for strategy in ("null", "flat", "slots"):
        peaks = {}
        for duration in ("10s", "60s"):
            with tempfile.TemporaryDirectory() as folder:
                command = gclab(
                    *("run", "-s", strategy, "--rate", "50k", "--entries", "100k"),
                    *("--duration", duration, "--json", "--quiet", "--out", f"{folder}/run"),
                )
                with open(f"{folder}/out.json", "w", encoding="utf-8") as out:
                    child = subprocess.Popen(command, stdout=out)
                    _, _, used = os.wait4(child.pid, 0)
                trial = json.loads(Path(f"{folder}/out.json").read_text())["trials"][0]
            peaks[duration] = (used.ru_maxrss * 1024, trial["memory"]["peak_rss_bytes"])
        for who, place in (("parent", 0), ("worker", 1)):
            short, long = peaks["10s"][place], peaks["60s"][place]
            yield (
                f"{strategy} at 50k/s: the {who}'s peak after 60 s within 5% of that after 10 s",
                f"{short / 1e6:.1f} and {long / 1e6:.1f} MB, {100 * (long / short - 1):+.1f}%",
                long <= 1.05 * short,
            )


def draining() -> Iterator[Claim]:
    """Response and service times into encoded interval rows."""
    command = [sys.executable, "-m", "benchmarks.draining", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    figures = json.loads(done.stdout)
    yield (
        "draining at 3,000,000 values/s or more on one core",
        f"{figures['values_per_s']:,.0f}",
        done.returncode == 0,
    )


def known_pause() -> Iterator[Claim]:
    """50 ms every second must reappear exactly."""
    arguments = ("-s", "known-pause:pause=50ms,every=1s", "--rate", "10k", "--duration", "20s")
    trial = run(*arguments)[0]
    for name, want in (("p99", 40e6), ("p99.9", 49e6)):
        seen = trial["response_ns"][name]
        yield (
            f"response {name} is {want / 1e6:.0f} ms within 5%",
            f"{seen / 1e6:.2f} ms",
            abs(seen / want - 1) <= 0.05,
        )
    longest = trial["service_ns"]["max"]
    yield (
        "service max is 50 ms within 5%",
        f"{longest / 1e6:.2f} ms",
        abs(longest / 50e6 - 1) <= 0.05,
    )
    closed = run(*arguments[:2], "--rate", "2M", "--duration", "5s", "--closed-loop")[0]
    ratio = trial["response_ns"]["p99"] / closed["service_ns"]["p99"]
    yield (
        "the closed loop hides it: ratio of the two p99 at least 1,000",
        f"{ratio:,.0f} (closed p99 {closed['service_ns']['p99']} ns over "
        f"{closed['measured_s']:.1f} s, max {closed['service_ns']['max'] / 1e6:.1f} ms)",
        ratio >= 1_000,
    )


def effect() -> Iterator[Claim]:
    """The case study's effect at 500,000 entries."""
    slots, flat = run(
        *("-s", "slots", "-s", "flat", "--entries", "500k", "--rate", "20k", "--duration", "20s")
    )
    full = slots["gc"]["by_generation"]["2"]
    yield "slots: at least 3 automatic full collections in 20 s", f"{full}", full >= 3
    tails = [trial["response_ns"]["p99.9"] for trial in (slots, flat)]
    yield (
        "response p99.9 at least 50 times that of flat",
        f"{tails[0] / tails[1]:,.0f} ({tails[0] / 1e6:.0f} against {tails[1] / 1e6:.3f} ms)",
        tails[0] >= 50 * tails[1],
    )
    medians = [trial["response_ns"]["p50"] for trial in (slots, flat)]
    yield (
        "medians within a factor of 3",
        f"{medians[0] / 1e3:.2f} and {medians[1] / 1e3:.2f} us",
        max(medians) <= 3 * min(medians),
    )


def answers() -> Iterator[Claim]:
    """Every exact LRU and the reference model agree."""
    strategies = ("-s", "dict", "-s", "slots", "-s", "flat")
    cases = {"synthetic": ("--entries", "100k", "--duration", "5s")}
    if TRACE.exists():
        trace = ("--trace", str(TRACE), "--trace-format", "cache2k-u32", "--entries", "20k")
        cases["ORM trace"] = (*trace, "--closed-loop")
    for name, arguments in cases.items():
        trials = run(*strategies, *arguments)
        facts = {(t["hits"], t["misses"], t["evictions"], t["checksum"]) for t in trials}
        yield (
            f"dict, slots and flat give equal answers, the model's: {name}",
            f"{len(facts)} distinct, all verified: {all(t['verified'] for t in trials)}; "
            f"hits, misses, evictions, checksum {next(iter(facts))}",
            len(facts) == 1 and all(t["verified"] for t in trials),
        )


def default() -> Iterator[Claim]:
    """The default experiment, from command to charts."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        command = gclab("run", "--quiet", "--out", f"{folder}/run")
        subprocess.run(command, check=True, cwd=ROOT)
        took = time.monotonic() - begin
        charts = sorted(path.name for path in Path(folder).glob("run/charts/*"))
    yield "the default experiment in at most 100 s", f"{took:.0f} s, {charts}", took <= 100


CHECKS = (harness, observer, memory, draining, known_pause, effect, answers, default)
