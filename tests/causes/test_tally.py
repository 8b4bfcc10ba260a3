from __future__ import annotations

import numpy as np

from lab.causes.kinds import CAUSES, Cause
from lab.causes.tally import Tally
from lab.histogram import Histogram

MS = 1_000_000


def filled() -> tuple[Tally, Histogram]:
    tally, whole = Tally(), Histogram()
    times = np.concatenate([np.full(980, 1_000), np.full(15, 50 * MS), np.full(5, 90 * MS)])
    causes = np.full(1_000, Cause.UNEXPLAINED, np.uint8)
    causes[980:992] = Cause.GC
    causes[995:999] = Cause.REHASH
    for part in (slice(0, 600), slice(600, 1_000)):
        tally.add(times[part], causes[part])
        whole.add(times[part])
    return tally, whole


def test_shares_above_a_percentile() -> None:
    tally, whole = filled()
    shares = tally.above(1_000, whole)
    assert tuple(shares) == CAUSES
    assert (shares["gc"], shares["rehash"], shares["unexplained"]) == (0.6, 0.2, 0.2)
    shares = tally.above(60 * MS, whole)
    assert (shares["gc"], shares["rehash"], shares["unexplained"]) == (0.0, 0.8, 0.2)


def test_nothing_above_is_no_share() -> None:
    tally, whole = filled()
    assert tally.above(whole.max, whole) == {}
    assert tally.above(None, whole) == {}
    assert Tally().above(0, Histogram()) == {}


def test_waiting_time_that_no_stall_made_is_unexplained() -> None:
    tally = Tally()
    assert tally.waiting() == {}
    by_cause = np.zeros(len(Cause))
    by_cause[Cause.GC], by_cause[Cause.UNEXPLAINED] = 600, 100
    tally.add_waiting(700, by_cause)
    tally.add_waiting(300, np.zeros(len(Cause)))
    shares = tally.waiting()
    assert (shares["gc"], shares["unexplained"]) == (0.6, 0.4)


def test_slow_requests_are_counted_by_cause() -> None:
    tally = Tally()
    tally.add_slow(np.array([Cause.GC, Cause.GC, Cause.FAULT], np.uint8))
    tally.add_slow(np.array([Cause.GC], np.uint8))
    assert (tally.slow["gc"], tally.slow["fault"], tally.slow["drop"]) == (3, 1, 0)
