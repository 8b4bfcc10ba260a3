"""The flat table from inside: index, links and ring of waiting slots after every operation."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taking import taken

from strategies.catalogue import list_layouts, load_layout
from strategies.parts.flat_table import FlatTable

INVERSE = pow(0x9E3779B97F4A7C15, -1, 2**64)
"""Undoes the table's multiplicative hash, so that keys can be made for a place."""
PLACES = 8
CAPACITY = 5
"""What the smallest index of 8 places holds."""
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["read", "ack", "mention", "seal", "take"]), st.integers(0, 8)),
    max_size=60,
)


def flat_tables() -> list[type[FlatTable]]:
    names = [listed.name for listed in list_layouts() if listed.unavailable is None]
    return [cls for cls in map(load_layout, names) if issubclass(cls, FlatTable)]


@pytest.fixture(params=flat_tables(), ids=lambda cls: str(cls.facts.name))
def flat(request: pytest.FixtureRequest) -> type[FlatTable]:
    cls: type[FlatTable] = request.param
    return cls


def keys_for(place: int, count: int, places: int = PLACES) -> list[int]:
    """Return keys whose own place in an index of that many places is ``place``."""
    shift = 64 - (places.bit_length() - 1)
    keys = [((place << shift) + 977 * number) * INVERSE % 2**64 for number in range(count)]
    return [key - 2**64 if key >= 2**63 else key for key in keys]


def home(table: FlatTable, key: int) -> int:
    return (key * 0x9E3779B97F4A7C15 % 2**64) >> table._shift


def marks(table: FlatTable) -> tuple[int, int, int]:
    """Return the ring's counts; what is compiled keeps them in the header that it reads."""
    header = getattr(table, "_header", None)
    if header is None:
        return table._head, table._sealed, table._tail
    return header[4], header[6], header[5]


def audit(table: FlatTable) -> None:
    """Re-count every structure of the table."""
    size, places = len(table), table._mask + 1
    index = table._index.tolist()
    assert len(index) == places
    assert sorted(slot for slot in index if slot) == list(range(1, size + 1))
    for place, slot in enumerate(index):
        if not slot:
            continue
        key = table._keys[slot]
        assert table._find(key) == slot
        step = home(table, key)
        while step != place:  # no hole between a key's own place and where it stands
            assert index[step]
            step = (step + 1) % places
    forth, slot = [], table._newer[0]
    while slot:
        forth.append(slot)
        slot = table._newer[slot]
    assert sorted(forth) == list(range(1, size + 1))
    assert all(table._older[newer] == older for older, newer in pairwise([0, *forth]))
    assert table._older[0] == (forth[-1] if forth else 0)
    head, sealed, tail = marks(table)
    assert head <= sealed <= tail <= head + table._capacity
    waiting = [table._ring[n % table._capacity] for n in range(head, tail)]
    assert len(set(waiting)) == len(waiting)
    assert [n for n, waits in enumerate(table._waits.tolist()) if waits] == sorted(waiting)
    assert table.index_epoch() == 0


def play(table: FlatTable, keys: list[int], operations: list[tuple[str, int]]) -> None:
    places = table._index.nbytes
    for operation, number in operations:
        key = keys[number % len(keys)]
        if operation == "seal":
            table.seal_pending()
        elif operation == "take":
            taken(table.take_pending, number + 1)
        elif operation == "read":
            if table.read(key) is None:
                table.insert(key, 0, 0, changed=False)
        elif not (table.mention(key) if operation == "mention" else table.ack(key, number)):
            table.insert(key, number, 0, changed=True)
        audit(table)
    assert table._index.nbytes == places  # never re-hashed


