"""``gclab new layout``: what it writes runs, passes the suite, and is never in anybody's way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gclab import ENVIRONMENT, ROOT, SMALL, gclab

from lab.testing import CHECKS, Budget, Check, modes
from strategies.catalogue import parse
from strategies.errors import UsageError


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new layout ``my-ring``, in a folder of its own."""
    folder = tmp_path_factory.mktemp("c++ folder")  # both signs of a strategy are fine in a path
    done = gclab("new", "layout", "my-ring", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "gclab run -s ./my_ring.py" in done.stdout
    return folder / "my_ring.py"


def test_it_is_a_commented_file_of_about_40_lines(written: Path) -> None:
    lines = written.read_text().splitlines()
    assert 35 <= len(lines) <= 55
    assert any(line.lstrip().startswith("# ") for line in lines)


def test_it_is_clean(written: Path, tmp_path: Path) -> None:
    # as a layout of the project, where the strictest rules are in force
    folder = tmp_path / "strategies" / "layouts"
    folder.mkdir(parents=True)
    shutil.copy(written, folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", str(folder)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_passes_the_suite(written: Path, check: Check) -> None:
    for mode in modes(str(written)):
        check(mode, Budget(examples=5, steps=30, walk=400))


def test_it_runs_from_the_folder_it_is_in(written: Path) -> None:
    done = gclab(
        *("run", "-s", "./my_ring.py:pending=coalesce+freeze", "-s", "slots", *SMALL),
        *("--json", "--quiet"),
        cwd=written.parent,
    )
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(done.stdout)["trials"]
    assert (ours["status"], ours["verified"]) == ("ok", True)
    assert (ours["hits"], ours["checksum"]) == (theirs["hits"], theirs["checksum"])


def test_it_goes_among_the_layouts_in_a_checkout(tmp_path: Path) -> None:
    layouts = tmp_path / "strategies" / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gclab"\n')
    done = gclab("new", "layout", "queue", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (layouts / "queue.py").is_file()
    # another checkout than the one that runs: its layouts are not known by name
    assert "-s ./strategies/layouts/queue.py " in done.stdout


def test_a_checkout_that_runs_finds_it_by_name(tmp_path: Path) -> None:
    for package in ("lab", "strategies"):
        unused = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=unused)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gclab"\n')
    environment = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    for command, says in (
        (["new", "layout", "ring"], "gclab run -s ring "),
        (["list", "strategies"], "ring"),
        (["run", "-s", "ring", *SMALL], "ring"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "lab.cli", *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert says in done.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("my-ring", "my_ring.py exists: nothing is overwritten"),
        ("slots", "there is a layout 'slots' already"),
        ("Ring", "lower-case"),
        ("my_ring", "single dashes"),
        ("../ring", "lower-case"),
        ("2q", "lower-case"),
        ("ring\n", "lower-case"),
        ("", "lower-case"),
        ("class", "Python's own"),
        ("json", "Python's own"),
    ],
)
def test_a_wrong_name_is_one_line_and_writes_nothing(name: str, says: str, written: Path) -> None:
    before = written.read_text()
    files = sorted(written.parent.glob("*.py"))
    done = gclab("new", "layout", name, cwd=written.parent)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert written.read_text() == before
    assert sorted(written.parent.glob("*.py")) == files


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "ring.py").mkdir()
    done = gclab("new", "layout", "ring", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "declares 0 layouts"),
        ("from strategies.layouts.slots import Slots", "declares 0 layouts"),
        ("x = ", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemError('no\\nlines')", "SystemError: no lines"),
    ],
)
def test_a_file_that_is_no_layout_is_refused_in_one_line(
    content: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.py"
    file.write_text(content)
    with pytest.raises(UsageError, match=says) as refused:
        parse(f"{file}:update=replace+freeze")
    assert "\n" not in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no layout file nowhere"):
        parse("nowhere.py")


def test_a_file_read_twice_is_one_class(written: Path) -> None:
    assert parse(str(written)).layout_class is parse(f"{written}+freeze").layout_class
