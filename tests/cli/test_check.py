"""``gclab check`` on stored runs whose figures are made up, and the page about it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from gclab import gclab as measure
from in_process import gclab

from lab.analysis.comparison import METRICS
from tests.analysis.made_run import MS, Json, repeats, trial, write_run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "service-levels.md").read_text("utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
JOB = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
SMALL = ("--entries", "1k", "--rate", "5k", "--duration", "200ms", "--repeats", "1")
STEADY = [2.0 * MS, 2.1 * MS, 1.9 * MS]


def run(folder: Path, times: float = 1.0, **over: object) -> None:
    """Write a run of two strategies; ``times`` scales the tail of slots."""
    slots = repeats("slots", [times * value for value in STEADY])
    write_run(folder, [*slots, *repeats("flat", STEADY, bytes=40.0)], **over)  # type: ignore[arg-type]


def check(cwd: Path, *arguments: str) -> tuple[int, str]:
    done = gclab("check", *arguments, cwd=cwd)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_levels_that_are_met_exit_with_0(tmp_path: Path) -> None:
    run(tmp_path / "mine")
    code, said = check(tmp_path, "mine", "--slo", "p99.9<5ms", "--slo", "flat: bytes_per_entry<100")

    assert code == 0
    assert said.count("pass ") == 3
    assert "3 of 3 levels met: passed (exit 0)" in said
    row = next(line.split() for line in said.splitlines() if "flat: bytes" in line)
    assert row[3:] == ["40", "B", "40", "to", "40", "B", "pass"]


def test_a_missed_level_exits_with_3_and_says_where_it_cannot_tell(tmp_path: Path) -> None:
    run(tmp_path / "mine", times=10)
    code, said = check(tmp_path, "mine", "--slo", "p99.9<19.5ms")

    assert code == 3
    assert "miss, cannot tell" in said
    assert "the interval lies on both sides" in said
    assert "1 of 2 levels met: a level was missed (exit 3)" in said


def test_a_regression_exits_with_4(tmp_path: Path) -> None:
    run(tmp_path / "before")
    run(tmp_path / "mine", times=1.5)
    code, said = check(tmp_path, "mine", "--against", "before", "--allow", "p99.9:10%")

    assert code == 4
    row = next(line.split() for line in said.splitlines() if "regression" in line)
    assert row[:7] == ["slots", "p99.9:10%", "2.00", "ms", "3.00", "ms", "1.5x"]
    assert "1 of 2 figures regressed: a regression (exit 4)" in said


def test_an_invalid_trial_exits_with_5(tmp_path: Path) -> None:
    warning = {"code": "ring_starved", "message": "it ran empty", "invalidates": True}
    write_run(tmp_path / "mine", [trial("slots", valid=False, warnings=[warning])])
    code, said = check(tmp_path, "mine", "--slo", "p99.9<1ns")

    assert code == 5
    assert "slots: 1 of 1 trials not valid: ring_starved: it ran empty" in said
    assert "not measured validly (exit 5)" in said


def test_the_latest_run_is_checked_where_none_is_named(tmp_path: Path) -> None:
    run(tmp_path / "results" / "mine")

    assert check(tmp_path, "--slo", "p99.9<5ms")[0] == 0


def test_json_says_what_the_table_says(tmp_path: Path) -> None:
    run(tmp_path / "before")
    write_run(
        tmp_path / "mine",
        [trial("slots", 1, gc_max=3 * MS), trial("flat", 1)],
        full_at_s={},
    )
    done = gclab(
        *("check", "mine", "--slo", "slots: gc.max<=2ms", "--json"),
        *("--against", "before", "--allow", "p50:5%"),
        cwd=tmp_path,
    )
    found: Json = json.loads(done.stdout)

    assert done.returncode == found["exit_code"] == 3
    assert (found["schema"], found["run"], found["against"]) == (1, "mine", "before")
    assert found["levels"] == [
        {
            "strategy": "slots",
            "level": "slots: gc.max<=2ms",
            "metric": "gc.max",
            "operator": "<=",
            "limit": 2 * MS,
            "unit": "ns",
            "value": {"median": 3 * MS, "low": None, "high": None, "n": 1},
            "state": "miss",
            "straddles": False,
            "reason": None,
        }
    ]
    assert [change["state"] for change in found["changes"]] == ["pass", "pass"]
    assert found["changes"][0]["times"] == 1.0
    assert found["changes"][0]["allowed"] == pytest.approx(0.05)


def test_json_has_no_infinity(tmp_path: Path) -> None:
    write_run(tmp_path / "before", [trial("slots", gc_max=0, pauses=0, full=0)])
    write_run(tmp_path / "mine", [trial("slots", gc_max=3 * MS)])
    arguments = ("check", "mine", "--against", "before", "--allow", "gc.max:5%")
    done = gclab(*arguments, "--json", cwd=tmp_path)

    assert "Infinity" not in done.stdout
    assert json.loads(done.stdout)["changes"][0]["times"] is None
    assert done.returncode == 4
    assert "from 0" in gclab(*arguments, cwd=tmp_path).stdout


def test_a_forced_comparison_says_so(tmp_path: Path) -> None:
    run(tmp_path / "before")
    run(tmp_path / "mine", environment={"cpu": "Intel"})
    against = ("mine", "--against", "before", "--allow", "p99.9:10%")
    refused = gclab("check", *against, cwd=tmp_path)

    assert refused.returncode == 2
    assert "environment.cpu (AMD EPYC against Intel)" in refused.stderr
    code, said = check(tmp_path, *against, "--force")
    assert code == 0
    assert "FORCED: before and mine differ in environment.cpu" in said


def test_a_level_that_cannot_be_read_is_pointed_at(tmp_path: Path) -> None:
    for option, text, under in (
        ("--slo", "slots: p98<5ms", "p98<5ms: unknown metric"),
        ("--slo", "p99<5 parsecs", "parsecs: p99 is a time"),
        ("--allow", "p99.9:10", ": an allowance is a share"),
    ):
        done = gclab("check", "mine", option, text, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        said, caret = done.stderr.splitlines()
        assert said.startswith(f"gclab: {option} {text}: ")
        assert caret.strip() == "^"
        assert said[len(caret) - 1 :].startswith(under)


def test_wrong_inputs_are_one_line(tmp_path: Path) -> None:
    run(tmp_path / "mine")
    wrong = {
        ("mine",): "nothing to check",
        ("mine", "--allow", "p99:10%"): "--against RUN",
        ("mine", "--against", "mine"): "--allow p99.9:10%",
        ("mine", "--against", "mine", "--allow", "p99:10%"): "the run itself",
        ("mine", "--slo", "p99<5ms", "--force"): "it needs --against",
        ("nowhere", "--slo", "p99<5ms"): "no run 'nowhere'",
        ("mine", "--slo", "slot: p99<5ms"): "did you mean 'slots'?",
    }
    for arguments, says in wrong.items():
        done = gclab("check", *arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("gclab: ")
        assert says in line


def test_the_page_names_every_metric_and_no_other() -> None:
    table = PAGE.partition("| metric |")[2].partition("\n\n")[0]
    named = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    assert named == set(METRICS)


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    commands = [shlex.split(line)[1:] for line in SHELL]
    commands += [shlex.split(line.partition("run: ")[2])[1:] for line in JOB]
    assert len(commands) == 8
    for words in commands:
        if words[0] == "run":
            done = measure(*words, *SMALL, cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            if not (tmp_path / "baseline").exists():
                shutil.copytree(tmp_path / "my-run", tmp_path / "baseline")
        else:
            done = gclab(*words, cwd=tmp_path)
            # what is measured at this size and on a busy machine may miss any level
            assert done.returncode in ((0, 3, 4, 5) if words[0] == "check" else (0,)), done.stderr
            assert done.stdout


def test_the_page_shows_what_is_really_said(tmp_path: Path) -> None:
    shown = [line[4:] for line in PAGE.splitlines() if line.startswith("    ")]
    first = next(number for number, line in enumerate(shown) if line.startswith("gclab: "))
    done = gclab("check", "mine", "--slo", "p98<5ms", cwd=tmp_path)

    assert done.stderr.splitlines() == shown[first : first + 2]
