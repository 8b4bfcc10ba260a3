"""A machine on which no process may be bound to a core, as in some containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gclab import ENVIRONMENT, ROOT, SMALL, gclab

REFUSES = """
import os


def refuse(pid, cores):
    raise PermissionError(1, "Operation not permitted")


os.sched_setaffinity = refuse
"""


@pytest.fixture(autouse=True)
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every interpreter that is started refuse from the beginning."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(REFUSES, encoding="utf-8")
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", f"{site}:{ROOT}")


def test_trials_are_run_and_say_that_they_were_not_bound(tmp_path: Path) -> None:
    done = gclab("run", *SMALL, "-s", "null", "-s", "slots", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)["trials"]
    assert [trial["cpus"] for trial in trials] == [[None], [None]]
    for trial in trials:
        (warning,) = [one for one in trial["warnings"] if one["code"] == "pinning_failed"]
        assert "Operation not permitted" in warning["message"]
        assert "shared_core" not in [one["code"] for one in trial["warnings"]]


def test_what_needs_a_core_says_so_in_one_line(tmp_path: Path) -> None:
    done = gclab("bench", "harness", cwd=tmp_path)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "may not be bound to one core (Operation not permitted)" in line
