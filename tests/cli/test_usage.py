"""Every wrong input is one clear line on standard error and exit code 2."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from gclab import SMALL, gclab

WRONG = {
    "run discord-spike": "did you mean 'discord-spikes'?",
    "run missing.toml": "no experiment file missing.toml",
    "run -s slts": "did you mean 'slots'?",
    "run -s slots+frez": "did you mean 'freeze'?",
    "run -s slots:updat=replace": "did you mean 'update'?",
    "run -s slots:update=sideways": "one of replace, in-place",
    "run -s slots:coalesce,coalesce,rolling": "replace, in-place, not 'coalesce'",
    "run -s slots+thresholds:1,2,3,4": "too many options",
    "run -s slots -s slots": "given twice",
    "run --entries 0": "above 0",
    "run --entries -5": "above 0",
    "run --entries 2.5": "whole number",
    "run --entries 900G": "fewer --entries",
    "run --rate 0": "above 0",
    "run --rate -1k": "above 0",
    "run --rate fast": "above 0",
    "run --duration 0": "above 0",
    "run --duration 5parsecs": "duration",
    "run --repeats 0": "above 0",
    "run --repeats two": "--repeats",
    "run --seed -1": "0 or more",
    "run --mix 1/2": "10/50/40",
    "run --popularity zip": "did you mean 'zipf'?",
    "run --popularity hot-set:2,0.5": "below 1",
    "run --arrivals poison": "did you mean 'poisson'?",
    "run --arrivals bursty:factor=20": "at most (on + off) / on = 10",
    "run --arrivals bursty:onn=2ms": "did you mean 'on'?",
    "run --ramp 5k": "two rates or more",
    "run --ramp 5k,fast": "above 0",
    "run --ramp 5k,10k --rate 5k": "beside rate 5k",
    "run --ramp 5k,10k --closed-loop": "a closed loop has no rate",
    "run --ramp 5k,10k --duration 300ms": "--duration 0.4s or longer",
    "run discord-spikes --ramp 5k,10k --entries 900G": "fewer --entries",
    "run --wait spinn": "did you mean 'spin'?",
    "run --entires 5": "--entries",
    "run --trace nowhere --trace-format lirs": "no such file",
    "run --trace nowhere": "--trace-format",
    "run --trace-format lirs": "--trace",
    "run --trace . --trace-format lirs": "trace .",
    "run --python /nowhere/python": "no Python at /nowhere/python: no such file",
    "run --python /bin": "/bin is a folder",
    "run --python /bin/true": "/bin/true: no Python",
    "run --python 3.99": "no Python '3.99': there are ",
    "run --python pythn3": "did you mean 'python3'?",
    "run --python 3.99 --python all": "no Python '3.99'",
    "report nothing": "no run 'nothing'",
    "report": "no run in results/",
    "list": "strategies",
    "list stratgies": "strategies",
    "frobnicate": "frobnicate",
}


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("gclab: ")
    return lines[0]


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_is_one_line_and_exit_2(command: str, tmp_path: Path) -> None:
    done = gclab(*command.split(), cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert WRONG[command] in one_line(done.stderr)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == [], "a wrong input must leave nothing behind"


TRACES = {
    "empty": (b"", "lirs", "empty"),
    "truncated": (lzma.compress(b"1\n2\n3\n" * 1_000)[:-20], "lirs", "truncated"),
    "partial": (b"\1\0\0\0\2\0", "cache2k-u32", "truncated"),
    "text as binary": (b"1234567\n" * 100, "cache2k-u32", "text"),
    "binary as text": (bytes(range(256)) * 20, "lirs", "trace"),
    "unknown column": (b"kye,time\n1,2\n", "csv:key", "did you mean 'kye'?"),
    "unknown format": (b"1\n", "lisr", "did you mean 'lirs'?"),
}


@pytest.mark.parametrize("case", TRACES)
def test_a_bad_trace_is_refused_before_anything_is_measured(case: str, tmp_path: Path) -> None:
    content, trace_format, says = TRACES[case]
    (tmp_path / "trace").write_bytes(content)

    done = gclab(
        *("run", "--trace", "trace", "--trace-format", trace_format, "-s", "slots"), cwd=tmp_path
    )

    assert done.returncode == 2, done.stderr
    assert says in one_line(done.stderr)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("quesiton = 'x'", "did you mean 'question'?"),
        ("[lod]\nrate = 1", "did you mean 'load'?"),
        ("[load]\nrat = 1", "did you mean 'rate'?"),
        ("[matrix]\nstrategies = ['slots']", "did you mean 'strategy'?"),
        ("[workload]\nmix = { raed = 1 }", "did you mean 'read'?"),
        ("[workload", "not TOML"),
        ("[matrix]\nstrategy = 'slots'", "list"),
        ("[workload]\nentries = 0", "entries"),
    ],
)
def test_a_wrong_experiment_file_names_its_fault(toml: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(toml)

    done = gclab("run", "x.toml", cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert says in one_line(done.stderr)


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").touch()

    done = gclab("run", "-s", "null", *SMALL, "--out", "out", cwd=tmp_path)

    assert done.returncode == 2
    assert "not empty" in one_line(done.stderr)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["precious"]


def test_a_results_folder_that_cannot_be_made_is_said_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "results").touch()

    done = gclab("run", "-s", "null", *SMALL, cwd=tmp_path)

    assert done.returncode == 2
    assert "--out DIR" in one_line(done.stderr)


def test_init_writes_a_file_that_runs_and_never_overwrites(tmp_path: Path) -> None:
    assert gclab("init", "mine.toml", cwd=tmp_path).returncode == 0
    content = (tmp_path / "mine.toml").read_text()
    again = gclab("init", "mine.toml", cwd=tmp_path)

    assert again.returncode == 2
    assert "nothing is overwritten" in one_line(again.stderr)
    assert (tmp_path / "mine.toml").read_text() == content
    ran = gclab("run", "mine.toml", *SMALL, "-s", "null", "--json", "--quiet", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("what", ["strategies", "experiments", "policies", "traces"])
def test_lists_name_what_there_is(what: str, tmp_path: Path) -> None:
    names = {
        "strategies": ["dict", "slots", "flat", "flat-array", "null", "known-pause"],
        "experiments": ["discord-spikes", "pending-queue", "known-pause"],
        "policies": ["default", "disabled", "freeze", "thresholds"],
        "traces": ["cache2k-u32", "lirs", "csv"],
    }
    for form in ((), ("-v",), ("--json",)):
        done = gclab("list", what, *form, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        for name in names[what]:
            assert name in done.stdout


def test_help_names_every_verb(tmp_path: Path) -> None:
    done = gclab("--help", cwd=tmp_path)

    assert done.returncode == 0
    for verb in ("run", "list", "report", "inspect", "init", "new", "bench"):
        assert verb in done.stdout
