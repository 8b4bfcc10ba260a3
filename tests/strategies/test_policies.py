"""What the GC policies do to this interpreter's collector, and how they undo it."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterator

import pytest

from strategies.catalogue import parse, policy_names
from strategies.errors import UsageError
from strategies.interface import Policy

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="sets CPython's collector"
)


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    if enabled:
        gc.enable()


def policy(text: str) -> Policy:
    return parse(f"null+{text}").build_policy()


@pytest.mark.parametrize("name", policy_names())
def test_the_state_is_the_collector_s(name: str) -> None:
    gc.set_threshold(123, 4, 5)
    state = policy(name).state()
    assert state["enabled"] is True
    assert state["thresholds"] == [123, 4, 5]
    assert state["frozen"] == 0
    kept = [[number] for number in range(1_000)]
    gc.disable()
    gc.freeze()
    state = policy(name).state()
    assert state["enabled"] is False
    assert isinstance(state["frozen"], int)
    assert state["frozen"] >= len(kept)


def settings() -> tuple[bool, tuple[int, int, int], int]:
    return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()


def test_thresholds_take_what_the_collector_takes() -> None:
    policy("thresholds:2147483647,0").prepare()
    assert gc.get_threshold()[0] == 2**31 - 1
    assert gc.get_threshold()[1] == 0


@pytest.mark.parametrize("written", ["3G", "2147483648", "gen2=3G"])
def test_a_threshold_beyond_a_c_int_is_refused(written: str) -> None:
    with pytest.raises(UsageError) as refused:
        policy(f"thresholds:{written}")
    value = written.removeprefix("gen2=")
    assert str(refused.value).endswith(f"{value!r}: 2,147,483,647 at most")


def test_default_changes_nothing() -> None:
    before = settings()
    default = policy("default")
    default.prepare()
    default.after_warm_up()
    assert settings() == before


def test_disabled_switches_off_before_the_fill() -> None:
    disabled = policy("disabled")
    assert gc.isenabled()
    disabled.prepare()
    assert not gc.isenabled()
    disabled.after_warm_up()
    assert not gc.isenabled()


def test_freeze_freezes_after_warm_up_and_thaws_at_the_end() -> None:
    freeze = policy("freeze")
    freeze.prepare()
    assert gc.get_freeze_count() == 0
    kept = [[number] for number in range(1_000)]
    freeze.after_warm_up()
    assert gc.get_freeze_count() > len(kept)
    freeze.close()
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize(
    ("text", "thresholds"),
    [("thresholds", (50_000, 20, 20)), ("thresholds:7k,8,gen2=0", (7_000, 8, 0))],
)
def test_thresholds_are_set_before_the_fill(text: str, thresholds: tuple[int, int, int]) -> None:
    built = policy(text)
    assert gc.get_threshold() != thresholds
    built.prepare()
    assert gc.get_threshold() == thresholds


@pytest.mark.parametrize("name", policy_names())
def test_automatic_collections_only_unless_declared(name: str) -> None:
    seen: list[str] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        seen.append(phase)

    built = policy(name)
    gc.collect()
    gc.callbacks.append(watch)
    try:
        built.prepare()
        built.after_warm_up()
    finally:
        gc.callbacks.remove(watch)
    assert (not seen) or parse(f"null+{name}").policy_facts.collects
