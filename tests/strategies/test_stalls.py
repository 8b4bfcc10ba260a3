"""Every kind of stall by evidence of its own, around a direct call."""

from __future__ import annotations

import gc
import json
import mmap
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from strategies.errors import UsageError
from strategies.parts.stalls import prepared, system
from strategies.parts.stalls.base import UNLIMITED, Busy, Load, Sleep, Stall
from strategies.parts.stalls.kinds import ORDER, Wanted, build
from strategies.parts.stalls.prepared import Collect, Drop, Rehash
from strategies.parts.stalls.system import Fault, Spin

MS = 10**6
PAUSE_NS = 8 * MS
FAULT_NS = 100_000
"""A page takes a microsecond or some; a pause has at least so many faults on a busy machine too."""
ROOT = Path(__file__).resolve().parents[2]

cpython = pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="looks into CPython's memory"
)


@contextmanager
def collections() -> Iterator[list[int]]:
    """Note the generation of every collection."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(note)
    try:
        yield seen
    finally:
        gc.callbacks.remove(note)


def caused(stall: Stall) -> int:
    """Cause a stall and return how long it took, in nanoseconds."""
    begin = time.monotonic_ns()
    stall.cause(begin)
    return time.monotonic_ns() - begin


@cpython
def test_gc_is_one_full_collection_each_time_over_the_same_heap() -> None:
    pause_ns = 8 * PAUSE_NS  # the objects of the test run itself must be the smaller part
    stall = Collect(pause_ns)
    with collections() as seen:
        assert caused(stall) >= pause_ns / 4
        assert len(seen) == 1
        assert caused(stall) >= pause_ns / 4
    assert seen == [2, 2]
    assert stall.left == UNLIMITED
    tracked = len(gc.get_objects())
    stall.close()
    assert tracked - len(gc.get_objects()) >= stall.lists > 0


@cpython
def test_a_longer_gc_has_a_larger_heap() -> None:
    short, long = Collect(PAUSE_NS), Collect(4 * PAUSE_NS)
    assert long.lists > 1.5 * short.lists
    short.close()
    long.close()


@cpython
def test_rehash_makes_one_dict_grow_and_collects_nothing() -> None:
    stall = Rehash(PAUSE_NS, 2)
    before = stall.table_bytes()
    assert (len(before), before[0], stall.rehashes, stall.left) == (2, before[1], 0, 2)
    with collections() as seen:
        assert caused(stall) >= PAUSE_NS / 4
    assert (stall.rehashes, stall.left, seen) == (1, 1, [])
    first, second = stall.table_bytes()
    assert first > 1.5 * before[0]
    assert second == before[1]
    assert caused(stall) >= PAUSE_NS / 4
    assert (stall.rehashes, stall.left) == (2, 0)
    assert stall.table_bytes() == [first, first]
    stall.close()
    assert stall.table_bytes() == []
    assert stall.left == 0


@cpython
def test_rehash_refuses_an_interpreter_whose_copies_have_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepared, "_used_up", lambda places: {1: None})
    with pytest.raises(UsageError, match=r"kind=rehash: .* dict\.copy leaves room"):
        Rehash(PAUSE_NS, 1)


def dropped(stall: Drop) -> tuple[int, int, int]:
    """Evict once; return the time it took, the blocks that it freed, the collections it made."""
    with collections() as seen:
        blocks = sys.getallocatedblocks()
        begin = time.monotonic_ns()
        assert stall.evict() is True
        taken_ns = time.monotonic_ns() - begin
        freed = blocks - sys.getallocatedblocks()
    return taken_ns, freed, len(seen)


@cpython
def test_drop_frees_the_prepared_objects_and_collects_nothing() -> None:
    stall = Drop(PAUSE_NS, 2)
    assert (stall.misses, stall.left) == (True, 2)
    caused(stall)
    assert stall.left == 2, "it drops in the insertion, not in the operation that misses"
    total_ns = 0
    for left in (1, 0):
        taken_ns, freed, collected = dropped(stall)
        assert abs(freed - stall.objects) <= 100
        assert (collected, stall.left) == (0, left)
        total_ns += taken_ns
    assert total_ns / 2 >= PAUSE_NS / 4


@cpython
def test_a_longer_drop_has_more_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    # by a clock on which an object takes 10 ns: how long it does take is the machine's
    monkeypatch.setattr(Drop, "_time_with", lambda _, objects, rounds: 10 * objects)
    assert Drop(PAUSE_NS, 1).objects == pytest.approx(PAUSE_NS / 10, rel=0.01)
    assert Drop(4 * PAUSE_NS, 1).objects == pytest.approx(4 * PAUSE_NS / 10, rel=0.01)


@cpython
def test_the_collector_lets_go_of_what_will_be_dropped() -> None:
    stall = Drop(PAUSE_NS, 2)
    gc.collect()
    walked = [each for each in gc.get_objects() if type(each) in (tuple, list)]
    assert all(len(each) != stall.objects for each in walked)


@pytest.mark.parametrize(
    ("kind", "stall"),
    [
        ("gc", lambda: Collect(PAUSE_NS)),
        ("rehash", lambda: Rehash(PAUSE_NS, 10)),
        ("drop", lambda: Drop(PAUSE_NS, 10)),
    ],
)
@cpython
def test_stalls_that_would_take_too_much_memory_are_refused(
    kind: str, stall: Callable[[], Stall], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MEMORY_MAX_BYTES", 2**20)
    with pytest.raises(UsageError, match=rf"kind={kind} would prepare .* GB .*: ask for a shorter"):
        stall()


def test_a_fault_stall_is_many_page_faults() -> None:
    stall = Fault(PAUSE_NS)
    with collections() as seen:
        before = resource.getrusage(resource.RUSAGE_SELF)
        taken_ns = caused(stall)
        after = resource.getrusage(resource.RUSAGE_SELF)
    assert taken_ns >= PAUSE_NS
    assert after.ru_minflt - before.ru_minflt >= PAUSE_NS / FAULT_NS
    assert seen == []


def test_a_fault_stall_goes_round_in_its_mapping_and_gives_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = 2 * system._PAGES_AT_ONCE
    monkeypatch.setattr(system, "_MAPPED_BYTES", pages * mmap.PAGESIZE)
    mapped = len(Path("/proc/self/maps").read_text().splitlines())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    caused(Fault(8 * PAUSE_NS))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before > 2 * pages
    assert len(Path("/proc/self/maps").read_text().splitlines()) <= mapped + 2


def test_sleep_and_busy_take_the_pause_from_when_the_operation_began() -> None:
    for stall in (Sleep(PAUSE_NS), Busy(PAUSE_NS)):
        begin = time.monotonic_ns() - PAUSE_NS  # an operation that began that long ago
        assert caused(stall) >= PAUSE_NS
        cpu_ns = time.thread_time_ns()
        stall.cause(begin)
        assert time.thread_time_ns() - cpu_ns < PAUSE_NS / 2
    assert Sleep(PAUSE_NS).misses is False


def test_a_load_stall_is_a_miss_and_nothing_else() -> None:
    stall = Load()
    assert (stall.misses, stall.left) == (True, UNLIMITED)
    stall.cause(0)
    assert stall.evict() is False


_DESCHEDULED = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from strategies.parts.stalls.system import Spin
def schedstat():
    return [int(part) for part in open("/proc/self/schedstat").read().split()[:2]]
pause_ns = int(sys.argv[2])
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
stall = Spin(pause_ns)
def over(cause):
    cpu, delay = schedstat()
    begin = time.monotonic_ns()
    if cause:
        stall.cause(begin)
    while time.monotonic_ns() < begin + pause_ns:
        pass
    after = schedstat()
    return {"cpu_ns": after[0] - cpu, "delay_ns": after[1] - delay}
over(False)
stalls = [over(True) for _ in range(5)]
helper = os.listdir(f"/proc/{stall._helper}/fd")
here = os.getpriority(os.PRIO_PROCESS, 0)
there = os.getpriority(os.PRIO_PROCESS, stall._helper)
stall.close()
stall.close()
print(json.dumps({"stalls": stalls, "helper": helper, "here": here, "there": there,
                  "gone": not os.path.exists(f"/proc/{stall._helper}"),
                  "subprocess": "subprocess" in sys.modules}))
"""


