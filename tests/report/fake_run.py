"""A run that never happened, with the shapes of real ones: a queue behind every long pause.

Requests arrive at random, one server takes them in order, and a pause is service time added to
the request that it hits. The response times behind a pause follow from that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.figures import TrialFigures
from lab.report.charts.data import CausesView, NoiseView, RunView, Status, TrialView

INTERVAL_S = 0.1
QUESTION = (
    "Does freezing the heap after warm-up remove the collector's long pauses when every update "
    "replaces its entry, and which layout does away with them?"
)
CAPTION = (
    "500k entries, Zipf 0.99, 10% read, 50% ack, 40% mention; 20,000/s Poisson\n"
    "2 cores, 8 GB, Linux 6.1; CPython 3.11.7 (generational); store: memory"
)


NO_CAUSE = dict.fromkeys(
    ("gc", "rehash", "drop", "load", "commit", "descheduled", "fault", "unexplained"), 0.0
)


@dataclass(frozen=True)
class Shape:
    """What the collector does to a strategy: long pauses and young ones."""

    full_every_s: float = 0.0
    full_s: float = 0.0
    young_per_s: float = 0.0
    service_us: float = 6.0
    noise_per_s: float = 0.5


SHAPES = {
    "slots": Shape(3.5, 0.8, 25),
    "dict": Shape(5.0, 0.28, 22, 7.0),
    "slots+freeze": Shape(2.9, 0.9, 25),
    "flat": Shape(service_us=9.0, noise_per_s=1.5),
}


def fake_causes(shape: Shape) -> CausesView:
    """Blame the collector where it is at fault, else the commits."""
    if shape.full_every_s:
        worst = {**NO_CAUSE, "gc": 0.96, "commit": 0.04}
        return CausesView(worst, {**NO_CAUSE, "gc": 1.0}, {**worst, "gc": 0.9, "unexplained": 0.06})
    some = {**NO_CAUSE, "commit": 0.55, "descheduled": 0.25, "unexplained": 0.2}
    return CausesView(some, some, {**NO_CAUSE, "commit": 0.3, "load": 0.1, "unexplained": 0.6})


def _pauses(
    shape: Shape, duration_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    starts, lengths, generations = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    if shape.full_every_s:
        full = np.arange(shape.full_every_s, duration_s, shape.full_every_s)
        starts.append(full)
        lengths.append(shape.full_s * rng.uniform(0.85, 1.1, len(full)) * 1e9)
        generations.append(np.full(len(full), 2))
    young = np.sort(rng.uniform(0, duration_s, int(shape.young_per_s * duration_s)))
    starts.append(young)
    lengths.append(np.exp(rng.uniform(np.log(1e5), np.log(2e6), len(young))))
    generations.append((np.arange(len(young)) % 11 == 10).astype(np.int64))
    order = np.argsort(np.concatenate(starts), kind="stable")
    return (
        np.concatenate(starts)[order],
        np.concatenate(lengths)[order].astype(np.int64),
        np.concatenate(generations)[order],
    )


def fake_trial(
    label: str = "slots",
    shape: Shape | None = None,
    *,
    duration_s: float = 20.0,
    rate: float = 20_000.0,
    repeat: int = 1,
    status: Status = "ok",
    seed: int = 1,
    notes: tuple[str, ...] = (),
) -> TrialView:
    """Serve one trial in a few vectorised lines (Lindley's recursion)."""
    shape = shape or SHAPES.get(label, Shape())
    rng = np.random.default_rng([seed, repeat, *label.encode()])
    due_s = np.sort(rng.uniform(0, duration_s, int(rate * duration_s)))
    service_ns = shape.service_us * 1e3 * rng.lognormal(0, 0.25, len(due_s))
    start_s, pause_ns, generation = _pauses(shape, duration_s, rng)
    noise_s = rng.uniform(0, duration_s, int(shape.noise_per_s * duration_s))
    noise_ns = np.exp(rng.uniform(np.log(2e4), np.log(2e6), len(noise_s)))
    for when, length in ((start_s, pause_ns), (noise_s, noise_ns)):
        hit = np.minimum(np.searchsorted(due_s, when), len(due_s) - 1)
        np.add.at(service_ns, hit, length)
    done = np.cumsum(service_ns)
    response_ns = np.maximum.accumulate(due_s * 1e9 - (done - service_ns)) + done - due_s * 1e9
    intervals = int(np.ceil(duration_s / INTERVAL_S - 1e-9))
    edges = np.searchsorted(due_s, np.arange(1, intervals) * INTERVAL_S)
    parts = np.split(response_ns, edges)
    nines = np.linspace(0, np.log10(len(due_s)), 400)
    quantile = np.unique(np.append(1 - 10.0**-nines, [0.5, 0.9, 0.99, 0.999, 0.9999, 1.0]))
    trial = TrialView(
        label=label,
        strategy=label,
        repeat=repeat,
        status=status,
        requests=len(due_s),
        interval_s=INTERVAL_S,
        time_s=np.arange(intervals, dtype=np.float64) * INTERVAL_S,
        p99_ns=np.array([np.quantile(p, 0.99) if len(p) >= 1000 else np.nan for p in parts]),
        max_ns=np.array([p.max() if len(p) else np.nan for p in parts]),
        pause_start_s=start_s,
        pause_ns=pause_ns,
        pause_generation=generation,
        curve_quantile=quantile,
        curve_ns=np.quantile(response_ns, quantile),
        notes=notes,
        causes=fake_causes(shape),
    )
    known = {"bytes_per_entry": MEMORY.get(label, 240.0), "busy_share": BUSY.get(label, 0.3)}
    return figures(trial, **known) if trial.counts else trial


def small(label: str = "slots", **options: Any) -> TrialView:
    """Return a trial of ten seconds that takes milliseconds to make."""
    return fake_trial(label, duration_s=10, rate=2000, **options)


def known_trial(requests: int) -> TrialView:
    """Return a trial whose curve can be checked by hand: 1 us more at each nine."""
    quantile = np.array([0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0])
    values = np.array([1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 7e3])
    return replace(small("flat"), requests=requests, curve_quantile=quantile, curve_ns=values)


def figures(trial: TrialView, **known: Any) -> TrialView:
    """Give a trial its figures: what its pauses say, and whatever else is known."""
    full = trial.pause_generation == 2
    starts, lengths = trial.pause_start_s[full], trial.pause_ns[full]
    gaps = np.diff([0.0, *starts])
    measured_s = float(trial.time_s[-1]) + trial.interval_s if len(trial.time_s) else 1.0
    blank: dict[str, Any] = dict.fromkeys(field.name for field in fields(TrialFigures))
    values: dict[str, Any] = {
        **blank,
        "entries": 500_000,
        "rate": 20_000.0,
        "updates_per_s": 18_000.0,
        "factors": {},
        "measured_s": measured_s,
        "paused_share": float(trial.pause_ns.sum()) / 1e9 / measured_s,
        "busy_share": 0.3,
        "full_collections": len(starts),
        "worst_pause_ns": float(trial.pause_ns.max(initial=0)),
        "first_full_ns": float(lengths[0]) if len(lengths) > 1 else None,
        "last_full_ns": float(lengths[-1]) if len(lengths) > 1 else None,
        "period_s": float(gaps.mean()) if len(starts) else None,
        "predicted_s": float(gaps.mean()) * 1.04 if len(starts) else None,
        "bytes_per_entry": 240.0,
        "rss_bytes": 150e6,
    }
    return replace(trial, figures=TrialFigures(**{**values, **known}))


MEMORY = {"slots": 232.0, "dict": 381.0, "slots+freeze": 232.0, "flat": 43.0}
BUSY = {"slots": 0.19, "dict": 0.2, "slots+freeze": 0.16, "flat": 0.11}


def sized(
    strategy: str,
    entries: int,
    rate: float = 20_000.0,
    *,
    pause_per_entry_ns: float = 1000.0,
    repeat: int = 1,
    **options: Any,
) -> TrialView:
    """Return a trial of a matrix: its pauses grow with the entries, and come as often as updates.

    The next full collection comes when a quarter of the entries has been replaced.
    """
    period_s = 0.25 * entries / (0.9 * rate) + 0.2
    shape = (
        Shape(period_s, pause_per_entry_ns * entries**0.96 / 1e9, 20)
        if pause_per_entry_ns
        else Shape()
    )
    label = f"{strategy} entries={entries // 1000}k rate={rate / 1000:g}k"
    trial = small(label, shape=shape, repeat=repeat, **options)
    return figures(
        replace(trial, strategy=strategy),
        entries=entries,
        rate=rate,
        updates_per_s=0.9 * rate,
        factors={"entries": f"{entries // 1000}k", "rate": f"{rate / 1000:g}k"},
    )


def matrix_run(**options: Any) -> RunView:
    """Return a run over sizes and rates: a strategy with long pauses, one with short, one none."""
    trials = [
        sized(strategy, entries, rate, pause_per_entry_ns=cost)
        for strategy, cost in (("slots", 1000.0), ("msgspec", 300.0), ("flat", 0.0))
        for entries in (100_000, 250_000, 500_000, 1_000_000)
        for rate in (5_000.0, 20_000.0, 40_000.0)
    ]
    return fake_run(*trials, **options)


def frozen_trial(repeat: int = 1, label: str = "slots+freeze", **options: Any) -> TrialView:
    """Return a trial whose full collections grow back after a freeze."""
    trial = small(label, shape=Shape(young_per_s=10), repeat=repeat, **options)
    starts = np.arange(1.0 + 0.1 * repeat, 10, 1.5)
    lengths = (5e8 * (1 - np.exp(-starts / 4))).astype(np.int64)
    return figures(
        replace(
            trial,
            pause_start_s=np.concatenate([trial.pause_start_s, starts]),
            pause_ns=np.concatenate([trial.pause_ns, lengths]),
            pause_generation=np.concatenate([trial.pause_generation, np.full(len(starts), 2)]),
        )
    )


def stalled(trial: TrialView, start_s: list[float], late_ns: list[float]) -> TrialView:
    """Let the machine stall beside a trial."""
    return replace(trial, stall_start_s=np.array(start_s), stall_ns=np.array(late_ns))


def failed_trial(label: str = "broken", repeat: int = 1) -> TrialView:
    """Return a trial that ended before it measured anything."""
    nothing = np.empty(0)
    return replace(
        fake_trial(label, duration_s=0.2),
        repeat=repeat,
        status="failed",
        requests=0,
        time_s=nothing,
        p99_ns=nothing,
        max_ns=nothing,
        pause_start_s=nothing,
        pause_ns=nothing,
        pause_generation=nothing,
        curve_quantile=nothing,
        curve_ns=nothing,
        causes=None,
        figures=None,
    )


def fake_run(
    *trials: TrialView,
    closed_loop: bool = False,
    question: str = QUESTION,
    noise: NoiseView | None = None,
) -> RunView:
    """Put trials into a run; without any, the four strategies of SHAPES."""
    return RunView(
        question=question,
        name="freeze-20260102T030405Z",
        caption=CAPTION,
        closed_loop=closed_loop,
        wait="spin",
        trials=trials or tuple(fake_trial(label) for label in SHAPES),
        noise=noise or NoiseView(),
    )


def cache_sizes(**options: Any) -> RunView:
    """Return a run over sizes: a smaller cache has shorter spikes, and a longer normal p99."""
    trials = []
    for entries in (10_000, 20_000, 50_000, 100_000, 200_000):
        trial = sized("slots", entries)
        spike_ns, normal_ns = 500.0 * entries, 4e11 / entries
        tail = (spike_ns * 0.9 + normal_ns) / trial.curve_ns[trial.curve_quantile == 0.999]
        known = {name: getattr(trial.figures, name) for name in ("entries", "rate", "factors")}
        trials.append(
            figures(
                replace(trial, curve_ns=trial.curve_ns * tail),
                spike_p99_ns=spike_ns,
                normal_p99_ns=normal_ns,
                **known,
            )
        )
    return fake_run(*trials, **options)
