"""What this interpreter's collector is, and what it is where functions are missing."""

from __future__ import annotations

import gc
import sys
from types import SimpleNamespace

import pytest

from strategies import collector
from strategies.catalogue import load_policy, parse, policy_names
from strategies.collector import (
    collector_kind,
    collector_state,
    lacking,
    runtime,
    tracked_objects,
    young_count,
)
from strategies.errors import UsageError

PYPY = {"name": "PyPy", "version": "3.11.13", "collector": "incminimark", "release": "7.3.20"}
FREE = {"name": "CPython", "version": "3.14.2", "collector": "free-threaded"}
INCREMENTAL = {"name": "CPython", "version": "3.14.0", "collector": "incremental"}
PYPY_S = ("collect", "collect_step", "disable", "enable", "get_objects", "hooks", "isenabled")
"""What PyPy's gc module has of what is asked for here."""


@pytest.fixture
def pypy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector with PyPy's functions and no others."""
    monkeypatch.setattr(collector, "runtime", lambda: PYPY)
    some = {name: getattr(gc, name, None) for name in PYPY_S}
    monkeypatch.setattr(collector, "gc", SimpleNamespace(**some))


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ((3, 13, 9), "generational"),
        ((3, 14, 0), "incremental"),
        ((3, 14, 4), "incremental"),
        ((3, 14, 5), "generational"),
        ((3, 15, 0), "generational"),
    ],
)
def test_two_patch_versions_may_have_different_collectors(
    version: tuple[int, int, int], kind: str
) -> None:
    assert collector_kind("CPython", version, gil=True) == kind
    assert collector_kind("CPython", version, gil=False) == "free-threaded"
    assert collector_kind("PyPy", version, gil=True) == "incminimark"


def test_this_runtime_has_its_full_version() -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    assert runtime()["version"].startswith(version)
    assert ("release" in runtime()) is (runtime()["name"] == "PyPy")


@pytest.mark.usefixtures("pypy")
def test_what_a_collector_does_not_have_is_left_out() -> None:
    assert collector_state() == {
        "enabled": gc.isenabled(),
        "thresholds": None,
        "frozen": None,
        "counts": None,
    }
    assert young_count() is None
    assert tracked_objects() is None


@pytest.mark.usefixtures("pypy")
@pytest.mark.parametrize(
    ("policy", "needs"),
    {
        "default": None,
        "disabled": None,
        "scheduled": None,
        "freeze": "gc.freeze: PyPy 3.11.13 has none",
        "refreeze": "gc.freeze: PyPy 3.11.13 has none",
        "thresholds": "gc.set_threshold: PyPy 3.11.13 has none",
        "idle": "a collector with generations: that of PyPy 3.11.13 is incminimark",
        "young-only": "a collector with generations: that of PyPy 3.11.13 is incminimark",
    }.items(),
)
def test_a_policy_that_needs_what_is_missing_is_refused(policy: str, needs: str | None) -> None:
    if needs is None:
        assert parse(f"null+{policy}").policy_facts.name == policy
        return
    with pytest.raises(UsageError) as error:
        parse(f"null+{policy}")
    assert str(error.value) == f"policy {policy!r} needs {needs}"


@pytest.mark.parametrize("here", [FREE, INCREMENTAL], ids=lambda here: here["collector"])
def test_without_generations_a_policy_of_the_young_is_refused(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "runtime", lambda: here)
    refused = [name for name in policy_names() if lacking(parse_facts(name))]
    assert refused == ["idle", "refreeze", "young-only"]


def parse_facts(name: str) -> tuple[str, ...]:
    needs: tuple[str, ...] = load_policy(name).facts.needs
    return needs


def test_what_a_policy_needs_is_a_function_of_some_collector() -> None:
    known = {*dir(gc), "freeze", "set_threshold", collector.GENERATIONS}
    assert {need for name in policy_names() for need in parse_facts(name)} <= known