def can_pin() -> bool:
    try:
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return False
    return Path("/proc/self/schedstat").exists()


def in_a_process_of_its_own(*arguments: str) -> Any:
    """Run the script there: what `Spin` does to its process cannot be undone."""
    done = subprocess.run(
        [sys.executable, "-c", _DESCHEDULED, str(ROOT), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(not can_pin(), reason="this process may not be pinned to a core")
def test_spin_takes_the_core_away() -> None:
    pause_ns = 20 * MS
    seen = in_a_process_of_its_own(str(pause_ns))
    delays = sorted(each["delay_ns"] for each in seen["stalls"])
    used = sorted(each["cpu_ns"] for each in seen["stalls"])
    assert delays[2] >= pause_ns / 2
    assert used[2] < pause_ns / 2
    assert seen["here"] == 19
    assert seen["there"] == os.getpriority(os.PRIO_PROCESS, 0)
    assert sorted(seen["helper"]) == ["0", "1"]
    assert (seen["gone"], seen["subprocess"]) == (True, False)


@pytest.mark.skipif(not can_pin(), reason="this process may not be pinned to a core")
def test_the_helper_ends_with_its_process() -> None:
    start, _, _ = _DESCHEDULED.partition("def over")
    script = start + "print(stall._helper, flush=True)\nos._exit(0)"
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), "1000"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    helper = Path("/proc") / done.stdout.strip()
    deadline = time.monotonic() + 10
    while helper.exists() and _state(helper) != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not helper.exists() or _state(helper) == "Z"


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_spin_refuses_a_process_that_could_step_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr("strategies.parts.stalls.kinds._BUILD", {})  # before anything is prepared
    for make in (lambda: Spin(MS), lambda: build("mixed", Wanted(MS, MS, 1))):
        with pytest.raises(UsageError, match="pinned to one core, this one may run on 2: start it"):
            make()


def test_spin_names_a_helper_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UsageError, match="its helper /bin/false did not start"):
        Spin(MS)