@settings(deadline=None, max_examples=60)
@given(operations=OPERATIONS)
@pytest.mark.parametrize("cls", flat_tables())
@pytest.mark.parametrize(
    "homes",
    [[3], [7], [6, 7, 0], [0, 1, 2, 3]],
    ids=["one place", "the last place", "around the end", "overlapping"],
)
def test_whatever_collides_stays_consistent(
    cls: type[FlatTable], homes: list[int], operations: list[tuple[str, int]]
) -> None:
    keys = [key for place in homes for key in keys_for(place, 9)][::2]
    play(cls(CAPACITY), keys, operations)


@settings(deadline=None, max_examples=60)
@given(
    capacity=st.integers(1, 40),
    keys=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60),
    operations=OPERATIONS,
)
def test_whatever_the_keys_it_stays_consistent(
    capacity: int, keys: list[int], operations: list[tuple[str, int]]
) -> None:
    play(load_layout("flat-array")(capacity), keys, operations)


def test_the_collisions_are_real(flat: type[FlatTable]) -> None:
    table = flat(CAPACITY)
    assert table._mask + 1 == PLACES
    for place in range(PLACES):
        assert {home(table, key) for key in keys_for(place, 9)} == {place}
    assert min(keys_for(7, 9)) < 0


def test_deletion_shifts_back_only_who_may_move(flat: type[FlatTable]) -> None:
    # places 5, 6, 7 and, around the end, 0: a and b belong to 5, c to 7, d to 5
    table = flat(CAPACITY)
    a, b, d = keys_for(5, 3)
    (c,) = keys_for(7, 1)
    for key in (a, b, c, d):
        table.insert(key, 0, 0, changed=False)
    slots = {table._keys[slot]: slot for slot in range(1, 5)}
    by_place = [next((k for k, s in slots.items() if s == slot), None) for slot in table._index]
    assert by_place == [d, None, None, None, None, a, b, c]
    table._unindex(a, slots[a])
    by_place = [next((k for k, s in slots.items() if s == slot), None) for slot in table._index]
    # b to 5, d past c, which stands in its own place, to 6
    assert by_place == [None, None, None, None, None, b, d, c]


@pytest.mark.parametrize("capacity", [1, 2, 5, 6, 10, 11, 21, 22, 100, 682, 683, 1000])
def test_the_index_is_a_power_of_two_and_at_most_two_thirds_full(
    flat: type[FlatTable], capacity: int
) -> None:
    places = flat(capacity)._mask + 1
    assert places & (places - 1) == 0
    assert capacity * 3 <= places * 2
    assert places == 8 or capacity * 3 > places  # and no larger than that


def test_a_waiting_slot_whose_entry_was_evicted_hands_out_its_new_one(
    flat: type[FlatTable],
) -> None:
    table = flat(1)
    table.insert(1, 10, 0, changed=True)
    table.seal_pending()
    assert table.insert(2, 20, 3, changed=False) is True
    assert list(table.victim) == [1, 10, 0]
    assert taken(table.take_pending, 9) == [(2, 20, 3)]
    table.ack(2, 21)
    table.seal_pending()
    assert taken(table.take_pending, 9) == [(2, 21, 0)]


def test_a_slot_waits_once_however_often_it_changes(flat: type[FlatTable]) -> None:
    table = flat(2)
    table.insert(1, 10, 0, changed=True)
    for message_id in range(100):
        table.ack(1, message_id)
    table.seal_pending()
    table.mention(1)
    assert taken(table.take_pending, 9) == [(1, 99, 1)]
    table.seal_pending()
    assert taken(table.take_pending, 9) == []


def test_a_mention_writes_the_payload_anew_unless_in_place(flat: type[FlatTable]) -> None:
    for update, expected in (("replace", (10).to_bytes(8, "little")), ("in-place", b"x" * 8)):
        table = flat(2, payload_bytes=8, update=update)
        table.insert(1, 10, 0, changed=False)
        table._payload[8:16] = b"x" * 8  # slot 1
        table.mention(1)
        assert (table.payload(1), table.read(1)) == (expected, (10, 1))
        table.ack(1, 11)  # its payload is another one either way
        assert table.payload(1) == (11).to_bytes(8, "little")
