"""Response times at other rates, computed from the service times of one trial.

Everything here is computed, not measured: what was measured is how long each request took to
serve. At another rate the same requests, in the same order, wait for those before them; one
server, first come first served (Lindley, "The theory of queues with a single server", 1952):

    wait[k] = max(0, wait[k-1] + service[k-1] + beside[k-1] - gap[k])
    response[k] = wait[k] + service[k]

What that leaves out:

- A pause stays with the operation that it fell into. That is right for pauses that come by count
  of operations, as ``known-pause`` and the collections that allocation drives do approximately;
  what comes by the clock (timers, the machine's own stalls) comes too rarely at a higher rate.
- Commits are no requests and not in ``requests.npy``. `beside_of` takes their time from the
  trial's busy time and spreads it evenly over as many places as there were commits; one that took
  much longer than the others is not seen. Work of other threads is counted as if it were theirs.
- Service times do not depend on the rate here; in truth they fall when the caches stay warm.
- Several workers are several queues, and requests of a closed loop were served back to back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.tails import BEYOND
from lab.histogram import HIGHEST_NS, Histogram
from strategies.errors import UsageError, unknown

ARRIVALS = ("poisson", "constant")
CHUNK = 1 << 18
"""Requests looked at together: 2 MB a column, whatever the length of the trial."""

Floats = NDArray[np.float64]
Services = NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """Work that the server does between requests, spread evenly.

    Attributes
    ----------
    every : int
        After every this many requests.
    work_ns : float
        How long it takes each time.
    """

    every: int
    work_ns: float


@dataclass(frozen=True)
class Computed:
    """Response times at one rate: computed from service times, measured by nobody.

    Attributes
    ----------
    rate_per_s : float
        Arrivals per second.
    utilisation : float
        Share of the time in which the server is busy; at 1 or above the queue grows for as long
        as the trial lasts, and the figures say how long that was.
    p50_ns, p99_ns, p999_ns : float or None
        Percentiles of the response time in ns, to three digits; None with fewer than 10 requests
        beyond it.
    max_ns : float
        The longest in ns.
    """

    rate_per_s: float
    utilisation: float
    p50_ns: float | None
    p99_ns: float | None
    p999_ns: float | None
    max_ns: float


def beside_of(result: Mapping[str, Any], served_ns: int) -> Beside | None:
    """Return the commits and other work of a trial, as far as its busy time tells.

    Parameters
    ----------
    result : trial.json object
        Of the trial whose requests were kept.
    served_ns : int
        The sum of its requests' service times.

    Returns
    -------
    Beside or None
        None where there were no commits, or no time is left for them.

    Raises
    ------
    UsageError
        The trial had several workers, each with a queue of its own.
    """
    if result.get("workers", 1) > 1:
        raise UsageError(
            f"{result['label']} ran with {result['workers']} workers: response times at other "
            "rates can be computed for one; run it with --workers 1"
        )
    left_ns = (result["busy_s"] or 0.0) * 1e9 - served_ns
    if not result["commits"] or left_ns <= 0:
        return None
    every = max(1, result["operations"] // result["commits"])
    return Beside(every, left_ns / (result["operations"] // every))


def response_at(
    rate: float,
    service_ns: Services,
    seed: int,
    arrivals: str = "poisson",
    beside: Beside | None = None,
) -> Floats:
    """Return the response time of every request at another rate.

    Parameters
    ----------
    rate : float
        Arrivals per second, above zero.
    service_ns : array of int, shape (n,)
        Service times in the order of the requests.
    seed : int
        Of the arrivals: one seed, one stream, stretched to the rate.
    arrivals : str
        ``poisson`` or ``constant``.
    beside : Beside, optional
        Work between requests, see `beside_of`.

    Returns
    -------
    array of float, shape (n,)
        Nanoseconds; computed.

    Raises
    ------
    UsageError
        No requests, a rate that is not above zero, or unknown arrivals.
    """
    _check([rate], service_ns, arrivals)
    queue = _Queue(rate)
    chunks = _chunks(service_ns, seed, arrivals, beside)
    return np.concatenate([queue.serve(*chunk) for chunk in chunks])


def curve(
    rates: Sequence[float],
    service_ns: Services,
    seed: int,
    arrivals: str = "poisson",
    beside: Beside | None = None,
) -> list[Computed]:
    """Return the response times at several rates, in the order of the rates.

    All rates see the same arrivals, stretched: a higher rate never shortens a response, so that
    the curve has no noise of its own. Takes memory for one chunk and a histogram per rate.

    Parameters
    ----------
    rates : sequence of float, shape (m,)
        Arrivals per second, above zero.
    service_ns, seed, arrivals, beside
        As in `response_at`; ``service_ns`` may be a column of a memory-mapped ``requests.npy``.

    Raises
    ------
    UsageError
        As in `response_at`.
    """
    _check(rates, service_ns, arrivals)
    queues = [_Queue(rate) for rate in rates]
    histograms = [Histogram() for _ in rates]
    longest = [0.0 for _ in rates]
    busy_ns = 0.0
    for units, service, work in _chunks(service_ns, seed, arrivals, beside):
        busy_ns += float(work.sum())
        for number, queue in enumerate(queues):
            responses = queue.serve(units, service, work)
            longest[number] = max(longest[number], float(responses.max()))
            np.minimum(responses, HIGHEST_NS, out=responses)
            histograms[number].add(np.rint(responses, out=responses).astype(np.int64))
    return [
        Computed(
            rate_per_s=rate,
            utilisation=busy_ns / len(service_ns) * rate / 1e9,
            p50_ns=_percentile(histogram, 50.0),
            p99_ns=_percentile(histogram, 99.0),
            p999_ns=_percentile(histogram, 99.9),
            max_ns=slowest,
        )
        for rate, histogram, slowest in zip(rates, histograms, longest, strict=True)
    ]


class _Queue:
    """One server at one rate, with the work that is left from chunk to chunk."""

    def __init__(self, rate: float) -> None:
        self._gap_ns = 1e9 / rate
        self._left_ns = 0.0

    def serve(self, units: Floats, service: Floats, work: Floats) -> Floats:
        """Return the response times of a chunk; the columns stay as they are.

        The recursion without a loop: the wait is the sum of all steps so far, less its lowest
        point so far, at which the queue was empty.
        """
        steps = units * -self._gap_ns
        steps[0] += self._left_ns
        steps[1:] += work[:-1]
        np.cumsum(steps, out=steps)
        lowest = np.minimum(steps, 0.0)
        steps -= np.minimum.accumulate(lowest, out=lowest)
        self._left_ns = float(steps[-1] + work[-1])
        steps += service
        return steps


def _chunks(
    service_ns: Services, seed: int, arrivals: str, beside: Beside | None
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Yield gaps in units of the mean gap, service times, and those with the work beside them."""
    rng = np.random.default_rng(seed)
    for first in range(0, len(service_ns), CHUNK):
        service = service_ns[first : first + CHUNK].astype(np.float64)
        poisson = arrivals == "poisson"
        units = rng.standard_exponential(len(service)) if poisson else np.ones(len(service))
        work = service
        if beside is not None:
            work = service.copy()
            work[(-first - 1) % beside.every :: beside.every] += beside.work_ns
        yield units, service, work


def _check(rates: Sequence[float], service_ns: Services, arrivals: str) -> None:
    if arrivals not in ARRIVALS:
        raise unknown("arrivals", arrivals, ARRIVALS)
    for rate in rates:
        if not 0 < rate < np.inf:
            raise UsageError(f"rate {rate:g}: response times need arrivals per second above 0")
    if not len(service_ns):
        raise UsageError("no requests to compute from: keep them with --keep-requests")


def _percentile(histogram: Histogram, percent: float) -> float | None:
    beyond = round(histogram.total * (100 - percent) / 100, 6)
    return float(min(histogram.percentile(percent), histogram.max)) if beyond >= BEYOND else None
