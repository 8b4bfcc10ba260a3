"""Checks of the machine and of the process: noise, shared cores, memory that grows."""

from __future__ import annotations

from collections.abc import Iterator

from lab.validity.codes import CODES, NOISE_FLOOR_NS, Json
from lab.validity.figures import TrialFigures
from lab.validity.trend import steady_growth
from lab.validity.warning import warn
from strategies.units import format_duration

_CYCLES_MIN = 3
"""With fewer, a collector that runs beside the operations shows no level that memory returns to."""
_LOOK = "look at resources.csv"


def check_machine(figures: TrialFigures) -> Iterator[Json]:
    """Yield what is to be said of the machine."""
    if not figures.own_cores:
        yield warn(
            "shared_core",
            "workers share a core with each other or with the lab: they sleep until requests "
            "are due, and response times hold that noise; it takes a core each and one more",
        )
    if figures.pinning_error:
        yield warn(
            "pinning_failed",
            f"nothing was bound to a core ({figures.pinning_error}): the lab may have run where "
            "its worker did, and core_taken says whether it took much",
        )
    for reason in figures.noise.reasons:
        yield warn("noise_unmeasured", reason)
    if figures.status == "failed" or not figures.requests:
        return
    yield from _core_taken(figures)
    yield from _noise_above_effect(figures)
    yield from _noise_changed(figures)
    yield from _heap_growing(figures)


def _core_taken(figures: TrialFigures) -> Iterator[Json]:
    whole_s = figures.measured_s * figures.workers
    if not figures.own_cores or figures.run_delay_s is None or whole_s <= 0:
        return
    share = figures.run_delay_s / whole_s
    if share > (CODES["core_taken"].threshold or 0):
        yield warn(
            "core_taken",
            f"the worker had no core for {100 * share:.1f} % of the time, though it was ready: "
            "the tail is that of whatever ran there instead",
            share,
        )


def _noise_above_effect(figures: TrialFigures) -> Iterator[Json]:
    threshold = CODES["noise_above_effect"].threshold or 0
    found: list[tuple[float, str]] = []
    for name, floor in (("p99.9", figures.noise.p999_ns), ("max", figures.noise.max_ns)):
        own = figures.latency_ns.get(name)
        if floor and own and floor >= threshold * own:
            said = f"{name} {format_duration(own)}, the idle machine's {format_duration(floor)}"
            found.append((floor / own, said))
    if found:
        yield warn(
            "noise_above_effect",
            f"as much the machine's as the strategy's: {'; '.join(said for _, said in found)}",
            max(ratio for ratio, _ in found),
        )


def _noise_changed(figures: TrialFigures) -> Iterator[Json]:
    before, after = figures.noise.before_p99_ns, figures.noise.after_p99_ns
    if not before or not after or max(before, after) <= NOISE_FLOOR_NS:
        return
    factor = max(before, after) / min(before, after)
    if factor > (CODES["noise_changed"].threshold or 0):
        yield warn(
            "noise_changed",
            f"the idle machine's p99 was {format_duration(before)} before the trial and "
            f"{format_duration(after)} after it",
            factor,
        )


def _heap_growing(figures: TrialFigures) -> Iterator[Json]:
    warm, end = figures.entries_warm, figures.entries_end
    if warm is None or end is None or end > warm:
        return  # a cache that is filling up, or nothing is known
    collector = figures.collector
    if collector.kind == "concurrent" and collector.cycles < _CYCLES_MIN:
        return  # garbage that waits for the next cycle: its memory grows until then
    per_s = steady_growth(figures.rss_at_s, figures.rss_bytes)
    if per_s is None or not figures.rss_bytes[0]:
        return
    per_minute = 60 * per_s / float(figures.rss_bytes[0])
    if per_minute > (CODES["heap_growing"].threshold or 0):
        yield warn(
            "heap_growing",
            f"resident memory grows by {100 * per_minute:.0f} % a minute "
            f"({60 * per_s / 1e6:.1f} MB) while the cache holds no more entries",
            per_minute,
            advice=None if collector.kind == "generational" else _LOOK,
        )
