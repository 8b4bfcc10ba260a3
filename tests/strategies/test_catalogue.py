"""Strategies by name: what is found, what is refused, and what is imported on the way."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from strategies.catalogue import (
    layout_names,
    list_layouts,
    list_policies,
    load_layout,
    load_policy,
    parse,
    policy_names,
)
from strategies.errors import UsageError, unknown
from strategies.interface import Policy

ROOT = Path(__file__).resolve().parents[2]


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_names_are_those_of_the_files() -> None:
    assert {"slots", "dict", "flat", "flat-array", "null", "known-pause"} <= set(layout_names())
    assert {"default", "disabled", "freeze", "thresholds"} <= set(policy_names())
    assert layout_names() == sorted(layout_names())


@pytest.mark.parametrize("name", layout_names())
def test_every_layout_declares_itself(name: str) -> None:
    (listed,) = [line for line in list_layouts() if line.name == name]
    if listed.facts is None:
        pytest.skip(str(listed.unavailable))
    facts = load_layout(name).facts
    assert (facts.name, listed.facts) == (name, facts)
    assert facts.summary
    assert facts.sees
    assert facts.updates
    assert facts.bytes_per_entry > 0


@pytest.mark.parametrize("name", layout_names())
def test_every_layout_says_where_it_is_from_and_what_was_left_out(name: str) -> None:
    (listed,) = [line for line in list_layouts() if line.name == name]
    if listed.facts is None:
        pytest.skip(str(listed.unavailable))
    summary, _, rest = inspect.getdoc(load_layout(name)).partition("\n\n")
    assert summary == listed.facts.summary  # one line, and a blank one
    last = rest.partition("\n\nRaises\n")[0].rpartition("\n\n")[2]
    assert re.fullmatch(r"Source: .+\.\nLeft out: .+\.", last, re.DOTALL)


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_declares_itself(name: str) -> None:
    facts = load_policy(name).facts
    assert facts.name == name
    assert facts.summary
    assert facts.risk


@pytest.mark.parametrize(
    "name", ["disabled", "freeze", "idle", "refreeze", "thresholds", "young-only"]
)
def test_a_policy_that_lets_garbage_wait_says_that_memory_grows(name: str) -> None:
    assert "memory grows" in load_policy(name).facts.risk


def test_a_strategy_is_a_layout_and_a_policy() -> None:
    strategy = parse("slots+freeze")
    assert strategy.name == "slots+freeze"
    assert strategy.layout_facts.name == "slots"
    assert strategy.policy_facts.name == "freeze"
    assert (strategy.layout_options, strategy.policy_options) == ({}, {})


def test_a_layout_alone_goes_with_the_default_policy() -> None:
    assert parse("slots").policy_facts.name == "default"


@pytest.mark.parametrize(
    ("text", "layout_options", "policy_options"),
    [
        ("slots:in-place", {"update": "in-place"}, {}),
        ("slots:in-place,coalesce", {"update": "in-place", "pending": "coalesce"}, {}),
        ("slots:drain=rolling", {"drain": "rolling"}, {}),
        ("slots:replace,drain=rolling", {"update": "replace", "drain": "rolling"}, {}),
        ("known-pause:1ms,2s", {"pause": 1_000_000, "every": 2_000_000_000}, {}),
        ("dict+thresholds:50k,gen2=0", {}, {"gen0": 50_000, "gen2": 0}),
        ("dict:in-place+thresholds:7,8", {"update": "in-place"}, {"gen0": 7, "gen1": 8}),
    ],
)
def test_options_by_position_and_by_name(
    text: str, layout_options: dict[str, object], policy_options: dict[str, object]
) -> None:
    strategy = parse(text)
    assert strategy.layout_options == layout_options
    assert strategy.policy_options == policy_options


def test_a_strategy_builds_what_it_says() -> None:
    strategy = parse("slots:in-place+thresholds:7,8,9")
    layout = strategy.build_layout(2, 4)
    layout.insert(1, 513, 0, False)
    assert layout.payload(1) == bytes([1, 2, 0, 0])
    assert type(layout) is load_layout("slots")
    assert type(strategy.build_policy()) is load_policy("thresholds")
    assert isinstance(strategy.build_policy(), Policy)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slot", "unknown layout 'slot': did you mean 'slots'?"),
        ("flat_array", "unknown layout 'flat_array': did you mean 'flat-array'?"),
        ("slots+freez", "unknown policy 'freez': did you mean 'freeze'?"),
        ("slots+freeze+freeze", "unknown policy 'freeze+freeze': did you mean 'freeze'?"),
        ("slots:pendign=record", "strategy 'slots:pendign=record': unknown option 'pendign': did "),
        ("slots:payload_bytes=8", "strategy 'slots:payload_bytes=8': unknown option 'payload_b"),
        ("slots:update=inplace", "strategy 'slots:update=inplace': option update is one of repla"),
        ("slots:update=replace,update=replace", "strategy 'slots:update=replace,update=replace'"),
        ("slots+freeze:1", "strategy 'slots+freeze:1': too many options at '1'; it takes: none"),
        ("slots:", "'slots:': an option is empty"),
        ("known-pause:0", "strategy 'known-pause:0': option pause '0': write a duration above 0"),
        (
            "slots:pending=coalesce,drain=rolling",
            "strategy 'slots:pending=coalesce,drain=rolling': drain=rolling goes with "
            "pending=record",
        ),
        ("slots:\n", "'slots:\\n': an option is empty"),
    ],
)
def test_a_wrong_strategy_is_refused_in_one_line(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize("text", ["", "+", "+freeze"])
def test_without_a_layout_all_are_named(text: str) -> None:
    assert refusal(text) == f"unknown layout '': known: {', '.join(layout_names())}"


def test_a_plus_wants_a_policy() -> None:
    assert refusal("slots+") == f"unknown policy '': known: {', '.join(policy_names())}"


def test_a_mode_that_the_layout_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = replace(load_layout("slots").facts, updates=("replace",))
    monkeypatch.setattr(load_layout("slots"), "facts", facts)
    assert parse("slots:replace").layout_options == {"update": "replace"}
    assert refusal("slots:in-place") == "strategy 'slots:in-place': slots has update=replace only"


def test_a_layout_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "strategies.layouts.flat", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    message = "layout 'flat' needs the package 'numpy': pip install numpy"
    assert refusal("flat") == message
    (listed,) = [line for line in list_layouts() if line.name == "flat"]
    assert (listed.facts, listed.options, listed.unavailable) == (None, "", message)


def test_a_file_without_its_class_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = SimpleNamespace(__name__="strategies.layouts.null")
    monkeypatch.setattr(importlib, "import_module", lambda name: empty)
    assert refusal("null") == (
        "layout 'null': strategies.layouts.null declares no class of that name"
    )


def test_listings_show_options_as_they_would_be_given() -> None:
    options = {line.name: line.options for line in [*list_layouts(), *list_policies()]}
    assert options["slots"] == (
        "update=replace|in-place,pending=record|coalesce,drain=batch|rolling"
    )
    assert options["known-pause"].startswith("pause=50.0ms,every=1.00s,")
    assert options["thresholds"] == "gen0=50000,gen1=20,gen2=20"
    assert options["default"] == ""


def imported_by(code: str) -> set[str]:
    listing = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_only_the_layout_that_is_asked_for_is_imported() -> None:
    modules = imported_by("from strategies.catalogue import parse; parse('slots+freeze')")
    layouts = {name for name in modules if name.startswith("strategies.layouts.")}
    assert layouts == {"strategies.layouts.slots"}
    assert "numpy" not in modules


def names(known: Iterable[str], name: str) -> str:
    return str(unknown("thing", name, known))


def test_an_unknown_name_is_met_with_the_nearest_one() -> None:
    assert names(["slots", "dict"], "slot") == "unknown thing 'slot': did you mean 'slots'?"
    assert names(["b", "a"], "quite other") == "unknown thing 'quite other': known: a, b"
    assert names((name for name in ("a", "b")), "x\ny") == "unknown thing 'x\\ny': known: a, b"
