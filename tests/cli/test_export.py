"""``gclab export`` on stored runs whose figures are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import gclab

from tests.report.export.stored_run import made


def test_files_are_printed_and_notes_are_not_among_them(tmp_path: Path) -> None:
    made(tmp_path / "mine")
    done = gclab("export", "mine", "--format", "hgrm", "-f", "perfetto", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "mine/export/01-slots.response.hgrm",
        "mine/export/01-slots.service.hgrm",
        "mine/export/trace.json",
    ]
    assert all((tmp_path / line).is_file() for line in done.stdout.splitlines())
    assert done.stderr.startswith("- hgrm: 1 of 2 trials have no log stored\n")


def test_another_folder_can_be_given(tmp_path: Path) -> None:
    made(tmp_path / "mine")
    done = gclab("export", "mine", "--format", "parquet", "--out", "there", cwd=tmp_path)

    assert done.stdout.splitlines()[0] == "there/trials.parquet"
    assert not (tmp_path / "mine/export").exists()


def test_the_limit_is_a_number_of_tracks(tmp_path: Path) -> None:
    made(tmp_path / "mine")
    done = gclab("export", "mine", "--format", "perfetto", "--limit", "2", cwd=tmp_path)
    events = json.loads((tmp_path / "mine/export/trace.json").read_text())["traceEvents"]

    assert "1 of 4 slow requests are not drawn: more than 2 at once" in done.stderr
    tracks = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {"slow requests", "slow requests 2"} <= tracks
    assert "slow requests 3" not in tracks


def test_a_second_export_replaces_the_first(tmp_path: Path) -> None:
    made(tmp_path / "mine")
    first = gclab("export", "mine", "--format", "csv", cwd=tmp_path)
    second = gclab("export", "mine", "--format", "csv", cwd=tmp_path)

    assert (second.returncode, second.stdout) == (0, first.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("mine",), "--format"),
        (("mine", "--format", "cvs"), "unknown format 'cvs': did you mean 'csv'?"),
        (("mine", "--format", "csv", "--limit", "0"), "--limit"),
        (("mine", "--format", "csv", "--out", "mine/run.json"), "cannot write an export into"),
        (("nothing", "--format", "csv"), "no run 'nothing'"),
    ],
)
def test_a_wrong_input_is_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    made(tmp_path / "mine")
    done = gclab("export", *arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
