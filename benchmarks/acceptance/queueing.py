"""Response times computed for other rates, against trials of the same operations at those rates."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.acceptance.commands import Claim, run
from lab.analysis.comparison import METRICS
from lab.analysis.queueing import beside_of, response_at
from lab.analysis.tails import total
from lab.histogram import Histogram
from lab.store import StoredTrial, load_run

STRATEGIES = ("slots", "known-pause:pause=50ms,requests=10000")
ENTRIES = 500_000
"""So many that two full collections hold up more than 3% of the requests at the lowest rate: with
fewer the p99 would lie on the edge between a pause and none, and say nothing of the calculation."""
RATES = (10_000, 20_000, 40_000)
BASE_RATE = 20_000
OPERATIONS, WARM_UP = 200_000, 20_000
"""At every rate: duration and warm-up are so many requests long, so that with one seed the measured
operations are the same ones, and a pause that comes by count falls into the same request."""
ROUNDS = 3
WITHIN = 0.25


def queueing() -> Iterator[Claim]:
    """One trial's service times at three rates, against trials of the same operations there."""
    with tempfile.TemporaryDirectory() as folder:
        played: dict[tuple[str, int], list[StoredTrial]] = {}
        for number in range(ROUNDS):
            # another rate comes first in every round: what the machine does falls on all of them
            for rate in (*RATES[number % len(RATES) :], *RATES[: number % len(RATES)]):
                for trial in trials_at(rate, number + 1, Path(folder)):
                    played.setdefault((trial.label, rate), []).append(trial)
        full = [one.result["gc"]["by_generation"]["2"] for r in RATES for one in played["slots", r]]
        yield (
            "slots: as many full collections at every rate, 2 or more",
            ", ".join(map(str, full)),
            min(full) == max(full) >= 2,
        )
        for strategy in STRATEGIES:
            for rate in RATES:
                yield claim(strategy, rate, played[strategy, BASE_RATE], played[strategy, rate])


def trials_at(rate: int, seed: int, folder: Path) -> tuple[StoredTrial, ...]:
    """Run a trial of each strategy; only those at the base rate keep their requests."""
    experiment, out = folder / f"{rate}-{seed}.toml", folder / f"{rate}-{seed}"
    experiment.write_text(
        f'question = "Is the computed curve the measured one?"\nseed = {seed}\n'
        f"[workload]\nentries = {ENTRIES}\n"
        f'[load]\narrivals = "poisson"\nrate = {rate}\n'
        f'duration = "{OPERATIONS / rate:g}s"\nwarm_up = "{WARM_UP / rate:g}s"\n'
        f"[matrix]\nstrategy = {list(STRATEGIES)}\n",
        encoding="utf-8",
    )
    kept = ("--keep-requests",) if rate == BASE_RATE else ()
    run(str(experiment), *kept, out=out)
    return load_run(out).trials


def claim(
    strategy: str, rate: int, base: Sequence[StoredTrial], there: Sequence[StoredTrial]
) -> Claim:
    """Hold the computed p99 against the measured one, the requests of all rounds pooled."""
    computed = float(np.percentile(np.concatenate([responses(one, rate) for one in base]), 99))
    measured = pooled(there).percentile(99.0)
    floor = METRICS["p99"].noise_floor([one.result for one in there]) or 0.0
    below = max(computed, measured) <= floor
    valid = all(one.valid for one in (*base, *there))
    return (
        f"{strategy} at {rate / 1e3:g}k/s: computed p99 within {WITHIN:.0%} of the measured one, "
        "where it is above the noise",
        f"{computed / 1e6:.3f} against {measured / 1e6:.3f} ms ({computed / measured - 1:+.0%}), "
        f"noise {floor / 1e6:.3f} ms, {len(there)} rounds of "
        f"{min(one.result['operations'] for one in there):,} requests or more"
        f"{', below the noise' if below else ''}{'' if valid else ', NOT VALID'}",
        valid and (below or abs(computed / measured - 1) <= WITHIN),
    )


def responses(trial: StoredTrial, rate: int) -> np.ndarray:
    """Compute the response times of a trial's requests at a rate, in nanoseconds, shape (n,)."""
    service_ns = np.load(trial.folder / "requests.npy")["service_ns"]
    beside = beside_of(trial.result, int(service_ns.sum()))
    return response_at(rate, service_ns, trial.result["seed"], beside=beside)


def pooled(trials: Sequence[StoredTrial]) -> Histogram:
    """Return one histogram of the measured response times of several trials."""
    whole = Histogram()
    for trial in trials:
        log = trial.latency()
        if log is None:
            raise SystemExit(f"{trial.folder}: no response times")
        whole.merge(total(log))
    return whole


CHECKS = (queueing,)
