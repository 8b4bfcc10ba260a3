"""Where the time of one operation went, each case worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from records import (
    ACK,
    COMMIT,
    SLEEPING,
    SPINNING,
    US,
    cycles,
    events,
    evidence,
    no_evidence,
    served,
)

from lab.causes.kinds import CAUSE_OF, CAUSES, GROUPS, Cause, Kind
from lab.causes.stalls import Instrument, Served, Stalls, find_stalls, match
from lab.trial.block import EVICTED, MISS

ONE = served((0, 0, 10_000))
EVICTION = served((0, 0, 10_000, ACK, MISS | EVICTED))
MISSED = served((0, 0, 10_000, ACK, MISS))


def parts(
    rows: Served = ONE,
    collections: object = None,
    record: object = None,
    instrument: Instrument = SPINNING,
) -> dict[str, float]:
    """Account for the only stall there is; us by kind, nothing where there was none."""
    found = stalls(rows, collections, record, instrument)
    assert found.rows.tolist() == [0]
    return {Kind(kind).name: part / US for kind, part in enumerate(found.parts_ns[0]) if part}


def stalls(
    rows: Served, collections: object, record: object, instrument: Instrument = SPINNING
) -> Stalls:
    return find_stalls(
        rows,
        events() if collections is None else collections,  # type: ignore[arg-type]
        match(rows.finished, no_evidence() if record is None else record),  # type: ignore[arg-type]
        instrument,
    )


def test_every_kind_has_a_cause() -> None:
    assert (
        *("gc", "rehash", "drop", "load", "commit", "descheduled", "fault", "unexplained"),
    ) == CAUSES
    assert [Cause(cause).name for cause in CAUSE_OF] == [
        *("GC", "GC", "GC", "REHASH", "DROP", "LOAD", "COMMIT", "DESCHEDULED", "FAULT"),
        *("UNEXPLAINED", "UNEXPLAINED", "UNEXPLAINED"),
    ]
    assert GROUPS.shape == (12, 8)
    assert (GROUPS.sum(axis=1) == 1).all()


def test_a_fast_operation_is_no_stall() -> None:
    assert stalls(served((0, 0, 250)), None, None).rows.tolist() == []
    assert stalls(served((0, 0, 251)), None, None).rows.tolist() == [0]


def test_without_a_witness_a_slow_operation_is_unexplained() -> None:
    assert parts() == {"UNEXPLAINED": 10_000}


def test_a_collection_takes_what_it_overlaps() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    assert parts(ONE, events((1_000, 9_000, 2)), record) == {"GC2": 8_000, "UNEXPLAINED": 2_000}


def test_a_collection_that_began_before_the_operation_counts_from_its_beginning() -> None:
    rows = served((0, 0, 100), (5_000, 6_000, 6_100))
    found = stalls(rows, events((4_000, 6_000, 1)), None)
    assert found.rows.tolist() == [1]
    assert found.parts_ns[0, Kind.GC1] == 1_000 * US  # from its due time on: nobody waited before


def test_a_young_collection_in_a_fast_operation_is_known_too() -> None:
    rows = served((0, 0, 200))
    assert parts(rows, events((50, 150, 0))) == {"GC0": 100}  # and the rest is ordinary service


def test_a_collection_in_an_idle_gap_hits_nobody() -> None:
    rows = served((0, 0, 10), (1_000, 1_000, 1_010))
    assert stalls(rows, events((100, 900, 2)), None).rows.tolist() == []


def test_several_collections_in_one_operation() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    both = events((0, 4_000, 1), (5_000, 10_000, 2))
    assert parts(ONE, both, record) == {"GC1": 4_000, "GC2": 5_000, "UNEXPLAINED": 1_000}


def test_time_on_the_run_queue_comes_first() -> None:
    # a collection of 10 ms of which the process was off the processor for 6
    record = evidence(finished=10_000, elapsed=10_000, run_delay=6_000, cpu=4_000)
    assert parts(ONE, events((0, 10_000, 2)), record) == {"DESCHEDULED": 6_000, "GC2": 4_000}


def test_time_that_the_hypervisor_took_shows_as_neither_run_nor_queued() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=3_000)
    assert parts(record=record) == {"DESCHEDULED": 7_000, "UNEXPLAINED": 3_000}


def test_off_the_processor_of_its_own_accord_is_blocked() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=1_000, voluntary=1)
    assert parts(record=record) == {"BLOCKED": 9_000, "UNEXPLAINED": 1_000}


def test_a_sleeping_worker_is_off_the_processor_between_requests_too() -> None:
    record = evidence(finished=10_000, elapsed=90_000, cpu=10_000, voluntary=40)
    assert parts(record=record, instrument=SLEEPING) == {"UNEXPLAINED": 10_000}
    record = evidence(finished=10_000, elapsed=90_000, cpu=10_000, voluntary=40, run_delay=8_000)
    found = parts(record=record, instrument=SLEEPING)
    assert found == {"DESCHEDULED": 8_000, "UNEXPLAINED": 2_000}


def test_the_time_in_the_database_is_its_own() -> None:
    waits = evidence(finished=10_000, elapsed=10_000, cpu=500, voluntary=3, load=7_000, save=2_000)
    assert parts(EVICTION, record=waits) == {
        "LOAD": 7_000,
        "COMMIT": 2_000,
        "BLOCKED": 500,
        "DROP": 500,
    }


def test_a_load_that_was_preempted_was_not_slow_by_itself() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=500, run_delay=9_400, load=9_900)
    found = parts(MISSED, record=record)
    assert found["DESCHEDULED"] == pytest.approx(9_500)
    assert found["LOAD"] == pytest.approx(500)


def test_a_commit_is_a_commit_whatever_it_does() -> None:
    rows = served((0, 0, 10_000, COMMIT))
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=9_000, epochs=1)
    assert parts(rows, record=record) == {"COMMIT": 10_000}
    assert parts(rows, events((0, 4_000, 2)), record) == {"GC2": 4_000, "COMMIT": 6_000}


def test_a_fast_commit_is_one_too() -> None:
    assert parts(served((0, 0, 40, COMMIT))) == {"COMMIT": 40}


def test_a_rehash_takes_the_time_on_the_processor() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=9_000, epochs=1, minor_faults=8_000)
    assert parts(EVICTION, record=record) == {"DESCHEDULED": 1_000, "REHASH": 9_000}


def test_page_faults_need_half_of_what_is_left() -> None:
    enough = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=5_000)
    assert parts(record=enough) == {"FAULT": 10_000}
    few = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=4_999)
    assert parts(record=few) == {"FAULT": 4_999, "UNEXPLAINED": 5_001}


def test_dear_page_faults_show_as_time_in_the_kernel() -> None:
    seen = {"finished": 10_000, "elapsed": 10_000, "cpu": 10_000, "minor_faults": 2_000}
    assert parts(record=evidence(**seen, kernel=5_000)) == {"FAULT": 10_000}
    assert parts(record=evidence(**seen, kernel=4_000)) == {"FAULT": 4_000, "UNEXPLAINED": 6_000}


def test_time_in_the_kernel_is_that_of_faults_up_to_what_so_many_may_cost() -> None:
    few = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=50, kernel=9_000)
    assert parts(record=few) == {"FAULT": 500, "UNEXPLAINED": 9_500}
    none = evidence(finished=10_000, elapsed=10_000, cpu=10_000, kernel=9_000)
    assert parts(record=none) == {"UNEXPLAINED": 10_000}


def test_a_fault_that_waits_for_the_disk() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=1_000, voluntary=2, major_faults=1)
    assert parts(record=record) == {"FAULT": 9_000, "UNEXPLAINED": 1_000}


def test_an_eviction_takes_what_nothing_else_explains() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=100)
    assert parts(EVICTION, record=record) == {"FAULT": 100, "DROP": 9_900}
    assert parts(MISSED, record=record) == {"FAULT": 100, "UNEXPLAINED": 9_900}


def test_an_eviction_takes_nothing_where_what_is_dropped_is_freed_later() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    traced = replace(SPINNING, frees_at_once=False)
    assert parts(EVICTION, record=record, instrument=traced) == {"UNEXPLAINED": 10_000}


def test_counters_never_explain_more_than_there_is() -> None:
    record = evidence(finished=10_000, elapsed=95_000, cpu=1_000, run_delay=50_000, load=40_000)
    # at most 85 of the 94 ms off the processor can lie before it
    assert parts(ONE, events((0, 10_000, 2)), record) == {"DESCHEDULED": 9_000, "GC2": 1_000}
    record = evidence(finished=10_000, elapsed=95_000, cpu=1_000, load=90_000)
    assert parts(MISSED, record=record) == {"DESCHEDULED": 9_000, "LOAD": 1_000}


def test_what_the_lab_handed_over_late_is_the_labs() -> None:
    rows = served((0, 4_000, 4_010), sent=3_900)
    assert parts(rows)["LATE"] == 3_900
    assert CAUSE_OF[Kind.LATE] == Cause.UNEXPLAINED


def test_evidence_of_another_operation_is_not_used() -> None:
    record = evidence(finished=9_999, elapsed=10_000, cpu=10_000, epochs=1)
    assert parts(record=record) == {"UNEXPLAINED": 10_000}


def test_each_operation_has_its_own() -> None:
    rows = served((0, 0, 1_000), (2_000, 2_000, 2_005), (3_000, 3_000, 4_000))
    records = np.concatenate(
        [
            evidence(finished=1_000, elapsed=1_000, cpu=1_000, epochs=1),
            evidence(finished=4_000, elapsed=3_000, cpu=2_000),
        ]
    )
    found = stalls(rows, None, records)
    assert found.rows.tolist() == [0, 2]
    assert found.parts_ns[0, Kind.REHASH] == 1_000 * US
    assert found.parts_ns[1, Kind.DESCHEDULED] == 1_000 * US


# --- a window much longer than the operation ------------------------------------------------------


LAST = (50_000, 50_000, 60_000)
"""An operation of 10 ms behind fifty that took 200 us each: below the limit, and 10 ms together."""


def behind_fifty(outcome: int, *last: int) -> Served:
    fifty = [(1_000 * n, 1_000 * n, 1_000 * n + 200, ACK, outcome) for n in range(50)]
    return served(*fifty, (*LAST, *last))


def last_parts(rows: Served, collections: object = None, **seen: int) -> dict[str, float]:
    """Account for the last operation, whose window holds all of them; us by kind."""
    record = evidence(**{"finished": 60_000, "elapsed": 60_001, "cpu": 60_001, **seen})
    found = stalls(rows, collections, record)
    assert found.rows.tolist() == [50]
    return {Kind(kind).name: part / US for kind, part in enumerate(found.parts_ns[0]) if part}


def test_loads_of_others_explain_neither_a_rehash_nor_a_drop() -> None:
    hit, evicts = behind_fifty(MISS), behind_fifty(MISS, ACK, MISS | EVICTED)
    assert last_parts(hit, load=9_900, epochs=1) == {"REHASH": 10_000}
    assert last_parts(evicts, load=10_000) == {"DROP": 10_000}
    assert last_parts(evicts, load=17_000) == {"LOAD": 7_000, "DROP": 3_000}


def test_saves_of_others_are_theirs() -> None:
    evicted = MISS | EVICTED
    assert last_parts(behind_fifty(evicted, ACK, evicted), save=10_000) == {"DROP": 10_000}
    found = last_parts(behind_fifty(evicted, ACK, evicted), load=9_000, save=5_000)
    assert found["LOAD"] + found["COMMIT"] == pytest.approx(4_000)
    assert last_parts(behind_fifty(evicted, ACK, MISS), save=10_000) == {"UNEXPLAINED": 10_000}


def test_others_before_the_last_look_spent_nothing_in_the_window() -> None:
    # the ten from 40 ms on: 2 ms
    rows = behind_fifty(MISS, ACK, MISS | EVICTED)
    found = last_parts(rows, elapsed=20_000, cpu=20_000, load=9_000)
    assert found == {"LOAD": 7_000, "DROP": 3_000}


def test_page_faults_are_shared_by_the_time_that_operations_took() -> None:
    evicts = behind_fifty(0, ACK, MISS | EVICTED)
    assert last_parts(evicts, minor_faults=6_000) == {"FAULT": 3_000, "DROP": 7_000}
    assert last_parts(evicts, minor_faults=10_000) == {"FAULT": 10_000}


def test_a_timed_collection_comes_before_time_off_the_processor_that_may_lie_elsewhere() -> None:
    rows = served((90_000, 90_000, 100_000))
    idle = evidence(finished=100_000, elapsed=100_000, cpu=92_000)
    assert parts(rows, events((90_000, 100_000, 2)), idle) == {"GC2": 10_000}
    assert parts(rows, record=idle) == {"DESCHEDULED": 8_000, "UNEXPLAINED": 2_000}


def test_what_cannot_lie_elsewhere_comes_before_the_collection() -> None:
    rows = served((90_000, 90_000, 100_000))
    record = evidence(finished=100_000, elapsed=12_000, cpu=4_000)
    found = parts(rows, events((90_000, 100_000, 2)), record)
    assert found == {"DESCHEDULED": 6_000, "GC2": 4_000}


# --- a collector that runs beside the operations ------------------------------------------------


def test_time_on_the_processor_in_a_cycle_with_nothing_else_found_is_the_collectors() -> None:
    # the request had to help with the marking: from 2 to 10 ms a cycle was under way
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    assert parts(ONE, cycles((2_000, 30_000)), record) == {"GC2": 8_000, "UNEXPLAINED": 2_000}


def test_off_the_processor_of_its_own_accord_in_a_cycle_is_the_collectors() -> None:
    # 9 ms parked, 5 of its 10 ms in a cycle: no more than those can be laid to it
    record = evidence(finished=10_000, elapsed=10_000, cpu=1_000, voluntary=1)
    found = parts(ONE, cycles((-3_000, 5_000)), record)
    assert found == {"GC2": 5_000, "BLOCKED": 4_000, "UNEXPLAINED": 1_000}
    assert parts(ONE, cycles((-3_000, 50_000)), record) == {"GC2": 10_000}


def test_time_on_the_run_queue_in_a_cycle_stays_descheduled() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=2_000, run_delay=8_000)
    found = parts(ONE, cycles((-3_000, 50_000)), record)
    assert found == {"DESCHEDULED": 8_000, "GC2": 2_000}


def test_what_has_another_cause_in_a_cycle_keeps_it() -> None:
    under_way = cycles((-3_000, 50_000))
    rehash = evidence(finished=10_000, elapsed=10_000, cpu=10_000, epochs=1)
    assert parts(ONE, under_way, rehash) == {"REHASH": 10_000}
    faults = evidence(finished=10_000, elapsed=10_000, cpu=10_000, minor_faults=6_000)
    assert parts(ONE, under_way, faults) == {"FAULT": 10_000}
    loads = evidence(finished=10_000, elapsed=10_000, cpu=10_000, load=9_000)
    assert parts(MISSED, under_way, loads) == {"LOAD": 9_000, "GC2": 1_000}
    disk = evidence(finished=10_000, elapsed=10_000, cpu=1_000, voluntary=2, major_faults=1)
    assert parts(ONE, under_way, disk) == {"FAULT": 9_000, "GC2": 1_000}


def test_an_eviction_in_a_cycle_frees_nothing() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    assert parts(EVICTION, cycles((4_000, 50_000)), record) == {"GC2": 6_000, "DROP": 4_000}


def test_a_commit_in_a_cycle_is_a_commit_but_for_the_time_that_it_was_parked() -> None:
    rows = served((0, 0, 10_000, COMMIT))
    record = evidence(finished=10_000, elapsed=10_000, cpu=7_000, voluntary=1)
    assert parts(rows, cycles((0, 50_000)), record) == {"GC2": 3_000, "COMMIT": 7_000}


def test_a_cycles_own_pauses_are_not_counted_twice() -> None:
    # 1 ms paused at either end of a cycle of 6: 4 more are its, and 4 nobody's
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    both = np.concatenate([events((1_000, 2_000, 0), (6_000, 7_000, 0)), cycles((1_000, 7_000))])
    assert parts(ONE, both, record) == {"GC0": 2_000, "GC2": 4_000, "UNEXPLAINED": 4_000}


def test_several_cycles_in_one_operation() -> None:
    record = evidence(finished=10_000, elapsed=10_000, cpu=10_000)
    several = cycles((-500, 1_000), (3_000, 5_000), (5_000, 6_000), (9_500, 12_000))
    assert parts(ONE, several, record) == {"GC2": 4_500, "UNEXPLAINED": 5_500}


def test_a_fast_operation_in_a_cycle_is_no_stall() -> None:
    assert stalls(served((0, 0, 200)), cycles((0, 50_000)), None).rows.tolist() == []


def test_every_operation_in_a_cycle_has_its_part() -> None:
    rows = served((0, 0, 1_000), (2_000, 2_000, 2_005), (3_000, 3_000, 4_000))
    records = np.concatenate(
        [
            evidence(finished=1_000, elapsed=1_000, cpu=1_000),
            evidence(finished=4_000, elapsed=3_000, cpu=3_000),
        ]
    )
    found = stalls(rows, cycles((400, 3_700)), records)
    assert found.rows.tolist() == [0, 2]
    assert found.parts_ns[:, Kind.GC2].tolist() == [600 * US, 700 * US]
