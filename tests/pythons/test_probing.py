"""What an interpreter says of itself, from programs that answer like one."""

from __future__ import annotations

import platform
import sys
import time
from pathlib import Path

import pytest

from lab.pythons import probing
from lab.pythons.probing import probe
from strategies.collector import runtime
from strategies.errors import UsageError
from tests.pythons.fakes import answer, python, script


def test_this_interpreter_says_what_it_is() -> None:
    found = probe(sys.executable)

    assert found.path == sys.executable
    assert (found.implementation, found.version) == (
        platform.python_implementation(),
        platform.python_version(),
    )
    assert found.numbers == sys.version_info[:3]
    assert found.collector == runtime()["collector"]
    assert found.full == platform.python_version()


@pytest.mark.parametrize(
    ("version", "changed", "collector", "short", "full"),
    [
        ("3.11.7", {}, "generational", "3.11", "3.11.7"),
        ("3.13.2", {}, "generational", "3.13", "3.13.2"),
        ("3.14.0", {}, "incremental", "3.14", "3.14.0"),
        ("3.14.4", {}, "incremental", "3.14", "3.14.4"),
        ("3.14.5", {}, "generational", "3.14", "3.14.5"),
        ("3.15.0", {}, "generational", "3.15", "3.15.0"),
        ("3.14.2", {"gil": False}, "free-threaded", "3.14t", "3.14.2t"),
        (
            "3.11.13",
            {"implementation": "PyPy", "release": "7.3.20", "thresholds": []},
            "incminimark",
            "pypy3.11",
            "pypy3.11.13",
        ),
    ],
)
def test_the_collector_follows_from_what_it_is(
    tmp_path: Path,
    version: str,
    changed: dict[str, object],
    collector: str,
    short: str,
    full: str,
) -> None:
    found = probe(str(python(tmp_path / "python3", version, **changed)))

    assert found.collector == collector
    assert (found.short, found.full) == (short, full)
    assert found.free_threaded is (collector == "free-threaded")


def test_what_is_printed_while_it_starts_is_passed_over(tmp_path: Path) -> None:
    path = script(tmp_path / "python3", f"echo welcome; echo '{answer()}'")
    assert probe(str(path)).version == "3.14.8"


@pytest.mark.parametrize(
    ("body", "reason"),
    {
        "true": "no Python: it does not say what it is",
        "echo hello": "no Python: it does not say what it is",
        "echo 7": "no Python: it does not say what it is",
        "echo '{}'": "no Python: it does not say what it is",
        "echo broken library >&2; exit 127": "no Python: broken library",
        f"echo '{answer('3.10.13')}'": "CPython 3.10.13 is too old, 3.11 or later is needed",
        f"echo '{answer('2.7.18')}'": "CPython 2.7.18 is too old, 3.11 or later is needed",
    }.items(),
)
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, body: str, reason: str) -> None:
    path = script(tmp_path / "python3", body)
    with pytest.raises(UsageError) as error:
        probe(str(path))
    assert str(error.value) == f"{path}: {reason}"


def test_what_cannot_be_started_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "python3"
    path.write_text("")
    with pytest.raises(UsageError, match="does not start: Permission denied"):
        probe(str(path))


def test_what_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "SECONDS", 0.2)
    path = script(tmp_path / "python3", "exec sleep 60")
    begin = time.monotonic()
    with pytest.raises(UsageError, match=r"no answer within 0\.2 s"):
        probe(str(path))
    assert time.monotonic() - begin < 10
