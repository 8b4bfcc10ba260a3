"""A run of several runtimes in tables, charts and exports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn import line, texts, xy
from rich.console import Console

from lab.report import charts
from lab.report.beside import beside_parts
from lab.report.charts.data import OF_A_CYCLE
from lab.report.describe import by_runtime, describe
from lab.report.details import details_parts
from lab.report.html import html_page
from lab.report.html.payload import charts_json, page_trials
from lab.report.table import run_tables
from lab.report.view import run_view
from lab.store import StoredRun
from tests.analysis.made_run import trial, write_run
from tests.analysis.two_runtimes import CYCLES_S, MS, two_runtimes
from tests.report.export.stored_run import parts_of
from tests.report.fake_run import fake_run, small


@pytest.fixture
def stored(tmp_path: Path) -> StoredRun:
    return two_runtimes(tmp_path / "run")


@pytest.fixture
def one_runtime(tmp_path: Path) -> StoredRun:
    return write_run(tmp_path / "one", [trial("slots"), trial("flat")])


def printed(stored: StoredRun, width: int) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for table in run_tables(stored, width):
        console.print(table)
    return console.export_text()


def test_each_row_says_what_served_it(stored: StoredRun) -> None:
    for width in (79, 200):
        text = printed(stored, width)
        assert text.count("Tongue") == text.count("Metal") == 1
        assert "1.2.3" in text


def test_where_all_is_served_alike_the_head_says_it(one_runtime: StoredRun) -> None:
    assert "CPython" not in printed(one_runtime, 200)
    assert "CPython 3.11.7, AMD EPYC, 2 cores" in describe(one_runtime)
    assert by_runtime(one_runtime) == ""


def test_the_head_names_all_and_a_chart_says_which(stored: StoredRun) -> None:
    head = describe(stored).splitlines()[1]
    assert head == "CPython 3.11.7 and Tongue 1.2.3 and Metal 9, AMD EPYC, 2 cores"
    assert by_runtime(stored) == "\nCPython 3.11.7: slots; Tongue 1.2.3: beside; Metal 9: without"
    assert "Tongue 1.2.3: beside" in run_view(stored).caption


def test_a_view_tells_cycles_from_pauses(stored: StoredRun) -> None:
    slots, other, bare = run_view(stored).trials
    assert slots.pause_generation.tolist() == [2, 2]
    assert slots.cycle_ns.size == 0
    assert other.pause_generation.tolist() == [OF_A_CYCLE] * 6
    assert other.cycle_start_s.tolist() == [float(at) for at in CYCLES_S]
    assert set(other.cycle_ns) == {300 * MS}
    assert bare.pause_ns.size == bare.cycle_ns.size == 0


def test_a_cycle_is_a_band_of_its_own_kind() -> None:
    trial_view = replace(
        small("flat"),
        pause_start_s=np.array([2.0, 2.3]),
        pause_ns=np.array([40_000, 60_000]),
        pause_generation=np.array([OF_A_CYCLE] * 2),
        cycle_start_s=np.array([2.0]),
        cycle_ns=np.array([300_000_000]),
    )
    figure = charts.draw("timeline", fake_run(trial_view))
    (panel,) = figure.axes
    (band,) = panel.collections
    (path,) = band.get_paths()
    assert path.vertices[:, 0].min() == 2.0
    assert path.vertices[:, 0].max() == 2.3
    assert band.get_hatch() == "///"
    assert len(xy(line(panel, "pause at either end of one beside the requests"))[0]) == 6
    said = texts(figure)
    assert "collection beside the requests, to scale" in said
    assert "GC pause, to scale" not in said
    assert "1 full collection, longest GC pause 60.0 us" in said


def test_every_chart_is_drawn_of_such_a_run(stored: StoredRun) -> None:
    view = run_view(stored)
    assert {"timeline", "percentiles"} <= set(charts.chosen(view))
    for name in charts.available():
        charts.draw(name, view)


def test_the_details_say_what_ran_beside_took(stored: StoredRun, one_runtime: StoredRun) -> None:
    (part,) = beside_parts(stored)
    cells = [list(column.cells) for column in part.table.columns]
    assert [str(column[0]) for column in cells] == [
        *("beside", "3", "9.0 %", "50.0 ms", "600 ms", "300 us"),
    ]
    assert part.table.row_count == 1
    assert list(beside_parts(one_runtime)) == []
    assert details_parts(stored, 100)[-1].title == part.title


def test_the_page_has_the_cycles_and_says_what_served(stored: StoredRun) -> None:
    view = run_view(stored)
    slots, other, bare = charts_json(view, stored, page_trials(stored, view))["trials"]
    assert other["cycles"] == {
        "start_us": [at * 1_000_000 for at in CYCLES_S],
        "ns": [300 * MS] * 3,
    }
    assert other["pauses"]["full"] == [0] * 6
    assert slots["cycles"] == bare["cycles"] == {"start_us": [], "ns": []}
    page = html_page(stored)
    assert "Tongue 1.2.3, concurrent collector" in page
    assert "Metal 9, no collector" in page
    assert "3, 900 ms in all" in page
    assert "collector's processor time, background" in page.replace("&#x27;", "'")


def test_a_trace_has_a_track_for_what_ran_beside(stored: StoredRun) -> None:
    files, _ = parts_of("perfetto", stored)
    events = json.loads(files["trace.json"])["traceEvents"]
    tracks = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }
    lengths: dict[str, list[float]] = {}
    for event in events:
        if event["ph"] == "X" and event.get("cat") == "gc" and event["pid"] == 2:
            lengths.setdefault(tracks[event["pid"], event["tid"]], []).append(event["dur"])
    assert lengths["GC beside requests"] == [300_000] * 3
    assert lengths["GC pauses"] == [40, 60] * 3
