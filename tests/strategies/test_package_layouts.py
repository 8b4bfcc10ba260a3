"""What the collector sees of the caches from PyPI and of what is outside the heap."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from taking import taken

from strategies.catalogue import list_layouts, parse
from strategies.errors import MissingPackageError, UsageError
from strategies.interface import Layout, payload_for

ENTRIES = 1_000
HERE = [listed.name for listed in list_layouts() if listed.unavailable is None]


def build(name: str, capacity: int, payload_bytes: int = 0) -> Layout:
    if name not in HERE:
        pytest.skip(f"{name} is not available here")
    return parse(name).build_layout(capacity, payload_bytes)


@pytest.mark.parametrize(
    ("name", "tracked_per_entry"),
    [
        ("cachetools", 0),
        ("lru-dict", 0),
        ("cachebox", 0),
        ("moka", 0),
        ("theine", 1),
        ("flat-dict", 0),
        ("flat-numba", 0),
        ("mmap", 0),
        ("sqlite", 0),
        ("lmdb", 0),
        ("redis", 0),
    ],
)
def test_tracked_objects_after_a_collection(name: str, tracked_per_entry: int) -> None:
    gc.collect()
    before = len(gc.get_objects())
    layout = build(name, ENTRIES)
    for key in range(ENTRIES):
        layout.insert(key, key, 0, changed=False)
        layout.ack(key, key + 2**40)
        layout.mention(key)
    layout.seal_pending()
    for _ in range(3 * ENTRIES // 100 + 1):
        taken(layout.take_pending, 100)
    gc.collect()
    # what the package's own machinery needs is well under half an object an entry
    assert abs(len(gc.get_objects()) - before - ENTRIES * tracked_per_entry) < ENTRIES * 0.4
    layout.close()


@pytest.mark.parametrize(
    ("name", "attribute", "walked"),
    [
        ("cachebox", "_entries", True),
        ("lru-dict", "_entries", False),
        ("moka", "_cache", False),
    ],
)
def test_whether_the_collector_walks_the_table(name: str, attribute: str, walked: bool) -> None:
    layout = build(name, ENTRIES)
    for key in range(ENTRIES):
        layout.insert(key, key, 0, changed=False)
    seen = len(gc.get_referents(getattr(layout, attribute)))
    assert seen >= ENTRIES if walked else seen < 10


def test_the_index_of_flat_dict_is_tracked_from_3_14_on() -> None:
    layout = build("flat-dict", 10)
    layout.insert(1, 1, 0, changed=False)
    assert gc.is_tracked(vars(layout)["_slots"]) is (sys.version_info >= (3, 14))


@pytest.mark.parametrize("name", ["flat-dict", "cachetools", "lru-dict"])
def test_a_dict_under_churn_re_hashes(name: str) -> None:
    layout = build(name, 100)
    for key in range(100):
        layout.insert(key, 0, 0, changed=False)
    filled = layout.index_epoch()
    assert filled > 0
    for key in range(100, 1_000):
        assert layout.insert(key, 0, 0, changed=False)
    assert layout.index_epoch() > filled


def test_a_payload_of_lru_dict_is_never_an_earlier_one() -> None:
    layout = build("lru-dict", 2, payload_bytes=8)
    layout.insert(1, 10, 0, changed=False)
    assert layout.payload(1) == (10).to_bytes(8, "little")
    layout.ack(1, 11)
    assert layout.payload(1) == (11).to_bytes(8, "little")
    layout.insert(2, 20, 0, changed=False)
    layout.insert(3, 30, 0, changed=False)
    assert layout.victim[0] == 1  # payloads were no use of it
    with pytest.raises(KeyError):
        layout.payload(1)


@pytest.mark.parametrize("name", ["lmdb", "mmap"])
def test_no_file_stays_behind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = (tmp_path, Path("/dev/shm"))
    before = {path for folder in folders for path in folder.glob("gclab-*")}
    layout = build(name, 10)
    layout.insert(1, 1, 0, changed=True)
    created = {path for folder in folders for path in folder.glob(f"gclab-{name}-*")} - before
    assert not created
    assert list(layout.items()) == [(1, 1, 0)]
    layout.close()


def test_a_redis_server_ends_with_its_layout() -> None:
    layout = build("redis", 10)
    pid = vars(layout)["_server"].pid
    os.kill(pid, 0)
    layout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_redis_the_layout_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delitem(sys.modules, "strategies.layouts.redis", raising=False)
    with pytest.raises(UsageError, match="apt-get install redis-server"):
        parse("redis")
    (listed,) = [listed for listed in list_layouts() if listed.name == "redis"]
    assert listed.unavailable is not None
    assert "apt-get install redis-server" in listed.unavailable


def spoil_in_flat_dict(layout: Any) -> None:
    layout._payload[:] = bytes(len(layout._payload))


def spoil_in_sqlite(layout: Any) -> None:
    layout._database.execute("UPDATE state SET payload = x'00'")


def spoil_in_redis(layout: Any) -> None:
    layout._call(b"SETRANGE", (1).to_bytes(8, "big"), b"12", bytes(20))


@pytest.mark.parametrize("spoil", [spoil_in_flat_dict, spoil_in_sqlite, spoil_in_redis])
@pytest.mark.parametrize("message_id", [1, 2**64 - 2])
def test_a_mention_replaces_the_payload_too(spoil: Callable[[Any], None], message_id: int) -> None:
    name = spoil.__name__.removeprefix("spoil_in_").replace("_", "-")
    layout = build(name, 2, payload_bytes=20)
    layout.insert(1, message_id, 2**32 - 2, changed=False)
    for mentions in (2**32 - 1, 2**32 - 1):  # the second finds the counter full
        spoil(layout)
        assert layout.payload(1) != payload_for(message_id, 20)
        assert layout.mention(1)
        assert layout.payload(1) == payload_for(message_id, 20)
        assert layout.read(1) == (message_id, mentions)
    assert not layout.mention(2)
    layout.close()


@pytest.mark.parametrize(
    ("version", "usable"),
    [("6.2.10", True), ("6.10.0", True), ("7.0", True), ("6.2.9", False), ("5.9.9rc1", False)],
)
def test_an_older_cachebox_is_refused(
    version: str, usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = pytest.importorskip("cachebox")
    monkeypatch.setattr(package, "__version__", version)
    monkeypatch.delitem(sys.modules, "strategies.layouts.cachebox", raising=False)
    (listed,) = [listed for listed in list_layouts() if listed.name == "cachebox"]
    needs = f"layout 'cachebox' needs cachebox 6.2.10 or later, not {version}"
    assert listed.unavailable == (None if usable else f"{needs}: pip install 'cachebox>=6.2.10'")
    if not usable:
        with pytest.raises(MissingPackageError) as refused:
            parse("cachebox")
        assert (refused.value.needs, refused.value.install) == (needs, "'cachebox>=6.2.10'")
