"""Which strategies an interpreter can run: asked of it, since it alone knows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.pythons import Answer, ask
from strategies.errors import UsageError
from tests.pythons.fakes import script


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """This interpreter without any package."""
    return str(script(tmp_path / "python3", f'exec "{sys.executable}" -S "$@"'))


def test_this_interpreter_can_run_what_it_runs() -> None:
    assert ask(sys.executable, ("slots", "dict+freeze", "flat-array")) == {}


def test_a_package_that_is_missing_is_named_with_what_installs_it(bare: str) -> None:
    assert ask(bare, ("slots", "msgspec-nogc", "lru-dict", "flat-array")) == {
        "msgspec-nogc": Answer("layout 'msgspec-nogc' needs the package 'msgspec'", "msgspec"),
        "lru-dict": Answer("layout 'lru-dict' needs the package 'lru'", "lru-dict"),
    }


def test_any_other_reason_is_told_as_it_is(bare: str) -> None:
    (answer,) = ask(bare, ("slts",)).values()
    assert answer == Answer("unknown layout 'slts': did you mean 'slots'?")


def test_one_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    mute = str(script(tmp_path / "python3", "exit 3"))
    with pytest.raises(UsageError, match="does not say what it can run"):
        ask(mute, ("slots",))
