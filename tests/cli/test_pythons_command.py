"""The command line with other interpreters, from programs that stand for them."""

from __future__ import annotations

import gc
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gclab import COMMAND, ENVIRONMENT, SMALL

from tests.pythons.fakes import python, script

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """This interpreter without its packages, one that is too old, and what is none."""
    folder = tmp_path / "pythons"
    script(folder / "python3.99", f'exec "{sys.executable}" -S "$@"')
    python(folder / "python3.6", "3.6.15")
    script(folder / "pypy3", "exit 1")
    return folder


def gclab(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run gclab where those interpreters are the only ones beside this one."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder.parent,
        env={**ENVIRONMENT, "PATH": "/nowhere", "GCLAB_PYTHONS": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_interpreters_are_listed_with_those_that_are_none(folder: Path) -> None:
    done = gclab(folder, "list", "pythons", "--json")
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    here = next(row for row in rows if row["path"] == sys.executable)
    assert here["name"] == HERE
    assert here["what it is"] == f"CPython {platform.python_version()}"
    assert here["collector"] == "generational"
    assert here["thresholds"] == ",".join(map(str, gc.get_threshold()))
    by_path = {row["path"]: row["what it is"] for row in rows}
    assert by_path[str(folder / "python3.6")] == (
        "unavailable: CPython 3.6.15 is too old, 3.11 or later is needed"
    )
    assert by_path[str(folder / "pypy3")].startswith("unavailable: no Python")


def test_a_table_of_them_says_how_to_use_one(folder: Path) -> None:
    done = gclab(folder, "list", "pythons")
    assert done.returncode == 0, done.stderr
    assert "gclab run --python NAME" in done.stdout
    assert "GCLAB_PYTHONS" in done.stdout


def test_one_interpreter_runs_the_workers_and_the_result_says_so(folder: Path) -> None:
    path = str(folder / "python3.99")
    done = gclab(folder, "run", "-s", "slots", "--python", path, *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    (trial,) = json.loads(done.stdout)["trials"]
    assert (trial["label"], trial["python"], trial["status"]) == ("slots", path, "ok")
    assert trial["runtime"]["version"] == platform.python_version()


def test_several_are_a_factor_and_what_one_cannot_run_is_said(folder: Path) -> None:
    done = gclab(
        folder,
        *("run", "-s", "slots", "-s", "flat", "--python", HERE, "--python", "python3.99"),
        *(*SMALL, "--json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [trial["label"] for trial in found["trials"]] == [
        f"slots python={HERE}",
        f"flat python={HERE}",
        "slots python=python3.99",
    ]
    assert {trial["checksum"] for trial in found["trials"]} == {found["trials"][0]["checksum"]}
    path = folder / "python3.99"
    stored = json.loads((folder.parent / found["run"] / "run.json").read_text())
    assert [each["message"] for each in stored["warnings"] if each["code"] == "unavailable"] == [
        f"layout 'flat' needs the package 'numpy' in python3.99: {path} -m pip install numpy"
    ]


def test_what_the_only_interpreter_cannot_run_is_one_line_and_exit_2(folder: Path) -> None:
    path = str(folder / "python3.99")
    done = gclab(folder, "run", "-s", "flat", "--python", path, *SMALL)
    assert done.returncode == 2
    assert done.stderr == (
        f"gclab: layout 'flat' needs the package 'numpy' in python3.99: {path} -m pip install "
        "numpy\n"
    )
    assert not (folder.parent / "results").exists()


def test_an_experiment_with_several_takes_the_one_that_is_asked_for(folder: Path) -> None:
    done = gclab(folder, "run", "python-versions", "--python", HERE, *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    labels = [trial["label"] for trial in json.loads(done.stdout)["trials"]]
    assert labels == [f"{name} python={HERE}" for name in ("slots", "dict", "flat-array")]
