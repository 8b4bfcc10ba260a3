"""Checks of the collector: its settings, its events, and whether a full collection could show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lab.validity.codes import Json
from lab.validity.figures import Collector, TrialFigures
from lab.validity.warning import warn
from strategies.units import format_duration

SETTINGS = ("enabled", "thresholds", "frozen")
NEVER_S = 86_400.0
"""A full collection that is a day away is one that the policy forbids: nothing is said of it."""


def check_collector(figures: TrialFigures) -> Iterator[Json]:
    """Yield what is to be said of the collector."""
    collector = figures.collector
    if collector.lost_events:
        yield warn(
            "lost_events",
            f"{collector.lost_events:,} GC events or records of slow operations were overwritten",
            collector.lost_events,
        )
    changed = dict(settings_changed(collector))
    if changed:
        yield warn(
            "gc_settings_changed",
            "; ".join(
                f"the collector's {name}: {was} after warm-up, {now} at the end"
                for name, (was, now) in changed.items()
            ),
            len(changed),
        )
    wanted_s = first_full_collection_s(figures)
    if wanted_s is not None and not collector.full and figures.status == "ok":
        duration_s = math.ceil(1.2 * wanted_s)
        yield warn(
            "no_full_collection",
            f"{collector.young:,} young collections promoted objects and no full one came: at "
            f"this rate the first comes within about {format_duration(wanted_s * 1e9)}, the trial "
            f"measured {format_duration(figures.measured_s * 1e9)}",
            wanted_s,
            threshold=figures.measured_s,
            advice=f"take --duration {duration_s}s to see the first, {3 * duration_s}s for the "
            "period",
        )


def settings_changed(collector: Collector) -> Iterator[tuple[str, tuple[object, object]]]:
    """Yield each setting that is another at the end, with both values.

    The number of frozen objects falls by itself as frozen ones are replaced and freed: it tells
    of a call where it rises, or falls to nothing.
    """
    warm, end = collector.state_warm, collector.state_end
    if warm is None or end is None:
        return
    for name in SETTINGS:
        was, now = warm.get(name), end.get(name)
        if name in collector.policy_sets or was is None or now is None:
            continue
        if (now > was or (was > 0 and now == 0)) if name == "frozen" else now != was:
            yield name, (was, now)


def first_full_collection_s(figures: TrialFigures) -> float | None:
    """Predict when the first full collection comes, counted from the harness's own.

    CPython (Modules/gcmodule.c) counts: after threshold1 + 1 collections of generation 0 the next
    one takes generation 1, after threshold2 + 1 of those the next may be full, (threshold2 + 1) *
    (threshold1 + 2) + 1 in all: 133 by default, each after threshold0 + 1 net allocations. It is
    full if long_lived_pending, which what survived generation 1 adds to, is at least a quarter of
    long_lived_total. At least the net allocations that were not collected are promoted, more where
    an old object is freed for each new one: the figure is an upper bound.

    Returns
    -------
    float or None
        Seconds; None where nothing is promoted, automatic collection is off, this is no
        generational collector, or it would take more than a day.
    """
    collector, state = figures.collector, figures.collector.state_warm
    if collector.kind != "generational" or state is None or not state.get("enabled"):
        return None
    if not collector.young or figures.measured_s <= 0:
        return None
    return _seconds(figures, collector, state)


def _seconds(figures: TrialFigures, collector: Collector, state: Mapping[str, Any]) -> float | None:
    threshold0, threshold1, threshold2 = state["thresholds"]
    per_worker = figures.measured_s * figures.workers
    young_per_s = collector.young / per_worker
    promoted_per_s = young_per_s * (threshold0 + 1) - collector.collected / per_worker
    if promoted_per_s <= 0:
        return None
    walked = collector.tracked_objects
    if walked is None:  # at the least one object per entry, or nothing would be promoted
        walked = figures.entries // figures.workers
    by_count_s = ((threshold2 + 1) * (threshold1 + 2) + 1) / young_per_s
    by_share_s = walked / 4 / promoted_per_s
    wanted_s = max(by_count_s, by_share_s)
    return wanted_s if wanted_s <= NEVER_S else None
