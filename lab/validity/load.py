"""Checks of the load: did the lab keep its schedule, did the worker, and was it long enough."""

from __future__ import annotations

from collections.abc import Iterator

from lab.validity.codes import BUSY_SHARE, CODES, LATE_SHARE_OF_P999, TREND_Z, Json
from lab.validity.figures import TrialFigures
from lab.validity.trend import drift
from lab.validity.warning import warn
from strategies.units import format_duration

BEYOND = 10
"""A percentile is a number only with this many requests beyond it."""
PERCENTILES = ("p50", "p90", "p99", "p99.9")


def check_load(figures: TrialFigures) -> Iterator[Json]:
    """Yield what is to be said of the schedule and of who kept it."""
    yield from _generator_late(figures)
    yield from _ring_starved(figures)
    if figures.status == "failed" or not figures.requests:
        return
    overloaded = list(_overloaded(figures))
    yield from overloaded
    yield from _too_few_samples(figures)
    if not overloaded:  # a queue without bound drifts: said once
        yield from _not_steady(figures)


def _generator_late(figures: TrialFigures) -> Iterator[Json]:
    lab = figures.generator
    if not lab.late_blocks:
        return
    share = lab.late_requests / figures.requests if figures.requests else 1.0
    p999 = figures.latency_ns.get("p99.9")
    moves_p999 = p999 is None or lab.worst_late_ns > LATE_SHARE_OF_P999 * p999
    yield warn(
        "generator_late",
        f"{lab.late_blocks} blocks were handed over late, the worst by "
        f"{lab.worst_late_ns / 1e6:.1f} ms: the response times of {lab.late_requests:,} requests "
        f"({100 * share:.3g} %) include the lab's own delay",
        share,
        invalidates=share > (CODES["generator_late"].threshold or 0) and moves_p999,
    )


def _ring_starved(figures: TrialFigures) -> Iterator[Json]:
    whole_s = figures.measured_s * figures.workers
    share = figures.generator.starved_s / whole_s if whole_s > 0 else 0.0
    if share <= (CODES["ring_starved"].threshold or 0):
        return
    waited = f"the worker waited for the lab for {100 * share:.1f} % of the measured time"
    if figures.closed_loop:
        yield warn(
            "ring_starved",
            f"{waited}: service times hold, operations per second are the lab's",
            share,
            invalidates=False,
        )
    else:
        yield warn("ring_starved", f"{waited}, with requests due", share)


def _overloaded(figures: TrialFigures) -> Iterator[Json]:
    if figures.closed_loop:
        return
    scheduled_s = figures.scheduled_s
    if scheduled_s:
        # a long stall near the end leaves a queue behind it that is gone in about as long again
        spare_s = 2 * figures.longest_service_ns / 1e9
        behind_s = figures.measured_s - scheduled_s
        if behind_s - spare_s > (CODES["overloaded"].threshold or 0) * scheduled_s:
            yield warn(
                "overloaded",
                f"the last request was finished {format_duration(behind_s * 1e9)} after the end "
                f"of the schedule of {format_duration(scheduled_s * 1e9)}: more came in than "
                "could be served, and latencies measure how long that went on",
                behind_s / scheduled_s,
            )
            return
    if figures.busy_s is None or figures.ramp or figures.measured_s <= 0:
        return
    busy = figures.busy_s / (figures.measured_s * figures.workers)
    moved = drift(figures.interval_p50_ns)
    if busy >= BUSY_SHARE and moved is not None and moved.z > TREND_Z and moved.ratio >= 2:
        yield warn(
            "overloaded",
            f"the worker was busy for {100 * busy:.0f} % of the time while the median response "
            f"time rose {moved.ratio:.3g} times from the first third to the last: the queue grows "
            "without bound, and latencies measure how long that went on",
            busy,
            threshold=BUSY_SHARE,
        )


def _too_few_samples(figures: TrialFigures) -> Iterator[Json]:
    blank = [
        name
        for name in PERCENTILES
        if name in figures.latency_ns and figures.latency_ns[name] is None
    ]
    if not blank:
        return
    wanted = round(100 * BEYOND / (100 - float(blank[-1][1:])))
    seconds = figures.measured_s * wanted / figures.requests
    yield warn(
        "too_few_samples",
        f"no {' and no '.join(blank)}: {figures.requests:,} requests, {blank[-1]} takes {wanted:,}",
        figures.requests,
        threshold=wanted,
        advice=f"take --duration {format_duration(1.1 * seconds * 1e9).replace(' ', '')} or longer",
    )


def _not_steady(figures: TrialFigures) -> Iterator[Json]:
    if figures.ramp:
        return
    moved = drift(figures.interval_p50_ns)
    if moved is None or abs(moved.z) <= TREND_Z:
        return
    threshold = CODES["not_steady"].threshold or 0
    rises = moved.ratio > 1
    if moved.change > threshold and rises == (moved.z > 0):
        yield warn(
            "not_steady",
            f"the median {'service' if figures.closed_loop else 'response'} time "
            f"{'rose' if rises else 'fell'} from the first third of the trial to the last, to "
            f"{moved.ratio:.2f} times what it was",
            moved.change,
        )
