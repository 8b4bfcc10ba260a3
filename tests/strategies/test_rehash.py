"""`RehashCount` against real dicts: what is derived must be what CPython does."""

from __future__ import annotations

import itertools
import platform
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from strategies.catalogue import list_layouts, load_layout, parse
from strategies.parts.object_lru import ObjectLRU
from strategies.parts.rehash import RehashCount

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="counts CPython's re-hashes"
)
TABLE_BYTES = 8_000
"""A table for 600 keys is larger than this; what one insertion allocates besides is below 1,000."""

Insert = Callable[[int], object]


@contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def rebuilds(insert: Insert, keys: range) -> list[int]:
    """Return the keys whose insertion made a new table while the old one was still there.

    A re-hash at the same size leaves no trace in the dict's size, but for a moment both tables are
    allocated, which the peak of the traced memory shows.
    """
    found = []
    with traced():
        for key in keys:
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            insert(key)
            if tracemalloc.get_traced_memory()[1] - before > TABLE_BYTES:
                found.append(key)
    return found


def steps(count: Callable[[], int], insert: Insert, keys: range) -> list[int]:
    """Return the keys whose insertion raised a count, each once for every step."""
    found = []
    for key in keys:
        before = count()
        insert(key)
        found += [key] * (count() - before)
    return found


def replacing(real: dict[int, int]) -> Insert:
    """Take the oldest key out for each that goes in, as an LRU does."""
    oldest = itertools.count()

    def insert(key: int) -> None:
        del real[next(oldest)]
        real[key] = key

    return insert


def test_growth_by_hand() -> None:
    # 8 places take 5 keys, 16 take 10, 32 take 21, 64 take 42: one more makes it re-hash
    rehash = RehashCount()
    keys = range(1, 50)
    assert steps(lambda: rehash.epoch, lambda key: rehash.insertion(key - 1), keys) == [
        6,
        11,
        22,
        43,
    ]


def test_steady_length_by_hand() -> None:
    # 5 keys, one out for each one in: 16 places take 10, of which 4 are in use after a re-hash
    rehash = RehashCount()
    keys = range(1, 30)
    inserted = steps(lambda: rehash.epoch, lambda key: rehash.insertion(min(key - 1, 4)), keys)
    assert inserted == [6, 12, 18, 24]


def test_a_growing_dict_rehashes_whenever_its_size_changes() -> None:
    real: dict[int, None] = {}
    rehash = RehashCount()
    real[0] = None  # the first table is no re-hash
    rehash.insertion(0)
    changes = 0
    for key in range(1, 100_000):
        size, epoch = sys.getsizeof(real), rehash.epoch
        rehash.insertion(len(real))
        real[key] = None
        changes += sys.getsizeof(real) != size
        assert rehash.epoch - epoch == (sys.getsizeof(real) != size), key
    assert changes == rehash.epoch == 15  # 16, 32, ... 262,144 places


@pytest.mark.parametrize("length", [683, 1000, 1300, 1365, 1366])
def test_a_dict_of_steady_length_rehashes_when_derived(length: int) -> None:
    real: dict[int, int] = {}
    rehash = RehashCount()
    for key in range(length):
        rehash.insertion(len(real))
        real[key] = key
    keys = range(length, length + 10_000)
    derived = steps(lambda: rehash.epoch, lambda key: rehash.insertion(length - 1), keys)
    assert len(derived) >= 3
    assert rebuilds(replacing(real), keys) == derived


def declared(rehash: str) -> list[str]:
    """Layouts in Python that declare this of their re-hashes; instruments do so by kind."""
    names = [listed.name for listed in list_layouts() if listed.unavailable is None]
    facts = [load_layout(name).facts for name in names]
    return [
        each.name
        for each in facts
        if each.rehash == rehash and not each.program and each.eviction != "none"
    ]


def object_layouts() -> list[str]:
    """Layouts over a CPython dict, their own or a package's."""
    return [name for name in declared("counted") if issubclass(load_layout(name), ObjectLRU)]


@pytest.mark.parametrize("name", object_layouts())
@pytest.mark.parametrize("capacity", [1000, 1365])
def test_a_full_layout_counts_the_rehashes_of_its_own_dict(name: str, capacity: int) -> None:
    layout, witness = (parse(name).build_layout(capacity, 0) for _ in range(2))
    for cache in (layout, witness):
        for key in range(capacity):
            cache.insert(key, 0, 0, False)
    keys = range(capacity, capacity + 6_000)
    derived = steps(layout.index_epoch, lambda key: layout.insert(key, 0, 0, False), keys)
    assert len(derived) >= 2
    assert rebuilds(lambda key: witness.insert(key, 0, 0, False), keys) == derived


@pytest.mark.parametrize("name", declared("counted"))
def test_what_is_declared_as_counted_is(name: str) -> None:
    layout = parse(name).build_layout(2_000, 0)
    for key in range(2_000):
        layout.insert(key, 0, 0, False)
    assert layout.index_epoch() > 0
    layout.close()


@pytest.mark.parametrize("name", declared("none") + declared("unseen"))
def test_nothing_is_counted_where_none_is_declared(name: str) -> None:
    layout = parse(name).build_layout(2_000, 0)
    for key in range(2_000):
        layout.insert(key, 0, 0, False)
    assert layout.index_epoch() == 0
    layout.close()


def test_tables_of_packages_and_servers_are_unseen() -> None:
    here = {listed.name for listed in list_layouts() if listed.unavailable is None}
    assert set(declared("unseen")) == {"cachebox", "moka", "redis", "theine"} & here


def test_updates_of_what_is_there_rehash_nothing() -> None:
    layout = parse("slots").build_layout(10, 0)
    for key in range(10):
        layout.insert(key, 0, 0, False)
    before = layout.index_epoch()
    for number in range(1_000):
        layout.ack(number % 10, number)
    assert layout.index_epoch() == before