KINDS = {
    "gc": Collect,
    "rehash": Rehash,
    "drop": Drop,
    "sleep": Sleep,
    "fault": Fault,
    "load": Load,
    "commit": Busy,
}


@cpython
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_built_by_its_name(kind: Any) -> None:
    (stall,) = build(kind, Wanted(MS, MS, 1))
    assert type(stall) is KINDS[kind]
    stall.close()


def test_mixed_is_one_of_each_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    order_of_building = []

    class Named(Stall):
        def __init__(self, name: str) -> None:
            self.name = name
            order_of_building.append(name)

    monkeypatch.setattr(
        "strategies.parts.stalls.kinds._BUILD",
        {name: lambda wanted, name=name: Named(name) for name in ("spin", *sorted(KINDS))},
    )
    monkeypatch.setattr("strategies.parts.stalls.kinds.require_one_core", lambda: None)
    built = build("mixed", Wanted(MS, MS, 1))
    assert [stall.name for stall in built] == list(ORDER)  # type: ignore[attr-defined]
    assert len(order_of_building) == len(ORDER)


def test_the_collector_s_heap_is_sized_after_what_it_has_to_walk_and_spin_comes_last() -> None:
    from strategies.parts.stalls.kinds import _BUILD  # noqa: PLC0415

    order = list(_BUILD)
    assert order.index("gc") > max(order.index("rehash"), order.index("drop"))
    assert order[-1] == "spin"


def test_prepared_kinds_get_the_rounds_and_the_drop_its_own_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {}
    for name in ("Rehash", "Drop", "Collect"):
        monkeypatch.setattr(
            f"strategies.parts.stalls.kinds.{name}",
            lambda *arguments, name=name: given.setdefault(name, arguments),
        )
    for kind in ("rehash", "drop", "gc"):
        build(kind, Wanted(1, 2, 3))  # type: ignore[arg-type]
    assert given == {"Rehash": (1, 3), "Drop": (2, 3), "Collect": (1,)}
