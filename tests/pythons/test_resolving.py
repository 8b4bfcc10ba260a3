"""Which interpreter somebody means: by path, by name, by version."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.pythons import finding as finding_module
from lab.pythons import found, resolve
from lab.pythons.model import Interpreter
from lab.pythons.places import VARIABLE
from strategies.errors import UsageError
from tests.pythons.fakes import python, script

PYPY = {"implementation": "PyPy", "release": "7.3.20", "thresholds": []}


def forget() -> None:
    finding_module.found.cache_clear()
    finding_module._at.cache_clear()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of made-up interpreters, beside this one the only ones there are."""
    folder = tmp_path / "bin"
    python(folder / "python3.14", "3.14.8")
    python(folder / "python3.14t", "3.14.8", gil=False)
    python(folder / "python3.15", "3.15.0")
    python(folder / "pypy3", "3.11.13", **PYPY)
    python(folder / "python3.9", "3.9.2")
    monkeypatch.setattr(
        finding_module, "candidates", lambda: sorted(folder.iterdir()) if folder.exists() else []
    )
    forget()
    yield folder
    forget()


def path_of(text: str) -> str:
    return Path(resolve(text).path).name


@pytest.mark.parametrize(
    ("text", "name"),
    {
        "3.14": "python3.14",
        "3.14.8": "python3.14",
        "3.14t": "python3.14t",
        "3.14.8t": "python3.14t",
        "python3.14": "python3.14",
        "python3.15": "python3.15",
        "3.15": "python3.15",
        "pypy3": "pypy3",
        "pypy3.11": "pypy3",
        "pypy3.11.13": "pypy3",
    }.items(),
)
def test_a_name_or_a_version_finds_one(text: str, name: str) -> None:
    assert path_of(text) == name


def test_this_interpreter_is_found_by_its_version_before_all_others(folder: Path) -> None:
    python(folder / "python3", platform.python_version())
    assert resolve(platform.python_version()).path == sys.executable


def test_a_version_means_cpython_and_never_a_longer_number(folder: Path) -> None:
    python(folder / "python3.1x", "3.1.0")
    with pytest.raises(UsageError, match=r"no Python '3\.1'"):
        resolve("3.1")
    for text in ("3.14.80", "3.14.", "14"):
        with pytest.raises(UsageError, match="no Python"):
            resolve(text)


def test_what_there_is_not_is_refused_with_the_nearest_and_all_others() -> None:
    with pytest.raises(UsageError) as error:
        resolve("pypi3")
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert str(error.value) == (
        f"no Python 'pypi3': did you mean 'pypy3'? there are {here}, pypy3.11, 3.14, 3.14t, 3.15; "
        f"give a path, or name its folder in {VARIABLE}"
    )


def test_one_that_is_too_old_is_not_among_them_and_is_said_to_be(folder: Path) -> None:
    assert found().unusable == (
        (str(folder / "python3.9"), "CPython 3.9.2 is too old, 3.11 or later is needed"),
    )
    with pytest.raises(UsageError, match=r"no Python '3\.9'"):
        resolve("3.9")


def test_a_path_is_taken_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(str(folder / "python3.15")).version == "3.15.0"
    monkeypatch.chdir(folder)
    assert resolve("./python3.15").path == str(folder / "python3.15")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none", "no such file"),
        ("", "is a folder"),
        ("python3.9", "too old"),
        ("broken", "no Python"),
    ],
)
def test_a_wrong_path_is_refused(folder: Path, path: str, reason: str) -> None:
    script(folder / "broken", "exit 1")
    with pytest.raises(UsageError, match=reason) as error:
        resolve(f"{folder}{os.sep}{path}")
    assert "\n" not in str(error.value)


def test_one_file_under_several_names_counts_once(folder: Path) -> None:
    (folder / "python3").symlink_to(folder / "python3.15")
    (one,) = (each for each in found().usable if each.version == "3.15.0")
    assert one.commands == ("python3", "python3.15")
    assert path_of("python3") == path_of("python3.15") == "python3"


def test_the_names_that_are_shown_find_what_they_stand_for(folder: Path) -> None:
    python(folder / "zzz" / "python3.14", "3.14.4")
    python(folder / "python3.14b", "3.14.4")
    python(folder / "python3.14c", "3.14.4")
    (folder / "zzz").rename(folder.parent / "zzz")
    there = found()
    names = [there.name_of(one) for one in there.usable]
    assert len(set(names)) == len(names)
    assert "3.14.4" in names
    assert str(folder / "python3.14c") in names
    for one in there.usable:
        again = resolve(there.name_of(one))
        assert isinstance(again, Interpreter)
        assert again.path == one.path
