"""Runs on disk: made early, never overwritten, readable whatever happened."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import store
from lab.store import RunWriter, find_run, load_run, trial_folder
from strategies.errors import UsageError

RESULT = {"strategy": "slots", "label": "slots", "status": "ok", "load": {"closed_loop": False}}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_trial_is_listed_only_when_it_is_whole(here: Path) -> None:
    writer = RunWriter("x", None, {"name": "x"})
    first = writer.begin_trial(1, "slots")
    (first / "gc.csv").write_text("start_ns\n1\n")
    writer.finish_trial(first, RESULT)
    writer.begin_trial(2, "dict")  # and the process dies

    run = load_run(writer.folder)

    assert run.run["status"] == "running"
    assert [trial.label for trial in run.trials] == ["slots"]
    assert run.trials[0].table("gc")["start_ns"].tolist() == [1]
    assert run.trials[0].table("slow").empty
    assert run.trials[0].latency() is None


def test_two_runs_in_one_second_get_two_folders(here: Path) -> None:
    first, second = (RunWriter("x", None, {}).folder for _ in range(2))

    assert first != second


def test_a_full_disk_is_said_before_measuring(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))

    with pytest.raises(UsageError, match=r"1 MB free on its disk, 67 MB are needed"):
        RunWriter("x", Path("out"), {})
    assert not Path("out").exists()


def test_a_read_only_folder_is_said_before_measuring(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UsageError, match="Permission denied; use --out DIR"):
        RunWriter("x", Path("out"), {})


def test_an_empty_folder_may_be_used_and_a_full_one_not(here: Path) -> None:
    Path("out").mkdir()
    RunWriter("x", Path("out"), {})

    with pytest.raises(UsageError, match="not empty: nothing is overwritten"):
        RunWriter("x", Path("out"), {})


def test_runs_are_found_by_path_name_and_latest(here: Path) -> None:
    older = RunWriter("older", None, {}).folder
    newer = RunWriter("newer", None, {}).folder
    os.utime(older / "run.json", (1, 1))

    assert find_run(str(older)) == older
    assert find_run(newer.name) == newer
    assert find_run("latest") == newer
    with pytest.raises(UsageError, match="no run 'nowhere'"):
        find_run("nowhere")


def test_damage_and_other_schemas_are_one_line(here: Path) -> None:
    folder = RunWriter("x", None, {}).folder
    path = folder / "run.json"
    path.write_text(json.dumps({"schema": 99, "trials": []}))
    with pytest.raises(UsageError, match="schema 99, this version reads 1"):
        load_run(folder)
    path.write_text('{"schema": 1')
    with pytest.raises(UsageError, match="damaged: not JSON"):
        load_run(folder)
    path.unlink()
    with pytest.raises(UsageError, match="is no run"):
        load_run(folder)


def test_folder_names_suit_any_file_system() -> None:
    assert trial_folder(3, "slots:update=in-place+freeze") == "03-slots-update=in-place+freeze"
    assert trial_folder(12, "a/b entries=1k") == "12-a-b-entries=1k"


def test_json_is_written_whole_or_not_at_all(here: Path) -> None:
    path = here / "x.json"
    store.write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        store.write_json(path, {"a": object()})

    assert json.loads(path.read_text()) == {"a": 1}
