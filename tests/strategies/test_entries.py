"""What the collector tracks of each kind of entry, and what each index does of its own."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

from lab.testing import taken
from strategies.catalogue import list_layouts, parse

AVAILABLE = {listed.name for listed in list_layouts() if listed.unavailable is None}
TRACKED = {
    "dataclass": True,
    "dict": sys.version_info >= (3, 14),
    "msgspec": False,
    "msgspec-nogc": False,
    "msgspec-nogc-lru-dict": False,
    "namedtuple": True,
    "object": True,
    "packed": False,
    "slots": True,
    "slots-linked": True,
    "slots-lru-dict": True,
    "slots-plain": True,
    "tuple": False,
}
"""After a collection: it lets go of a tuple that holds nothing but numbers and bytes."""


def build(name: str, capacity: int, payload_bytes: int = 0) -> Any:
    if name not in AVAILABLE:
        pytest.skip(f"{name} is not available here")
    return parse(name).build_layout(capacity, payload_bytes)


def entry_of(layout: Any, key: int) -> Any:
    return dict(layout._entries.items())[key]


@pytest.mark.parametrize("payload_bytes", [0, 20])
@pytest.mark.parametrize("name", TRACKED)
def test_what_is_tracked_of_an_entry(name: str, payload_bytes: int) -> None:
    layout = build(name, 4, payload_bytes)
    layout.insert(1, 2**63, 0, changed=True)
    layout.mention(1)
    gc.collect()
    assert gc.is_tracked(entry_of(layout, 1)) is TRACKED[name]


@pytest.mark.parametrize("name", [*TRACKED, "pooled"])
def test_tracked_objects_per_entry(name: str) -> None:
    layout = build(name, 1_000, 8)
    gc.collect()
    before = len(gc.get_objects())
    for key in range(1_000):
        layout.insert(key, 2**40 + key, 0, changed=False)
    gc.collect()
    expected = 1_000 * TRACKED.get(name, True)
    assert abs(len(gc.get_objects()) - before - expected) < 100


def test_an_object_has_no_dict_of_its_own_until_asked() -> None:
    entry = entry_of(filled("object"), 1)
    assert not any(isinstance(held, dict) for held in gc.get_referents(entry))
    assert vars(entry) == {"message_id": 10, "mentions": 0}


def test_a_struct_is_tracked_for_what_it_holds_unless_told_otherwise() -> None:
    for name, tracked in (("msgspec", True), ("msgspec-nogc", False)):
        kind = type(entry_of(filled(name), 1))
        assert gc.is_tracked(kind([], 0)) is tracked


@pytest.mark.parametrize(
    ("name", "followed"), [("slots", True), ("slots-plain", True), ("slots-lru-dict", False)]
)
def test_which_index_the_collector_follows_to_the_entries(name: str, followed: bool) -> None:
    layout = filled(name)
    assert (entry_of(layout, 1) in gc.get_referents(layout._entries)) is followed


def filled(name: str) -> Any:
    layout = build(name, 3)
    for key in (1, 2, 3):
        layout.insert(key, key * 10, 0, changed=True)
    return layout


@pytest.mark.parametrize("name", ["slots-lru-dict", "msgspec-nogc-lru-dict"])
def test_neither_commits_nor_payloads_count_as_a_use(name: str) -> None:
    layout = filled(name)
    layout.seal_pending()
    assert taken(layout.take_pending, 2) == [(1, 10, 0), (2, 20, 0)]
    assert layout.payload(1) == b""
    layout.ack(1, 11)
    layout.seal_pending()
    assert taken(layout.take_pending, 9) == [(3, 30, 0), (1, 11, 0)]
    assert [key for key, _, _ in layout.items()] == [2, 3, 1]


@pytest.mark.parametrize("name", ["slots-lru-dict", "msgspec-nogc-lru-dict"])
def test_a_payload_is_that_of_the_latest_update(name: str) -> None:
    layout = build(name, 2, 8)
    layout.insert(1, 10, 0, changed=False)
    assert layout.payload(1) == (10).to_bytes(8, "little")
    layout.ack(1, 11)
    assert layout.payload(1) == (11).to_bytes(8, "little")


def test_a_plain_dict_rehashes_by_being_read() -> None:
    # 5 keys of at most 5 in 8 places; the next insertion makes 16 places, which take 10
    layout = build("slots-plain", 5)
    for key in range(5):
        layout.insert(key, key, 0, changed=False)
    epochs = []
    for _ in range(13):
        layout.read(0)
        epochs.append(layout.index_epoch())
    # a read takes one out first: 4 are in use at a re-hash, 6 reads until the next one
    assert epochs == [1] * 6 + [2] * 6 + [3]


def test_a_node_that_is_out_holds_no_other() -> None:
    layout = filled("slots-linked")
    replaced, evicted = entry_of(layout, 2), entry_of(layout, 1)
    layout.ack(2, 21)
    layout.insert(4, 40, 0, changed=False)
    assert (replaced.older, replaced.newer) == (evicted.older, evicted.newer) == (None, None)
    assert [key for key, _, _ in layout.items()] == [3, 2, 4]


def test_closing_the_linked_list_leaves_nothing_to_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        layout = build("slots-linked", 500)
        for key in range(500):
            layout.insert(key, key, 0, changed=True)
        layout.close()
        assert len(gc.get_objects()) - before < 100
    finally:
        gc.enable()
