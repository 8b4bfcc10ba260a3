"""What a run says beyond its table, as tables and as JSON: one table for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.analysis.cost import Cost
from lab.analysis.deadlines import DEADLINES_NS, Missed
from lab.analysis.details import (
    WINDOWS_NS,
    ComputedTrial,
    StrategyDetails,
    TrialDetails,
    computed_at,
    run_details,
)
from lab.analysis.intervals import Interval, typical
from lab.analysis.queueing import Computed
from lab.analysis.summary import noise_floor
from lab.report.beside import beside_parts
from lab.report.comparison import BLANK, interval_json
from lab.report.parts import Part, add_row, new_table, percent, seconds
from lab.report.windows import windows_part
from lab.store import StoredRun
from strategies.units import format_count, format_duration

Json = dict[str, Any]
Write = Callable[[Interval | None, Callable[[float], str]], str]
METHOD = "Lindley recursion over the service times of one trial"
COMPUTED = f"Response time at other rates: computed, not measured ({METHOD})"
_NARROWEST = 20
"""Columns into which the names of strategies may be folded before intervals are left out."""
NO_SPIKE, CLOSED = "no full collection", "closed loop: no response times"


def details_parts(stored: StoredRun, width: int) -> list[Part]:
    """Return a table each of spikes, utilisation, deadlines and costs, a row per strategy.

    And one of what ran beside the requests, where anything did.
    """
    found = run_details(stored)
    return [
        windows_part(stored),
        _spikes(found),
        _utilisation(found),
        _deadlines(stored, found),
        _costs(found, width),
        *beside_parts(stored),
    ]


def _spikes(found: Sequence[StrategyDetails]) -> Part:
    table = new_table(
        *("full\nGCs", "period", "predicted\nperiod", "worst"),
        *("normal\nafter", "spoiled\neach"),
    )
    for one in found:
        spikes = one.spikes
        if one.reason or not spikes.count:
            add_row(table, one.label, one.reason or NO_SPIKE, [])
            continue
        many = f"\nin {spikes.trials} trials" if spikes.trials > 1 else ""
        period = seconds(spikes.period_s)
        shortest, longest = spikes.shortest_s, spikes.longest_s
        if shortest is not None and longest is not None and shortest != longest:
            period += f"\n{_range(shortest, longest, seconds)}"
        cells = [
            f"{spikes.count:,}{many}",
            period,
            seconds(spikes.predicted_s),
            seconds(spikes.worst_s),
            seconds(spikes.recovery_s),
            BLANK if spikes.spoiled is None else f"{spikes.spoiled:,.0f}",
        ]
        add_row(table, one.label, CLOSED if one.closed_loop else None, cells)
    return Part("Spikes: full collections, and how long each is felt", table, _on_spikes(found))


def _on_spikes(found: Sequence[StrategyDetails]) -> Iterator[str]:
    if not any(one.spikes.count for one in found):
        return
    yield (
        "period: median from start to start, below it the shortest and longest; predicted by "
        "CPython's rules from the workload, or else, as the longest that they allow, from the "
        "collections seen"
    )
    yield (
        "normal after: until a 100 ms interval has a p99 of at most twice that of quiet ones, or "
        "of the machine's noise; spoiled: requests above that until then; both medians"
    )
    for one in found:
        if lasted := one.spikes.unrecovered:
            yield (
                f"{one.label}: {lasted} of {one.spikes.count} spikes: response times were not "
                "normal again before the trial ended"
            )


def _utilisation(found: Sequence[StrategyDetails]) -> Part:
    table = new_table(*(_window(length) for length in WINDOWS_NS))
    for one in found:
        add_row(table, one.label, one.reason, [percent(share) for share in one.utilisation])
    remarks = [
        "0 %: some window of this length lay wholly within GC pauses; the least of all trials"
    ]
    if any(None in one.utilisation for one in found):
        remarks.append(f"{BLANK}: a trial is shorter than the window")
    title = "Minimum mutator utilisation: what GC pauses left of the worst window of this length"
    return Part(title, table, remarks)


def _deadlines(stored: StoredRun, found: Sequence[StrategyDetails]) -> Part:
    names = (_window(deadline) for deadline in DEADLINES_NS)
    table = new_table(*(head for name in names for head in (f"over\n{name}", "share")))
    for one in found:
        cells = [cell for missed in one.missed for cell in (f"{missed.count:,}", _share(missed))]
        add_row(table, one.label, one.reason or (CLOSED if one.closed_loop else None), cells)
    remarks = ["counted over all valid trials together"]
    if longest_ns := noise_floor(stored).longest:
        remarks.append(
            f"the machine by itself delayed by up to {format_duration(longest_ns)} beside these "
            "trials: a shorter deadline may have been missed because of that"
        )
    return Part("Deadlines: requests that took longer", table, remarks)


def _costs(found: Sequence[StrategyDetails], width: int) -> Part:
    def table(write: Write) -> Table:
        table = new_table(
            *("busy per\nmillion", "of it in\ncollections", "extra\nbusy", "extra\nwall"),
            *("bytes/\nentry", "saturates\nat"),
        )
        for one in found:
            cells = [] if one.cost is None else list(_cost_cells(one.cost, write))
            add_row(table, one.label, one.reason, cells)
        return table

    remarks = (
        "busy: serving, committing, collecting; extra: at least this much more than the cheapest "
        "strategy would be without its collections (lower bound, LBO), in busy and in elapsed "
        "time, which an open loop's schedule decides",
        "saturates at: of closed-loop trials of the same strategy, where the run holds any",
    )
    return Part("Cost: what the worker did with its busy time", _fitting(table, width), remarks)


def _cost_cells(cost: Cost, write: Write) -> Iterator[str]:
    yield write(cost.busy_s_per_million, seconds)
    yield write(cost.collecting, percent)
    yield write(cost.extra_busy, _extra)
    yield write(cost.extra_wall, _extra)
    yield write(cost.bytes_per_entry, lambda value: f"{value:,.0f}")
    yield write(cost.saturation_per_s, lambda value: f"{value:,.0f}/s")


def rates_part(stored: StoredRun, rates: Sequence[float], width: int) -> Part:
    """Return the response times at other rates, a row per strategy and rate; all computed.

    Raises
    ------
    UsageError
        They cannot be computed from this run.
    """
    by_label: dict[str, list[ComputedTrial]] = {}
    for one in computed_at(stored, rates):
        by_label.setdefault(one.trial.label, []).append(one)

    def table(write: Write) -> Table:
        table = new_table("rate", "busy", "p50", "p99", "p99.9", "max")
        for label, trials in by_label.items():
            table.add_section()
            for number, rate in enumerate(rates):
                points = [one.points[number] for one in trials]
                cells = [f"{format_count(rate)}/s", *_point_cells(points, write)]
                add_row(table, label if number == 0 else "", None, cells)
        return table

    return Part(COMPUTED, _fitting(table, width), _rates_remarks(stored, by_label))


def _point_cells(points: Sequence[Computed], write: Write) -> Iterator[str]:
    yield write(typical([point.utilisation for point in points]), percent)
    for name in ("p50_ns", "p99_ns", "p999_ns", "max_ns"):
        yield write(typical([getattr(point, name) for point in points]), format_duration)


def _rates_remarks(stored: StoredRun, by_label: dict[str, list[ComputedTrial]]) -> Iterator[str]:
    computed = [one for trials in by_label.values() for one in trials]
    arrivals = " or ".join(dict.fromkeys(one.arrivals for one in computed))
    yield (
        f"{arrivals} arrivals; a pause stays with the request that it fell into, and commits are "
        "spread evenly: right for what comes by count, too rare for what comes by the clock"
    )
    most = max(len(trials) for trials in by_label.values())
    if most > 1:
        yield f"each trial computed by itself; medians over {most}, 95% intervals where they fit"
    if any(one.trial.result["load"]["closed_loop"] for one in computed):
        yield "of a closed loop: service times there come from caches that never cool"
    if any(point.utilisation >= 1 for one in computed for point in one.points):
        yield (
            "100 % busy or more: the queue grows as long as the trial lasts, and its figures say "
            "how long that was"
        )
    if any(None in (point.p99_ns, point.p999_ns) for one in computed for point in one.points):
        yield f"{BLANK}: too few requests beyond it for a figure"
    without = dict.fromkeys(trial.label for trial in stored.trials if trial.label not in by_label)
    if without:
        yield f"left out, no valid trial that kept its requests: {', '.join(without)}"


def details_json(stored: StoredRun, *, details: bool, rates: Sequence[float]) -> Json:
    """Return what ``gclab report --json`` prints; docs/reading-results.md names the keys."""
    printed = stored.to_json()
    nothing = ("spikes", "mmu", "deadlines", "cost") if details else ()
    added: dict[str, Json] = {trial.folder.name: dict.fromkeys(nothing) for trial in stored.trials}
    for strategy in run_details(stored) if details else ():
        cost = None if strategy.cost is None else _cost_json(strategy.cost)
        for one in strategy.trials:
            added[one.trial.folder.name] = {**_trial_json(one), "cost": cost}
    if rates:
        computed = {one.trial.folder.name: one for one in computed_at(stored, rates)}
        for name, found in added.items():
            found["computed"] = _computed_json(computed[name]) if name in computed else None
    for trial, stored_trial in zip(printed["trials"], stored.trials, strict=True):
        trial.update(added[stored_trial.folder.name])
    return printed


def _trial_json(one: TrialDetails) -> Json:
    alone = StrategyDetails("", one.closed_loop, (one,), None, None).spikes
    unfelt: Json = {"recovery_s": None, "spoiled": None} if one.closed_loop else {}
    return {
        "spikes": {**asdict(alone), "each": [{**asdict(e), **unfelt} for e in one.spikes.each]},
        "mmu": [list(pair) for pair in zip(WINDOWS_NS, one.utilisation, strict=True)],
        "deadlines": [asdict(each) for each in one.missed] or None,
    }


def _cost_json(cost: Cost) -> Json:
    return {
        "busy_s_per_million": interval_json(cost.busy_s_per_million),
        "collecting_share": interval_json(cost.collecting),
        "extra_busy_share": interval_json(cost.extra_busy),
        "extra_wall_share": interval_json(cost.extra_wall),
        "bytes_per_entry": interval_json(cost.bytes_per_entry),
        "saturation_per_s": interval_json(cost.saturation_per_s),
    }


def _computed_json(one: ComputedTrial) -> Json:
    points = [asdict(point) for point in one.points]
    return {"method": METHOD, "arrivals": one.arrivals, "points": points}


def _fitting(make: Callable[[Write], Table], width: int) -> Table:
    """Return a table with intervals, or without them where it would not fit the width."""
    whole = make(_interval)
    whole.columns[0].max_width = _NARROWEST
    fits = Console(width=1_000).measure(whole).maximum <= width
    whole.columns[0].max_width = None
    return whole if fits else make(_median)


def _window(nanoseconds: int) -> str:
    short = nanoseconds < 1_000_000_000
    return f"{nanoseconds / 1e6:g} ms" if short else f"{nanoseconds / 1e9:g} s"


def _share(missed: Missed) -> str:
    """Write a share with three digits, however small."""
    if not missed.share:
        return BLANK if missed.share is None else "0 %"
    digits = f"{100 * missed.share:#.3g}".removesuffix(".")
    return f"{digits} %" if missed.share >= 1e-5 else "<0.001 %"


def _extra(share: float) -> str:
    return f"{100 * share:+,.0f} %" if abs(share) >= 0.0995 else f"{100 * share:+.1f} %"


def _median(value: Interval | None, write: Callable[[float], str]) -> str:
    return BLANK if value is None else write(value.point)


def _interval(value: Interval | None, write: Callable[[float], str]) -> str:
    """Write the median, and its 95% interval below it where there is one."""
    if value is None or value.low is None or value.high is None:
        return _median(value, write)
    return f"{write(value.point)}\n{_range(value.low, value.high, write)}"


def _range(low: float, high: float, write: Callable[[float], str]) -> str:
    """Write both ends, the unit once where they share it."""
    first, last = write(low), write(high)
    number, _, unit = first.partition(" ")
    return f"{number if unit and last.endswith(f' {unit}') else first} to {last}"
