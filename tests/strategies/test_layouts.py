"""Every exact LRU layout, in every mode that it has, through the public conformance suite.

The modes come from the catalogue and the constructors' annotations: a new layout joins by being
there.
"""

from __future__ import annotations

import gc
import sys

import pytest

from lab.testing import CHECKS, Budget, Check, modes, taken
from strategies.catalogue import list_layouts, load_layout, parse

USUAL = Budget(examples=10, steps=30, walk=600)
BUDGETS: dict[str, Budget] = {"redis": Budget(examples=4, steps=20, walk=200)}
"""Layouts that are slow by nature, over a socket or a database, are tried less often."""


def exact_layouts() -> list[str]:
    names = [listed.name for listed in list_layouts() if listed.unavailable is None]
    facts = [load_layout(name).facts for name in names]
    return [each.name for each in facts if each.eviction == "exact-lru" and not each.program]


MODES = [(name, mode) for name in exact_layouts() for mode in modes(name)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("name", "mode"), MODES, ids=[mode for _, mode in MODES])
def test_a_layout_keeps_the_contract(name: str, mode: str, check: Check) -> None:
    check(mode, BUDGETS.get(name, USUAL))


def test_no_mode_is_left_out() -> None:
    # replace and in-place, with a list of records, a rolling one, or one entry a key
    counts = {name: len(modes(name)) for name in exact_layouts()}
    assert counts["slots"] == counts["dict"] == 6
    assert counts["flat-array"] == 4
    assert all(count >= 2 for count in counts.values())


@pytest.mark.parametrize(
    ("mode", "tracked_per_entry"),
    [
        ("slots", 1),
        ("dict", int(sys.version_info >= (3, 14))),  # a dict of numbers is tracked from 3.14 on
        ("flat", 0),
        ("flat-array", 0),
    ],
)
@pytest.mark.parametrize("payload_bytes", [0, 20])
def test_the_collector_sees_of_a_layout_what_it_declares(
    mode: str, tracked_per_entry: int, payload_bytes: int
) -> None:
    if mode not in exact_layouts():
        pytest.skip(f"{mode} is not available here")
    layout = parse(mode).build_layout(1_000, payload_bytes)
    gc.collect()
    before = len(gc.get_objects())
    for key in range(1_000):
        layout.insert(key, key, 0, changed=False)
        layout.ack(key, key + 2**40)
        layout.mention(key)
    layout.seal_pending()
    while taken(layout.take_pending, 100):
        pass
    assert abs(len(gc.get_objects()) - before - 1_000 * tracked_per_entry) < 100
