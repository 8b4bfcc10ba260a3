"""What every number is worth: causes, noise, intervals, the speed of the analysis."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.acceptance.commands import ROOT, Claim, Json, gclab, run

ENOUGH = 0.95
REQUESTS = 10_000_000


def gc_blamed() -> Iterator[Claim]:
    """`slots` at 500,000 entries and 20,000/s: who is a victim of the collector."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        trial = run(
            *("-s", "slots", "--entries", "500k", "--rate", "20k", "--duration", "20s"),
            out=folder,
        )[0]
        victims = list(_victims(next((folder / "trials").iterdir())))
    share = trial["causes"]["above_p99"]["gc"]
    yield (
        "slots: at least 95% of the requests above p99 are laid to GC",
        f"{100 * share:.1f}% (p99 {trial['response_ns']['p99'] / 1e6:.0f} ms, "
        f"{trial['slow_requests']:,} slow requests)",
        share >= ENOUGH,
    )
    worst = min((blamed / count for count, blamed in victims), default=0.0)
    yield (
        "slots: at least 95% of each full collection's victims are laid to GC",
        f"worst {100 * worst:.1f}% over {len(victims)} pauses with "
        f"{[count for count, _ in victims]} victims",
        bool(victims) and worst >= ENOUGH,
    )


def _victims(trial: Path) -> Iterator[tuple[int, int]]:
    """Yield for each full collection the slow requests that overlap it, and how many are its own.

    A victim was due before the pause was over and finished after it had begun.
    """
    with (trial / "gc.csv").open(encoding="ascii") as file:
        pauses = [
            (int(row["start_ns"]), int(row["start_ns"]) + int(row["duration_ns"]))
            for row in csv.DictReader(file)
            if row["generation"] == "2"
        ]
    with (trial / "slow.csv").open(encoding="ascii") as file:
        slow = [
            (
                int(row["intended_start_ns"]),
                int(row["intended_start_ns"]) + int(row["response_ns"]),
                row["cause"],
            )
            for row in csv.DictReader(file)
        ]
    for start, end in pauses:
        mine = [cause for due, done, cause in slow if due < end and done > start]
        yield len(mine), mine.count("gc")


def rehash_blamed() -> Iterator[Claim]:
    """The collector off, uniform keys, 20% misses: the stall that is no collection."""
    trial = run(
        *("-s", "slots+disabled", "--entries", "500k", "--rate", "20k", "--duration", "60s"),
        *("--popularity", "uniform", "--key-space", "1.25", "--no-verify"),
    )[0]
    causes = trial["causes"]["above_p99.9"]
    first = max(causes, key=causes.__getitem__)
    yield (
        "slots+disabled: the OrderedDict's re-hash is named as the cause above p99.9",
        f"{first} {100 * causes[first]:.0f}% (p99.9 {trial['response_ns']['p99.9'] / 1e6:.1f} ms, "
        f"max {trial['response_ns']['max'] / 1e6:.0f} ms, {trial['gc']['pauses']} collections, "
        f"slow requests {_counted(trial)})",
        first == "rehash" and trial["gc"]["pauses"] == 0,
    )


def _counted(trial: Json) -> str:
    return ", ".join(f"{cause} {n:,}" for cause, n in trial["causes"]["slow"].items() if n)


def told_apart() -> Iterator[Claim]:
    """Seven kinds of stall, caused on purpose in one trial."""
    test = "tests/runner/test_causes_told_apart.py"
    command = [sys.executable, "-m", "pytest", "-q", test]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    table = [line for line in done.stdout.splitlines() if line.startswith(" ")]
    yield (
        "recall and precision of each kind at least 95%",
        "\n" + "\n".join(table),
        not (done.returncode),
    )


def analysis() -> Iterator[Claim]:
    """Ten million requests: diagnosed, drained, and their response times computed at a rate."""
    code = "from benchmarks.acceptance.trust import analyse; analyse()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    figures = json.loads(done.stdout)
    yield (
        "analysis of 10,000,000 requests in at most 20 s and 500 MB",
        f"{figures['seconds']:.1f} s, {figures['peak_bytes'] / 1e6:.0f} MB",
        figures["seconds"] <= 20 and figures["peak_bytes"] <= 500e6,
    )


def analyse() -> None:
    """Analyse made-up requests, those of one long pause among them; print seconds and peak RSS."""
    from lab.analysis.queueing import curve  # noqa: PLC0415 - only in the process that is measured
    from lab.causes.stalls import Instrument  # noqa: PLC0415
    from lab.runner.drain import Recorder, Stamped  # noqa: PLC0415

    block, t0, gap = 10_000, 10**12, 50_000
    rng = np.random.default_rng(1)
    service = rng.integers(1_000, 4_000, block)
    none = np.zeros(block, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(
            Path(folder),
            t0_ns=t0,
            start_epoch_s=0.0,
            closed_loop=False,
            seed=1,
            keep_requests=True,
            workers=1,
            slow_ns=1_000_000,
            instrument=Instrument(slow_ns=250_000, fault_ns=500, spinning=True),
        )
        spent, last = 0.0, t0
        for number in range(REQUESTS // block):
            due = t0 + (number * block + np.arange(block)) * gap
            took = service.copy()
            events = np.zeros((0, 6), np.int64)
            if number % 8 == 0:
                took[100] += 200_000_000
                begin = max(int(due[100]), last)
                events = np.array([[begin, begin + 200_000_000, 2, 0, 0, 0]])
            worked = np.cumsum(took)
            finished = np.maximum(np.maximum.accumulate(due - (worked - took)), last) + worked
            started = finished - took
            part = Stamped(
                *(due, started, finished, due, none + 1, none),
                *(int(due[0]) - 10**8, int(finished[-1]) + 1, 0),
                *(events, np.zeros((0, 12), np.int64)),
            )
            before = time.monotonic()
            recorder.take(part)
            spent += time.monotonic() - before
            last = int(finished[-1])
        before = time.monotonic()
        recorder.close()
        kept = np.load(Path(folder) / "requests.npy", mmap_mode="r")
        curve([10_000, 20_000], kept["service_ns"], 1)
        spent += time.monotonic() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"seconds": spent, "peak_bytes": peak}))


def doctor() -> Iterator[Claim]:
    """The machine that all this was measured on."""
    done = subprocess.run(
        gclab("doctor", "--json", "--seconds", "5"), capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    bad = [finding["name"] for finding in report["findings"] if finding["state"] == "bad"]
    yield "gclab doctor ends well", f"exit {done.returncode}, bad: {bad}", done.returncode == 0


CHECKS = (gc_blamed, rehash_blamed, told_apart, analysis, doctor)
