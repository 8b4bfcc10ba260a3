"""The trace against the rules of the Trace Event Format, and against a run made by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lab.report.export.clock import clock_of
from lab.report.export.trace_events import Slice, TraceEvents
from lab.store import StoredRun
from tests.analysis.made_run import MS, trial
from tests.report.export.stored_run import GC, PHASES_S, S, log, made, parts_of

Event = dict[str, Any]
T0_US = 3_650_000
"""From the first moment of the run to t0: the lead of 50 ms, and 3.6 s of the resources' clock,
since the measured phase began in the middle between the samples at 3.5 and 3.7 s."""


def trace_of(stored: StoredRun, lanes: int = 20) -> tuple[list[Event], list[str]]:
    files, notes = parts_of("perfetto", stored, lanes)
    content = json.loads(files["trace.json"])
    assert content["displayTimeUnit"] == "ms"
    assert content["otherData"]["notes"] == "; ".join(notes)
    assert content["otherData"]["question"] == "Does it?"
    return content["traceEvents"], notes


def track_names(events: list[Event]) -> dict[tuple[int, int], str]:
    return {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }


def on_track(events: list[Event], name: str, pid: int = 1) -> list[Event]:
    names = track_names(events)
    return [
        event
        for event in events
        if event["ph"] == "X" and event["pid"] == pid and names[pid, event["tid"]] == name
    ]


def check_rules(events: list[Event]) -> None:
    """Hold a trace against the format: what events must have, and that those of a track nest."""
    tracks = defaultdict(list)
    processes = {event["pid"] for event in events if event["name"] == "process_name"}
    threads = track_names(events)
    for event in events:
        assert {"ph", "ts", "pid", "tid", "name"} <= set(event)
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert event["ph"] in ("X", "M", "C")
        assert event["ts"] >= 0
        assert event["pid"] in processes
        assert (event["pid"], event["tid"]) in threads
        if event["ph"] == "X":
            assert event["dur"] >= 0
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        if event["ph"] == "C":
            assert all(isinstance(value, int | float) for value in event["args"].values())
    for slices in tracks.values():
        ordered = sorted(slices)
        assert all(end <= start for (_, end), (start, _) in pairwise(ordered))
    tids = [tid for _, tid in threads]
    assert len(set(tids)) == len(tids)
    assert not set(tids) & processes


@pytest.mark.parametrize("lanes", [1, 2, 20])
def test_a_trace_keeps_the_rules_of_the_format(tmp_path: Path, lanes: int) -> None:
    events, _ = trace_of(made(tmp_path / "mine"), lanes)

    check_rules(events)


def test_each_trial_is_a_process(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine", trial("dict", status="failed", phases_s={}))
    events, _ = trace_of(stored)

    check_rules(events)
    named = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert named == {1: "slots entries=300k, repeat 1", 2: "flat, repeat 1", 3: "dict, repeat 1"}
    labels = {e["pid"]: e["args"]["labels"] for e in events if e["name"] == "process_labels"}
    assert labels == {3: "failed"}


def test_a_trial_that_is_not_valid_is_labelled(tmp_path: Path) -> None:
    events, _ = trace_of(made(tmp_path / "mine", valid=False))

    labels = [e["args"]["labels"] for e in events if e["name"] == "process_labels"]
    assert labels == ["not valid"]


def test_measured_phases_begin_together(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine", trial("dict", phases_s={**PHASES_S, "fill": 9.0}))
    events, _ = trace_of(stored)

    measure = {
        pid: [e["ts"] for e in on_track(events, "phases", pid) if e["name"] == "measure"]
        for pid in (1, 2, 3)
    }
    assert measure == {1: [11_500_000.0], 2: [11_500_000.0], 3: [11_500_000.0]}
    first = on_track(events, "phases", 3)
    # a microsecond shorter than they were, so that they find place on one track
    assert [(e["name"], e["ts"], e["dur"]) for e in first] == [
        ("fill", 0, 9e6 - 1),
        ("age", 9e6, 2e6 - 1),
        ("warm up", 11e6, 5e5 - 1),
        ("measure", 11.5e6, 4.05e6 - 1),
        ("dump", 15.55e6, 2.5e5 - 1),
    ]


def test_collections_are_named_after_their_generation(tmp_path: Path) -> None:
    events, _ = trace_of(made(tmp_path / "mine"))

    young, full = on_track(events, "GC pauses")
    assert (young["name"], young["ts"], young["dur"]) == ("gen0", T0_US + 100_000, 200)
    assert (full["name"], full["ts"], full["dur"]) == ("gen2", T0_US + 1_050_000, 220_000)
    assert full["args"] == {"collected": 1234, "uncollectable": 5, "explicit": 0}
    assert on_track(events, "GC pauses", pid=2) == []


def test_workers_collect_on_tracks_of_their_own(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / "gc.csv").write_text(GC + "1060000000,90000000,2,0,0,0,1\n")
    events, _ = trace_of(stored)

    check_rules(events)
    assert len(on_track(events, "GC pauses of worker 0")) == 2
    assert len(on_track(events, "GC pauses of worker 1")) == 1


def test_requests_that_overlap_have_tracks_of_their_own(tmp_path: Path) -> None:
    events, notes = trace_of(made(tmp_path / "mine"))

    assert [e["args"]["request"] for e in on_track(events, "slow requests")] == [1050, 3000]
    assert [e["args"]["request"] for e in on_track(events, "slow requests 2")] == [1100]
    (third,) = on_track(events, "slow requests 3")
    # from the moment at which it was due, in the middle of the pause
    assert (third["name"], third["ts"], third["dur"]) == ("gc", T0_US + 1_200_000, 70_001)
    assert third["args"] == {
        "request": 1200,
        "operation": "ack",
        "outcome": "miss",
        "key": 44,
        "kind": "gc2",
        "queued_ms": 70.0,
        "service_ms": 0.001,
    }
    first = on_track(events, "slow requests")[0]
    assert (first["args"]["operation"], first["args"]["outcome"]) == (
        "mention",
        "miss evicted another",
    )
    assert not any("not drawn" in note for note in notes)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    events, notes = trace_of(made(tmp_path / "mine"), lanes=1)

    assert [e["args"]["request"] for e in events if e.get("cat") == "request"] == [1050, 3000]
    assert (
        "01-slots: 2 of 4 slow requests are not drawn: more than 1 at once (--limit); "
        "the longest of them took 170 ms"
    ) in notes


def test_requests_that_were_not_stored_are_counted(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine", slow_requests=5)
    assert (
        "01-slots: 4 of its 5 slow requests are stored, later ones sampled" in trace_of(stored)[1]
    )

    (stored.trials[0].folder / "slow.csv").unlink()
    assert trace_of(stored)[1][0] == (
        "1 of 2 trials have no slow.csv stored: none of their slow requests is drawn"
    )


def test_the_machines_stalls_have_a_track(tmp_path: Path) -> None:
    events, _ = trace_of(made(tmp_path / "mine"))

    (stall,) = on_track(events, "machine stalls, seen on another core")
    assert (stall["ts"], stall["dur"]) == (T0_US + 500_000, 1_500)


def counted(events: list[Event], name: str) -> list[tuple[float, float]]:
    """Return a counter of the first trial: ms after t0, value."""
    return [
        ((event["ts"] - T0_US) / 1000, *event["args"].values())
        for event in events
        if event["ph"] == "C" and event["name"] == name and event["pid"] == 1
    ]


def test_response_times_are_counted_per_interval_and_end(tmp_path: Path) -> None:
    events, _ = trace_of(made(tmp_path / "mine"))

    # requests were due in the intervals from 0 and from 200 ms; none in that from 100 ms
    assert counted(events, "response max") == [(0, 1.0), (100, 0), (200, 10.0), (300, 0)]
    assert next(e["args"] for e in events if e["name"] == "response max") == {"ms": 1.0}


def test_a_closed_loop_has_service_times_and_no_lead(tmp_path: Path) -> None:
    load = {**trial()["load"], "closed_loop": True}
    events, _ = trace_of(made(tmp_path / "mine", load=load))

    assert not counted(events, "response max")
    assert any(event["name"] == "service max" for event in events)


def test_memory_and_processor_are_counted(tmp_path: Path) -> None:
    events, notes = trace_of(made(tmp_path / "mine"))

    # the measured phase begins 50 ms before t0, taken to be 3.6 s after counting began
    moments = [-3_400.0, -150.0, 50.0, 550.0]
    assert counted(events, "resident memory") == list(zip(moments, (40, 50, 51, 52), strict=True))
    assert counted(events, "CPU") == [(-3_400.0, 1.0), (-150.0, 0.75), (50.0, 1.0)]
    assert notes == ["memory and CPU may lie up to 100 ms too early or too late"]


def test_resources_without_a_measured_phase_have_no_place_in_time() -> None:
    table = pd.DataFrame({"elapsed_ns": [5], "phase": ["fill"]})
    clock = clock_of({"load": {"closed_loop": False}, "phases_s": {"fill": 1.0}}, table)

    assert (clock.resources_zero_ns, clock.resources_error_ns) == (None, 0)
    assert clock.first_ns == -S - 50 * MS


def test_the_measured_phase_of_a_closed_loop_begins_at_t0() -> None:
    result = {"load": {"closed_loop": True}, "phases_s": {"fill": 1.0, "measure": 2.0}}

    assert clock_of(result, pd.DataFrame()).phases == (("fill", -S, S), ("measure", 0, 2 * S))


def test_percentiles_of_full_intervals_are_counted(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    one = stored.trials[0]
    (one.folder / "response.hlog").unlink()
    log(one.folder, "response", {0: [MS] * 2_000, 100: [MS]})
    events, _ = trace_of(stored)

    ((at, p99), *rest) = counted(events, "response p99")
    assert (at, p99) == (0, pytest.approx(1.0, rel=1e-3))
    assert [value for _, value in rest] == [0, 0]


def test_times_are_exact_to_the_nanosecond() -> None:
    trace = TraceEvents(3)
    trace.process(1, "a")
    trace.slices(1, "t", "c", [Slice("x", 3_600_000_000_000, 1_234_567)])

    (event,) = [each for each in trace.events if each["ph"] == "X"]
    assert json.dumps([event["ts"], event["dur"]]) == "[3600000000.003, 1234.567]"
