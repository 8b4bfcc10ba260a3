"""Where interpreters are looked for, in a home made by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.pythons.places import VARIABLE, candidates
from tests.pythons.fakes import script


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def names(home: Path, **environment: str) -> list[str]:
    """Return what is found below a home, from there on; the machine's own places aside."""
    there = candidates({"HOME": str(home), "PATH": "", **environment})
    return [str(path.relative_to(home)) for path in there if path.is_relative_to(home)]


def put(home: Path, *paths: str) -> None:
    for path in paths:
        script(home / path, "true")


def test_pyenv_uv_and_conda_are_looked_at_in_their_usual_places(home: Path) -> None:
    expected = [
        ".pyenv/versions/3.12.1/bin/python3.12",
        ".local/share/uv/python/cpython-3.13.1/bin/python3.13",
        "miniconda3/bin/python3",
        "miniconda3/envs/old/bin/python3.11",
    ]
    put(home, *expected)
    assert names(home) == expected


def test_an_environment_that_conda_lists_is_looked_at(home: Path) -> None:
    put(home, "elsewhere/bin/python3")
    put(home, ".conda/placeholder")
    (home / ".conda" / "environments.txt").write_text(f"{home}/elsewhere\n")
    assert names(home) == ["elsewhere/bin/python3"]


def test_variables_name_other_places(home: Path) -> None:
    put(home, "p/versions/3.12/bin/python3", "u/3.13/bin/python3", "c/bin/python3")
    where = {"PYENV_ROOT": "p", "UV_PYTHON_INSTALL_DIR": "u", "CONDA_PREFIX": "c"}
    found = names(home, **{name: str(home / folder) for name, folder in where.items()})
    assert found == ["p/versions/3.12/bin/python3", "u/3.13/bin/python3", "c/bin/python3"]


def test_the_lab_s_own_variable_comes_first_and_path_second(home: Path) -> None:
    put(home, "one/python3.14", "two/python3.13", "three/pypy3")
    mine = os.pathsep.join((str(home / "one"), str(home / "two")))
    path = os.pathsep.join((str(home / "three"), str(home / "two"), str(home / "none")))
    found = names(home, **{VARIABLE: mine, "PATH": path})
    assert found == ["one/python3.14", "two/python3.13", "three/pypy3"]


def test_the_commands_that_choose_a_version_anew_are_passed_over(home: Path) -> None:
    put(home, ".pyenv/shims/python3.14", ".pyenv/versions/3.14.8/bin/python3.14")
    found = names(home, PATH=str(home / ".pyenv" / "shims"))
    assert found == [".pyenv/versions/3.14.8/bin/python3.14"]


@pytest.mark.parametrize(
    ("name", "is_one"),
    {
        "python": True,
        "python3": True,
        "python3.14": True,
        "python3.14t": True,
        "pypy3": True,
        "pypy3.11": True,
        "python2.7": False,
        "python3-config": False,
        "python3.14-config": False,
        "ipython3": False,
    }.items(),
)
def test_only_what_is_called_like_an_interpreter_is_started(
    home: Path, name: str, is_one: bool
) -> None:
    put(home, f"bin/{name}")
    assert bool(names(home, PATH=str(home / "bin"))) is is_one


def test_what_may_not_be_run_is_passed_over(home: Path) -> None:
    put(home, "bin/python3")
    (home / "bin" / "python3").chmod(0o644)
    (home / "bin" / "python3.14").mkdir()
    assert names(home, PATH=str(home / "bin")) == []
