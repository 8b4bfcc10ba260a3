"""The tables beyond that of a run, and their JSON; the analysis' tests work the figures out."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lab.report.details import details_json, details_parts, rates_part
from lab.report.parts import Part, show_parts
from lab.store import StoredRun, load_run
from tests.analysis.made_run import MS, US, Json
from tests.analysis.test_details import (
    FULL,
    TWO,
    computed_run,
    constant,
    keep_requests,
    played,
    store,
)

ROOT = Path(__file__).resolve().parents[2]
LONG = "slots:update=in-place,pending=coalesce+thresholds:5000,10,10"


def printed(parts: list[Part], width: int = 120) -> str:
    out = io.StringIO()
    show_parts(Console(file=out, width=width, color_system=None), parts)
    return out.getvalue()


def row(text: str, label: str) -> str:
    """Return the cells of the first row that begins with a label, with single spaces between."""
    rows = (line.split() for line in text.splitlines())
    return " ".join(next(words[1:] for words in rows if words[:1] == [label]))


def tables(stored: StoredRun, width: int = 120) -> dict[str, str]:
    """Return what is printed of each part by the first word of its title."""
    return {
        part.title.split()[0].strip(":"): printed([part]) for part in details_parts(stored, width)
    }


def two_strategies(folder: Path, **over: Any) -> StoredRun:
    slots = played("slots", bytes=230.6, busy_s=2.0, **over)
    flat = played("flat", busy_s=1.2, bytes=40.0, **over)
    flat["gc"] = {**flat["gc"], "total_ns": 0}
    return store(folder, [(slots, TWO), (flat, [])])


def test_spikes_have_a_row_and_their_absence_a_reason(tmp_path: Path) -> None:
    text = tables(two_strategies(tmp_path))["Spikes"]

    # count, period, predicted, worst, recovery, spoiled
    assert row(text, "slots") == "2 2.00 s 3.88 s 220 ms 250 ms 220"
    assert row(text, "flat") == "- - - - - -"
    assert text.count("no full collection") == 1
    assert "not normal again" not in text


def test_a_spread_of_periods_and_several_trials_stand_below(tmp_path: Path) -> None:
    three = [(500, 100, FULL), (1_500, 110, FULL), (3_700, 300, FULL)]
    stored = store(tmp_path, [(played(repeat=1), TWO), (played(repeat=2), three)])
    lines = tables(stored)["Spikes"].splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(" slots"))

    assert " ".join(lines[at + 1].split()) == "in 2 trials 1.00 to 2.20 s"
    assert any("slots: 1 of 5 spikes" in line and "not normal again" in line for line in lines)


def test_utilisation_deadlines_and_costs_have_their_rows(tmp_path: Path) -> None:
    found = tables(two_strategies(tmp_path))

    assert row(found["Minimum"], "slots") == "0.0 % 0.0 % 0.0 % 0.0 % 56.0 % 78.0 % -"
    assert row(found["Minimum"], "flat") == "100 % 100 % 100 % 100 % 100 % 100 % -"
    assert row(found["Deadlines"], "slots") == "440 11.0 % 422 10.5 % 242 6.05 %"
    assert row(found["Deadlines"], "flat") == "0 0 % 0 0 % 0 0 %"
    # 2 s for 4,000 requests, 0.44 s of them collecting; the ideal is flat's 1.2 s
    assert row(found["Cost"], "slots") == "500 s 22.0 % +67 % +0.0 % 231 -"
    assert row(found["Cost"], "flat") == "300 s 0.0 % +0.0 % +0.0 % 40 -"


def test_the_noise_beside_the_trials_is_held_against_deadlines(tmp_path: Path) -> None:
    assert "by itself" not in tables(two_strategies(tmp_path / "a"))["Deadlines"]
    noise = {"p99": 10.0 * US, "p99.9": None, "p99.99": None, "max": 4.0 * MS}
    quiet = two_strategies(tmp_path / "b", noise_ns=noise)
    assert "delayed by up to 4.00 ms" in tables(quiet)["Deadlines"]


def test_a_share_is_written_with_three_digits_however_small(tmp_path: Path) -> None:
    for number, (operations, share) in enumerate(
        {440: "100 %", 4_400: "10.0 %", 880_000: "0.0500 %", 440_000_000: "<0.001 %"}.items()
    ):
        stored = store(tmp_path / str(number), [(played(operations=operations), TWO)])
        assert row(tables(stored)["Deadlines"], "slots").startswith(f"440 {share} ")


def test_a_strategy_without_a_valid_trial_is_blank_with_its_reason(tmp_path: Path) -> None:
    late = {"code": "generator_late", "message": "too late", "invalidates": True}
    stored = store(tmp_path, [(played(valid=False, warnings=[late]), TWO)])
    for text in tables(stored).values():
        assert set(row(text, "slots")) == {"-", " "}
        assert "generator_late: too late" in text


def test_a_closed_loop_says_where_the_strategy_saturates(tmp_path: Path) -> None:
    load = {"rate": None, "arrivals": "constant", "closed_loop": True, "wait": "spin"}
    closed = played("slots", factors={"loop": "closed"}, load=load, operations=400_000)
    found = tables(store(tmp_path, [(played(), TWO), (closed, TWO)]))

    assert row(found["Cost"], "slots").endswith(" 100,000/s")
    assert set(found["Deadlines"].split("slots loop=closed")[1].splitlines()[0].split()) == {"-"}
    assert found["Deadlines"].count("closed loop: no response times") == 1
    assert "2.00 s" in found["Spikes"].split("slots loop=closed")[1].splitlines()[0]


def repeated(folder: Path) -> StoredRun:
    trials = [
        (played(name, repeat, busy_s=1.0 + repeat / 7, bytes=200.0 + repeat), TWO)
        for repeat in (1, 2, 3)
        for name in ("slots", LONG)
    ]
    stored = store(folder, trials)
    for number, one in enumerate(stored.trials):
        keep_requests(one, [10 * US, (20 + number) * US] * 6_000)
    return stored


@pytest.mark.parametrize("width", [80, 120, 160])
def test_no_figure_and_no_name_is_cut_off_at_any_width(tmp_path: Path, width: int) -> None:
    stored = repeated(tmp_path)
    parts = [*details_parts(stored, width), rates_part(stored, [5e3, 2e4, 9e5], width)]
    text = printed(parts, width)

    assert "…" not in text
    assert text.count(" slots ") == 6
    for line in text.splitlines():
        assert len(line) <= width or line.startswith(("- ", "Minimum", "Response"))


def test_intervals_are_left_out_where_they_do_not_fit(tmp_path: Path) -> None:
    stored = repeated(tmp_path)
    narrow, wide = (printed([rates_part(stored, [5e3], width)], width) for width in (60, 160))

    for text, has in ((narrow, False), (wide, True)):
        assert any(" to " in line for line in text.splitlines() if line[:1] != "-") is has


def test_rates_have_a_row_each_and_the_title_says_that_nobody_measured_them(
    tmp_path: Path,
) -> None:
    part = rates_part(computed_run(tmp_path, constant()), [1e4, 2e5], 120)
    text = printed([part])

    assert part.title.endswith(
        "computed, not measured (Lindley recursion over the service times of one trial)"
    )
    # too few requests for p99.9 of 2,000
    assert row(text, "slots") == "10k/s 10.0 % 10.0 us 10.0 us - 10.0 us"
    assert row(text, "200k/s").startswith("200.0 % ")
    for said in ("constant arrivals", "100 % busy or more", "too few requests"):
        assert text.count(said) == 1
    assert "closed loop" not in text
    assert "left out" not in text


def test_remarks_on_rates_come_only_where_they_are_true(tmp_path: Path) -> None:
    results = [constant("slots", 1), constant("slots", 2), constant("flat")]
    results[0]["load"]["closed_loop"] = results[1]["load"]["closed_loop"] = True
    stored = computed_run(tmp_path, *results)
    (stored.trials[2].folder / "requests.npy").unlink()
    text = printed([rates_part(stored, [1e4], 120)])

    assert "medians over 2" in text
    assert "caches that never cool" in text
    assert "left out, no valid trial that kept its requests: flat" in text
    assert "100 % busy" not in text

    keep_requests(stored.trials[0], [10 * US] * 10_000)
    keep_requests(stored.trials[1], [10 * US] * 10_000)
    assert "too few requests" in text
    assert "too few requests" not in printed([rates_part(stored, [1e4], 120)])


def test_where_there_is_no_spike_nothing_is_said_of_them(tmp_path: Path) -> None:
    found = tables(store(tmp_path, [(played("flat"), [])]))

    assert "\n- " not in found["Spikes"]


def test_json_without_anything_asked_is_that_of_the_run(tmp_path: Path) -> None:
    stored = two_strategies(tmp_path)

    assert details_json(stored, details=False, rates=()) == stored.to_json()


def test_json_of_each_trial(tmp_path: Path) -> None:
    late = {"code": "generator_late", "message": "too late", "invalidates": True}
    trials = [(played(), TWO), (played("flat", valid=False, warnings=[late]), [])]
    found: Json = json.loads(
        json.dumps(details_json(store(tmp_path, trials), details=True, rates=()), allow_nan=False)
    )
    slots, flat = found["trials"]

    spikes = slots["spikes"]
    assert (spikes["count"], spikes["period_s"], spikes["predicted_s"]) == (
        2,
        2.0,
        pytest.approx(3.88, 0.01),
    )
    assert spikes["each"][0] == {
        "start_s": 1.05,
        "duration_s": 0.22,
        "recovery_s": pytest.approx(0.25),
        "spoiled": 220,
    }
    assert slots["mmu"][3] == [100 * MS, 0.0]
    assert slots["mmu"][-1] == [5_000 * MS, None]
    assert slots["deadlines"][0] == {"deadline_ns": MS, "count": 440, "share": 0.11}
    assert slots["cost"]["busy_s_per_million"]["median"] == 250.0
    assert slots["cost"]["collecting_share"]["median"] == pytest.approx(0.44)
    assert slots["cost"]["saturation_per_s"] is None
    assert "computed" not in slots
    assert [flat[name] for name in ("spikes", "mmu", "deadlines", "cost")] == [None] * 4


def test_json_of_a_closed_loop_says_nothing_of_response_times(tmp_path: Path) -> None:
    load = {"rate": None, "arrivals": "constant", "closed_loop": True, "wait": "spin"}
    (found,) = details_json(store(tmp_path, [(played(load=load), TWO)]), details=True, rates=())[
        "trials"
    ]

    assert found["deadlines"] is None
    assert [found["spikes"][name] for name in ("recovery_s", "spoiled")] == [None, None]
    assert found["spikes"]["each"][0] == {
        "start_s": 1.05,
        "duration_s": 0.22,
        "recovery_s": None,
        "spoiled": None,
    }


def test_json_of_other_rates(tmp_path: Path) -> None:
    stored = computed_run(tmp_path, constant(), constant("flat"))
    (stored.trials[1].folder / "requests.npy").unlink()
    slots, flat = details_json(stored, details=False, rates=[1e4])["trials"]

    assert slots["computed"]["arrivals"] == "constant"
    assert "Lindley" in slots["computed"]["method"]
    (point,) = slots["computed"]["points"]
    assert (point["rate_per_s"], point["max_ns"], point["p999_ns"]) == (1e4, 10 * US, None)
    assert flat["computed"] is None
    assert "spikes" not in slots


def test_the_page_quotes_the_tables_of_the_reference_run() -> None:
    page = (ROOT / "docs" / "reading-results.md").read_text(encoding="utf-8")
    run, quoted = re.findall(
        r"<!-- figures: gclab report (\S+) --details -->\n```text\n(.*?)```", page, re.S
    )[0]

    def said(text: str) -> list[str]:
        lines = (line.rstrip() for line in text.splitlines())
        return [line for line in lines if line and not line.startswith("- ")]

    assert said(quoted) == said(printed(details_parts(load_run(ROOT / run), 100), 100))


def test_the_case_studys_table_has_both_kinds_of_time(tmp_path: Path) -> None:
    found = tables(two_strategies(tmp_path))["Case"]
    # 4,000 requests, of which two stalls delay 220 by 220, 219, ... ms: 12.2 ms on average; the
    # ten slowest of the 1,000 in the five intervals of each stall wait 216 ms and more
    assert row(found, "slots") == "12.2 ms 1.00 us 215 ms 2 231 - 50.0 %"
    assert row(found, "flat") == "1.00 us 1.00 us - 2 40 - 30.0 %"
