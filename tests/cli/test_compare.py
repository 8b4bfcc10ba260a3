"""``gclab compare`` on stored runs whose figures are made up."""

from __future__ import annotations

import json
from pathlib import Path

from in_process import gclab

from lab.analysis.intervals import typical
from tests.analysis.made_run import MS, US, Json, repeats, trial, write_run

SLOTS = [100.0 * MS, 110.0 * MS, 90.0 * MS, 105.0 * MS, 95.0 * MS]
FLAT = [1.0 * MS, 1.1 * MS, 0.9 * MS, 1.05 * MS, 0.95 * MS]


def two_strategies() -> list[Json]:
    noise = {"p99": 20 * US, "p99.9": 250 * US, "max": 3 * MS}
    return [
        *repeats("slots", SLOTS, noise_ns=noise),
        *repeats("flat", FLAT, noise_ns=noise, bytes=40.0, busy_s=0.5, gc_max=0, pauses=0, full=0),
    ]


def test_the_table_has_figures_intervals_ratios_noise_and_verdicts(tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "mine", two_strategies())
    done = gclab("compare", "mine", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith("p99.9"))
    interval = typical(SLOTS)
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    ends = f"{interval.low / MS:.1f} to {interval.high / MS:.0f} ms".split()
    assert lines[start].split() == [
        *("p99.9", "slots", "100", "ms", *ends),
        *("-", "-", "-", "reference"),
    ]
    row = lines[start + 1].split()
    assert row[:3] == ["flat", "1.00", "ms"]
    assert row[row.index("0.01x") :] == ["0.01x", "0.01", "to", "0.01x", "250", "us", "faster"]
    assert sum("smaller" in line for line in lines) == 1
    assert sum("cheaper" in line for line in lines) == 1
    assert "overlap" not in done.stdout


def test_remarks_say_why_something_cannot_be_told(tmp_path: Path) -> None:
    write_run(
        tmp_path / "mine",
        [trial("slots", full=2), trial("flat", pauses=0, full=0), trial("dict", valid=False)],
        full_at_s={"slots": [1.0, 3.0]},
    )
    done = gclab("compare", "mine", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "one repeat gives no interval: --repeats 5 would\n" in done.stdout
    assert done.stdout.count("--repeats 5") == 1
    assert "--duration 8s is 4 periods of 2 s (flat max, flat gc.max)" in done.stdout
    assert "dict (1 of 1 trials not valid)" in done.stdout
    assert "dict: no valid trial: its measurement is not valid\n" in done.stdout
    assert "no trial measured the machine's noise" in done.stdout
    assert "faster" not in done.stdout


def test_json_has_numbers_intervals_and_verdicts(tmp_path: Path) -> None:
    write_run(tmp_path / "mine", two_strategies())
    done = gclab(
        "compare", "mine", "--json", "--metric", "p99.9", "--metric", "gc.max", cwd=tmp_path
    )
    found = json.loads(done.stdout)

    assert found["schema"] == 1
    assert found["reference"] == {"run": "mine", "strategy": "slots"}
    assert found["forced"] == found["alone"] == []
    tail, pause = found["comparisons"]
    assert (tail["metric"], tail["unit"], tail["strategy"]) == ("p99.9", "ns", "flat")
    assert (tail["reference_strategy"], tail["verdict"], tail["reasons"]) == ("slots", "faster", [])
    assert tail["value"]["median"] == 1 * MS
    assert tail["reference_value"]["n"] == 5
    assert tail["ratio"]["low"] <= 0.01 <= tail["ratio"]["high"] < 1
    assert tail["noise_floor"] == 250 * US
    assert (pause["verdict"], pause["value"]["low"]) == ("cannot tell", None)
    assert [reason["code"] for reason in pause["reasons"]] == ["below_noise"]


def test_markdown_is_a_table_for_pasting(tmp_path: Path) -> None:
    write_run(tmp_path / "mine", two_strategies())
    done = gclab("compare", "mine", "--markdown", "--metric", "p99.9", cwd=tmp_path)
    lines = done.stdout.splitlines()

    assert lines[0].startswith("| metric | strategy | median | 95% interval | ratio |")
    assert lines[1] == "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"
    assert lines[2].startswith("| p99.9 | slots | 100 ms |")
    assert lines[3].startswith("|  | flat | 1.00 ms |")
    assert lines[3].endswith("| 250 us | faster |")
    assert {line.count("|") for line in lines[:4]} == {9}
    assert lines[4] == ""
    assert all(line.startswith("- ") for line in lines[5:])


def test_several_runs_are_named_in_every_row(tmp_path: Path) -> None:
    write_run(tmp_path / "a", [*two_strategies(), trial("dict")])
    write_run(tmp_path / "b", two_strategies())
    done = gclab("compare", "a", "b", "--metric", "p99.9", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    for name in ("slots (a)", "slots (b)", "flat (a)", "flat (b)"):
        assert done.stdout.count(name) == 1
    assert "in a but not in b: dict" in done.stdout


def test_runs_that_differ_are_refused_and_a_forced_comparison_says_so(tmp_path: Path) -> None:
    write_run(tmp_path / "a", two_strategies())
    write_run(tmp_path / "b", two_strategies(), spec={"workload": {"entries": 1_000_000}})
    refused = gclab("compare", "a", "b", cwd=tmp_path)

    assert refused.returncode == 2
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("gclab: a and b cannot be compared")
    assert "workload.entries (300k against 1M)" in line

    for form in ((), ("--markdown",)):
        forced = gclab("compare", "a", "b", "--force", *form, cwd=tmp_path)
        assert forced.returncode == 0
        assert "FORCED: a and b differ in workload.entries (300k against 1M)" in forced.stdout
    fields = json.loads(gclab("compare", "a", "b", "--force", "--json", cwd=tmp_path).stdout)
    assert fields["forced"] == [
        {"run": "b", "field": "workload.entries", "reference": 300_000, "value": 1_000_000}
    ]


def test_wrong_inputs_are_one_line(tmp_path: Path) -> None:
    write_run(tmp_path / "mine", two_strategies())
    wrong = {
        "compare": "RUN",
        "compare nowhere": "no run 'nowhere'",
        "compare mine --metric p98": "did you mean 'p99'?",
        "compare mine --reference slot": "did you mean 'slots'?",
        "compare mine --json --markdown": "give one of them",
        "compare mine mine": "given twice",
    }
    for command, says in wrong.items():
        done = gclab(*command.split(), cwd=tmp_path)
        assert done.returncode == 2, command
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert says in line
