"""What a strategy costs beside its tail: processor time, memory, throughput.

Overheads are lower bounds, after Cai, Blackburn, Bond and Maas, "Distilling the real cost of
production garbage collectors" (ISPASS 2022): no strategy can be measured without any collector
cost, so the ideal is estimated from above, by the least that any strategy of the same load took
without its own collections; what others took beyond that is at least their overhead. Left out:
the paper's other metrics than time, such as cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.analysis.intervals import Interval, paired_ratio, typical

Json = Mapping[str, Any]
Figure = Callable[[Json], float | None]
MILLION = 1_000_000
_SAME_WORK = ("strategy", "entries", "store", "workers")
"""What a closed loop must share with a trial to say where that strategy saturates."""


@dataclass(frozen=True)
class Cost:
    """A strategy's costs over its good trials; each is None where a trial lacks the figure.

    Attributes
    ----------
    label : str
        The strategy, with what else the matrix varied.
    collecting : Interval or None
        Share of the busy time in collections, 0 to 1.
    busy_s_per_million : Interval or None
        Busy seconds per million operations: service, commits, policy and other threads.
    extra_busy : Interval or None
        The lower bound of the overhead in busy time: 0.25 is 25% more than the ideal, which is
        taken in the same rounds.
    extra_wall : Interval or None
        The same in elapsed time per operation. Under an open loop the schedule decides the
        elapsed time, waiting included, so that it is 0 but for overload.
    bytes_per_entry : Interval or None
        Growth of the process per entry.
    saturation_per_s : Interval or None
        Operations per second of the run's closed-loop trials of the same strategy, entries,
        store and workers; None if the run holds none.
    """

    label: str
    collecting: Interval | None
    busy_s_per_million: Interval | None
    extra_busy: Interval | None
    extra_wall: Interval | None
    bytes_per_entry: Interval | None
    saturation_per_s: Interval | None


def costs(results: Sequence[Json]) -> list[Cost]:
    """Return a strategy's costs per label, in the order of their first trials.

    Parameters
    ----------
    results : sequence of trial.json objects
        Those of one run. A label without a good trial is left out.
    """
    good = [result for result in results if result["status"] == "ok" and result["operations"]]
    groups: dict[str, list[Json]] = {}
    for result in good:
        groups.setdefault(result["label"], []).append(result)
    return [_cost(label, trials, groups, good) for label, trials in groups.items()]


def _cost(label: str, trials: list[Json], groups: dict[str, list[Json]], good: list[Json]) -> Cost:
    peers = [others for others in groups.values() if _load(others[0]) == _load(trials[0])]
    work = _work(trials[0])
    closed = [one for one in good if one["load"]["closed_loop"] and _work(one) == work]
    return Cost(
        label=label,
        collecting=typical([_ratio(_gc_s(trial), trial["busy_s"]) for trial in trials]),
        busy_s_per_million=typical([_busy(trial) for trial in trials]),
        extra_busy=_extra(trials, peers, _busy, _busy_without_gc),
        extra_wall=_extra(trials, peers, _wall, _wall_without_gc),
        bytes_per_entry=typical([trial["memory"]["bytes_per_entry"] for trial in trials]),
        saturation_per_s=typical([_ratio(one["operations"], one["measured_s"]) for one in closed]),
    )


def _load(result: Json) -> tuple[Any, ...]:
    """Return what trials must share for their costs to be compared."""
    load = result["load"]
    factors = tuple(sorted(result.get("factors", {}).items()))
    return factors, load["closed_loop"], load.get("rate"), result.get("entries")


def _work(result: Json) -> tuple[Any, ...]:
    return tuple(result.get(name) for name in _SAME_WORK)


def _extra(
    trials: list[Json],
    peers: list[list[Json]],
    whole: Figure,
    without_gc: Figure,
) -> Interval | None:
    found = paired_ratio(_by_round(trials, whole), _ideal(peers, without_gc))
    if found is None:
        return None
    # the interval is that of the ratio: overheads themselves may be zero, and have no logarithm
    low, high = (None if bound is None else bound - 1 for bound in (found.low, found.high))
    return Interval(found.point - 1, low, high, found.n)


def _ideal(peers: list[list[Json]], without_gc: Figure) -> dict[int, float | None]:
    """Return what the strategy that is cheapest without its collections took, by round."""
    known = [(typical([without_gc(trial) for trial in others]), others) for others in peers]
    least = [(each.point, n) for n, (each, _) in enumerate(known) if each is not None]
    return _by_round(known[min(least)[1]][1], without_gc) if least else {}


def _by_round(trials: list[Json], figure: Figure) -> dict[int, float | None]:
    return {int(trial["repeat"]): figure(trial) for trial in trials}


def _gc_s(result: Json) -> float:
    return float(result["gc"]["total_ns"]) / 1e9


def _busy(result: Json) -> float | None:
    busy_s = result["busy_s"]
    return None if busy_s is None else _per_million(float(busy_s), result)


def _busy_without_gc(result: Json) -> float | None:
    busy = _busy(result)
    return None if busy is None else busy - _per_million(_gc_s(result), result)


def _wall(result: Json) -> float:
    return _per_million(float(result["measured_s"]), result)


def _wall_without_gc(result: Json) -> float:
    """Return the elapsed time less that of collections, where they lengthen it at all."""
    if not result["load"]["closed_loop"]:
        return _wall(result)
    return _wall(result) - _per_million(_gc_s(result) / result.get("workers", 1), result)


def _per_million(seconds: float, result: Json) -> float:
    operations: int = result["operations"]
    return seconds / operations * MILLION


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
