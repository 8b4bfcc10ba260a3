"""What an export writes over, and what it leaves alone."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from lab.report.export import available, export
from lab.store import load_run
from strategies.errors import UsageError
from tests.analysis.made_run import write_run
from tests.report.export.stored_run import made


def test_formats_are_found_in_the_package() -> None:
    assert list(available()) == ["csv", "hgrm", "parquet", "perfetto"]
    assert all(each.TITLE for each in available().values())


def test_all_files_are_there_and_listed(tmp_path: Path) -> None:
    done = export(made(tmp_path / "mine"), ["hgrm", "csv"], tmp_path / "out")

    names = [path.name for path in done.files]
    assert names == [
        "01-slots.response.hgrm",
        "01-slots.service.hgrm",
        *(f"{name}.csv" for name in ("trials", "gc", "slow", "resources", "noise")),
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*names, "export.json"]
    )
    listed = json.loads((tmp_path / "out/export.json").read_text())
    assert listed["run"] == "mine"
    assert listed["formats"]["hgrm"]["files"] == names[:2]
    assert listed["formats"]["hgrm"]["notes"] == ["hgrm: 1 of 2 trials have no log stored"]
    assert done.notes == ("hgrm: 1 of 2 trials have no log stored",)


def test_a_format_named_twice_is_written_once(tmp_path: Path) -> None:
    assert len(export(made(tmp_path / "mine"), ["perfetto"] * 2, tmp_path / "out").files) == 1


def test_formats_that_say_the_same_say_it_once(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / "noise.csv").unlink()

    done = export(stored, ["csv", "parquet"], tmp_path / "out")
    assert done.notes == ("no trial has a noise.csv stored",)


def test_an_earlier_export_is_replaced(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    export(stored, ["csv"], tmp_path / "out")
    (tmp_path / "out/gc.csv").write_text("old")
    export(stored, ["perfetto"], tmp_path / "out")
    export(stored, ["csv"], tmp_path / "out")

    assert (tmp_path / "out/gc.csv").read_text().startswith("trial,start_ns")
    assert set(json.loads((tmp_path / "out/export.json").read_text())["formats"]) == {
        "csv",
        "perfetto",
    }


def test_what_no_export_wrote_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/gc.csv").write_text("mine")

    with pytest.raises(UsageError, match=r"out/gc.csv exists and is no file of an export"):
        export(made(tmp_path / "mine"), ["csv"], tmp_path / "out")
    assert (tmp_path / "out/gc.csv").read_text() == "mine"


def test_after_a_refusal_the_rest_can_be_replaced(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/gc.csv").write_text("mine")
    with pytest.raises(UsageError):
        export(stored, ["csv"], tmp_path / "out")
    (tmp_path / "out/gc.csv").unlink()

    assert len(export(stored, ["csv"], tmp_path / "out").files) == 5


def test_the_export_of_another_run_is_left_alone(tmp_path: Path) -> None:
    export(made(tmp_path / "mine"), ["csv"], tmp_path / "out")
    before = (tmp_path / "out/trials.csv").read_bytes()

    with pytest.raises(UsageError, match=r"holds the export of another run \(mine\)"):
        export(made(tmp_path / "other"), ["csv"], tmp_path / "out")
    assert (tmp_path / "out/trials.csv").read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": 1, "run": "mine"}'])
def test_a_list_that_is_none_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/export.json").write_text(text)

    with pytest.raises(UsageError, match="is no list of an export"):
        export(made(tmp_path / "mine"), ["csv"], tmp_path / "out")
    assert (tmp_path / "out/export.json").read_text() == text


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(UsageError, match=r"cannot write an export into .*out"):
        export(made(tmp_path / "mine"), ["csv"], tmp_path / "out")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    stored = made(tmp_path / "mine")
    export(stored, ["csv"], tmp_path / "out")
    (tmp_path / "out/gc.csv").unlink()
    (tmp_path / "out/gc.csv").mkdir()

    with pytest.raises(UsageError, match="cannot write an export into"):
        export(stored, ["csv"], tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.part"))

    # and what earlier exports wrote behind it is still known to be theirs
    (tmp_path / "out/gc.csv").rmdir()
    assert len(export(stored, ["csv"], tmp_path / "out").files) == 5


def test_a_run_without_a_trial_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no trial that ended"):
        export(write_run(tmp_path / "mine", []), ["csv"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("gc.csv", "", "csv"),
        ("gc.csv", "start_ns,duration_ns\n1,x\n", "parquet"),
        ("response.hlog", "no log", "hgrm"),
        ("slow.csv", "a,b\n1\n2,3,4,5\n", "csv"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, file: str, text: str, name: str) -> None:
    stored = made(tmp_path / "mine")
    (stored.trials[0].folder / file).write_text(text)

    with pytest.raises(UsageError, match="mine: a stored file is damaged"):
        export(load_run(stored.folder), [name], tmp_path / "out")


def test_a_missing_package_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyarrow" else find(name)
    )

    with pytest.raises(UsageError, match=r"needs the package 'pyarrow': pip install 'gclab\[parq"):
        export(made(tmp_path / "mine"), ["csv", "parquet"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
