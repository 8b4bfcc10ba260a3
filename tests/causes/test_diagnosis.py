"""Who is a victim of what: small queues worked by hand, and one against a simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from records import ACK, COMMIT, SPINNING, T0, US, events, evidence, no_evidence, operations

from lab.causes.diagnosis import Diagnosis, Diagnostician
from lab.causes.kinds import Cause, Kind
from lab.trial.block import MISS

NONE, GC = Cause.UNEXPLAINED, Cause.GC


def diagnose(
    *rows: tuple[Any, ...],
    collections: Any = None,
    record: Any = None,
    closed: bool = False,
    by: Diagnostician | None = None,
) -> Diagnosis:
    by = by or Diagnostician(SPINNING, closed_loop=closed)
    columns = operations(*rows)
    if closed:
        columns["due"][:] = 0
    return by.diagnose(
        **columns,
        sent_ns=T0 - 1_000 * US,
        events=events() if collections is None else collections,
        evidence=no_evidence() if record is None else record,
    )


PAUSE = events((10, 1_000, 2))
VICTIMS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 1_010),  # the one inside which the collection ran
    (500, 1_010, 1_110),  # waited 510 for it
    (990, 1_110, 1_210),  # waited 120, and not at all without: the one before was done at 600 then
    (1_100, 1_210, 1_310),  # due after the pause was over, and still behind it: 110 of 210
    (1_111, 1_310, 1_410),  # 199, of which 99 would have been ordinary queueing: 110 of 299
    (1_500, 1_500, 1_600),  # the queue is empty again
    (1_510, 1_600, 1_700),  # ordinary queueing
)


def test_victims_are_those_who_would_not_have_waited() -> None:
    found = diagnose(*VICTIMS, collections=PAUSE)
    assert found.cause.tolist() == [GC, GC, GC, GC, NONE, NONE, NONE]
    assert found.queued.tolist() == [False, True, True, True, False, False, False]
    assert found.kind[:4].tolist() == [Kind.GC2] * 4
    waited = (510 + 120 + 110 + 110) * US
    # 20 of the stall's 1,010 were no collection: a share of every wait behind it
    assert found.waiting_ns[GC] == pytest.approx(waited * 990 / 1_010)


def test_a_backlog_belongs_to_the_stall_that_made_it_long_after_its_end() -> None:
    rows: list[tuple[int, int, int]] = [(0, 0, 10_000)]
    rows += [(10 * n, 10_000 + 5 * (n - 1), 10_000 + 5 * n) for n in range(1, 1_990)]
    found = diagnose(*rows, collections=events((0, 9_995, 2)))
    assert set(found.cause[:1_980].tolist()) == {GC}
    assert 10 * 1_900 > 10_000  # that one was due nine milliseconds after the end of the pause


def test_two_stalls_share_a_backlog_by_their_lengths() -> None:
    # a collection of 6 ms, then a load of 3 ms; a request behind both
    rows = ((0, 0, 6_000), (100, 6_000, 9_000, ACK, MISS), (200, 9_000, 9_010))
    record = evidence(finished=9_000, elapsed=3_000, cpu=100, voluntary=1, load=3_000)
    found = diagnose(*rows, collections=events((0, 6_000, 2)), record=record)
    assert found.cause.tolist() == [GC, GC, GC]
    # the waiting of the last: 8.8 ms, of which the collection made 5.9 in 8.9 (its wait and stall)
    waited = found.waiting_ns / US
    assert waited[Cause.GC] == pytest.approx(5_900 + 8_800 * 5_900 / 8_900)
    assert waited[Cause.LOAD] == pytest.approx(8_800 * 3_000 / 8_900)
    assert waited.sum() == pytest.approx(5_900 + 8_800)


def test_half_is_enough_and_less_is_not() -> None:
    assert diagnose((0, 0, 2_000), collections=events((0, 1_000, 2))).cause.tolist() == [GC]
    assert diagnose((0, 0, 2_000), collections=events((0, 999, 2))).cause.tolist() == [NONE]


def test_generations_add_up_to_one_cause_and_the_largest_is_named() -> None:
    found = diagnose((0, 0, 2_000), collections=events((0, 600, 1), (600, 1_100, 2)))
    assert found.cause.tolist() == [GC]
    assert found.kind.tolist() == [Kind.GC1]


def test_requests_behind_a_commit_are_laid_to_it() -> None:
    found = diagnose((0, 0, 3_000, COMMIT), (10, 3_000, 3_001, ACK))
    assert found.cause.tolist() == [Cause.COMMIT, Cause.COMMIT]
    assert found.waiting_ns[Cause.COMMIT] == pytest.approx(2_990 * US)


def test_a_queue_goes_on_from_block_to_block() -> None:
    whole = diagnose(*VICTIMS, collections=PAUSE)
    by = Diagnostician(SPINNING, closed_loop=False)
    parts = [
        diagnose(*VICTIMS[:2], collections=PAUSE, by=by),
        diagnose(*VICTIMS[2:3], by=by),
        diagnose(*VICTIMS[3:], by=by),
    ]
    assert np.concatenate([part.cause for part in parts]).tolist() == whole.cause.tolist()
    assert sum(part.waiting_ns for part in parts) == pytest.approx(whole.waiting_ns)


def test_too_much_load_is_no_stall() -> None:
    rows = [(10 * n, 15 * n, 15 * n + 15) for n in range(2_000)]
    found = diagnose(*rows)
    assert set(found.cause.tolist()) == {NONE}
    assert found.waiting_ns.sum() == 0


def test_in_a_closed_loop_nobody_waits() -> None:
    rows = ((0, 10, 2_010), (0, 2_020, 2_030))
    found = diagnose(*rows, collections=events((10, 2_000, 2)), closed=True)
    assert found.cause.tolist() == [GC, NONE]
    assert found.queued.tolist() == [False, False]


def test_a_stall_before_the_start_is_waiting_time() -> None:
    record = evidence(finished=2_000, elapsed=2_000, cpu=500)
    found = diagnose((0, 1_500, 2_000), record=record)
    assert found.cause.tolist() == [Cause.DESCHEDULED]
    assert found.waiting_ns[Cause.DESCHEDULED] == pytest.approx(1_500 * US * 1_500 / 2_000)


def test_what_the_witness_takes_belongs_to_the_stall_that_it_looked_into() -> None:
    # descheduled for 1 ms, and for 2 ms more while the witness looked; then a request behind it
    record = evidence(finished=1_010, until=3_010, elapsed=3_010, cpu=10, run_delay=3_000)
    found = diagnose((0, 0, 1_010), (100, 3_010, 3_015), record=record)
    assert found.cause.tolist() == [Cause.DESCHEDULED, Cause.DESCHEDULED]
    assert found.queued.tolist() == [False, True]
    assert found.waiting_ns[Cause.UNEXPLAINED] < 20 * US


def test_the_excess_is_what_a_simulation_without_the_stalls_leaves() -> None:
    rng = np.random.default_rng(5)
    count = 4_000
    due = np.cumsum(rng.exponential(20, count)).astype(np.int64)
    normal = rng.integers(1, 25, count)
    stall = np.where(rng.random(count) < 0.004, rng.integers(300, 2_000, count), 0)
    waits = [lindley(due, normal + stall), lindley(due, normal)]
    start = due + waits[0]
    done = start + normal + stall
    pauses = events(*[(int(start[i]), int(start[i] + stall[i]), 2) for i in np.flatnonzero(stall)])
    # witnessed ones are accounted for whole: their ordinary service would be unexplained
    seen = Diagnostician(
        type(SPINNING)(slow_ns=2**62, fault_ns=1, spinning=True), closed_loop=False
    )
    found = diagnose(*zip(due, start, done, strict=True), collections=pauses, by=seen)
    blamed = found.waiting_ns[Cause.GC] / US
    assert blamed == pytest.approx((waits[0] - waits[1]).sum(), rel=1e-9)
    victims = (waits[0] - waits[1] + stall) * 2 >= done - due
    assert (found.cause == GC).tolist() == (victims & (waits[0] - waits[1] + stall > 0)).tolist()


def lindley(due: Any, service: Any) -> Any:
    waits = np.zeros(len(due), np.int64)
    for i in range(1, len(due)):
        waits[i] = max(0, waits[i - 1] + service[i - 1] - (due[i] - due[i - 1]))
    return waits
