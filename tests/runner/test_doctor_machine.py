"""The doctor on machines made up of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.runner.doctor import machine
from lab.runner.doctor.finding import Finding, graded
from lab.runner.doctor.load import Process, Usage, load_findings, usage

CPU = "sys/devices/system/cpu"


def put(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text + "\n")
    return root


def test_a_warning_without_advice_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="say what would improve it"):
        Finding("x", "y", "warn")
    with pytest.raises(ValueError, match="x is bad"):
        Finding("x", "y", "bad", "")
    assert Finding("x", "y", "good").to_json() == {
        "name": "x",
        "value": "y",
        "state": "good",
        "advice": None,
        "figures": {},
    }


def test_grades_begin_at_their_bounds() -> None:
    assert [graded(v, 2, 4) for v in (1.9, 2, 3.9, 4)] == ["good", "warn", "warn", "bad"]


@pytest.mark.parametrize(
    ("online", "usable", "state", "value", "advice"),
    [
        ("0-7", {6, 7}, "good", "2 usable of 8", None),
        ("0,2-3", {2, 3}, "good", "2 usable of 3", None),
        ("0-1", {1}, "bad", "1 usable of 2", "taskset -c 0-1 gclab ..."),
        ("0", {0}, "bad", "1 usable of 1", "take a machine with 2 cores or more"),
        ("", {0, 1}, "good", "2 usable of 2", None),
    ],
)
def test_a_worker_needs_a_core_and_the_lab_another(
    tmp_path: Path, online: str, usable: set[int], state: str, value: str, advice: str | None
) -> None:
    found = machine.cores(put(tmp_path, f"{CPU}/online", online), usable)
    assert (found.state, found.value) == (state, value)
    assert (found.advice or "").startswith(advice or "")
    assert (found.advice is None) == (advice is None)


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({}, "good"),
        ({"cpu.max": "max 100000"}, "good"),
        ({"cpu.max": "150000 100000"}, "bad"),
        ({"cpu.max": "200000 100000"}, "warn"),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "good"),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, "bad"),
    ],
)
def test_a_quota_of_either_version_is_seen(
    tmp_path: Path, files: dict[str, str], state: str
) -> None:
    for name, text in files.items():
        put(tmp_path, f"sys/fs/cgroup/{name}", text)
    found = machine.cpu_quota(tmp_path, 2)
    assert found.state == state
    if state != "good":
        assert found.figures["quota_cores"] in (0.5, 1.5, 2.0)


@pytest.mark.parametrize(
    ("beside", "usable", "state", "advice"),
    [
        ("1,3", {0, 1, 2, 3}, "warn", "smt/control"),
        ("2-3", {2, 3}, "warn", "2 whole cores"),
        ("1,3", {2, 3}, "good", None),  # the sibling is not used
        ("3", {2, 3}, "good", None),
        ("", {2, 3}, "good", None),
    ],
)
def test_a_hyper_thread_beside_the_worker_is_named(
    tmp_path: Path, beside: str, usable: set[int], state: str, advice: str | None
) -> None:
    put(tmp_path, f"{CPU}/cpu3/topology/thread_siblings_list", beside)
    found = machine.siblings(tmp_path, usable)
    assert found.state == state
    assert (advice or "") in (found.advice or "")


def test_the_governor_of_the_usable_cores_counts(tmp_path: Path) -> None:
    def with_governors(*names: str) -> Finding:
        for number, name in enumerate(names):
            put(tmp_path, f"{CPU}/cpu{number}/cpufreq/scaling_governor", name)
        return machine.governor(tmp_path, {0, 1})

    assert machine.governor(tmp_path, {0, 1}).state == "info"
    assert with_governors("performance", "performance", "powersave").state == "good"
    mixed = with_governors("performance", "powersave")
    assert (mixed.state, mixed.value) == ("warn", "performance, powersave")
    assert mixed.advice == "sudo cpupower frequency-set -g performance"


@pytest.mark.parametrize(
    ("name", "state"),
    [("tsc", "good"), ("kvm-clock", "good"), ("hpet", "warn"), ("acpi_pm", "warn"), ("", "info")],
)
def test_a_clock_that_is_a_device_is_slow(tmp_path: Path, name: str, state: str) -> None:
    path = "sys/devices/system/clocksource/clocksource0/current_clocksource"
    found = machine.clock_source(put(tmp_path, path, name))
    assert found.state == state
    assert (found.advice == f"echo tsc | sudo tee /{path}") == (state == "warn")


@pytest.mark.parametrize(
    ("text", "state", "value"),
    [
        ("[always] madvise never", "warn", "always"),
        ("always [madvise] never", "good", "madvise"),
        ("always madvise [never]", "good", "never"),
        ("", "info", "not shown"),
    ],
)
def test_huge_pages_that_come_unasked(tmp_path: Path, text: str, state: str, value: str) -> None:
    found = machine.huge_pages(put(tmp_path, "sys/kernel/mm/transparent_hugepage/enabled", text))
    assert (found.state, found.value) == (state, value)


@pytest.mark.parametrize(
    ("lines", "state", "used"),
    [
        ([], "good", 0),
        (["/dev/sda2 partition 2097148 0 -2"], "info", 0),
        (["/dev/sda2 partition 2097148 16383 -2"], "info", 16_383 * 1024),
        (["/dev/sda2 partition 2097148 16383 -2", "/swap file 1024 1 -3"], "warn", 16_384 * 1024),
    ],
)
def test_swap_is_a_matter_of_use(tmp_path: Path, lines: list[str], state: str, used: int) -> None:
    head = "Filename Type Size Used Priority"
    found = machine.swap(put(tmp_path, "proc/swaps", "\n".join([head, *lines])))
    assert found.state == state
    assert found.figures["swap_used_bytes"] == used
    assert (found.advice == "sudo swapoff -a") == (state != "good")


def test_shared_memory_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    found = machine.shared_memory(tmp_path)
    assert found.state == "warn"
    assert "sudo mount -t tmpfs" in (found.advice or "")


@pytest.mark.parametrize(
    ("free", "state"),
    [(100_000_001, "warn"), (25_000_000, "bad"), (25_200_000, "warn"), (100_700_000, "good")],
)
def test_shared_memory_must_hold_two_rings_and_better_eight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    (tmp_path / "dev/shm").mkdir(parents=True)
    room = os.statvfs_result((1, 1, 0, 0, free, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: room)
    # a ring is 16 blocks of 16,384 records of 48 bytes
    found = machine.shared_memory(tmp_path)
    assert found.state == state
    assert found.figures == {"free_bytes": free}


def test_an_empty_machine_is_looked_at_without_an_error(tmp_path: Path) -> None:
    names = [found.name for found in machine.machine_findings(tmp_path, {0, 1})]
    assert len(names) == len(set(names)) == 8
    assert usage(tmp_path) == Usage(0, 0, {})
    states = {found.state for found in load_findings(tmp_path, usage(tmp_path), usage(tmp_path), 1)}
    assert states == {"info", "good"}


TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid: int, name: str, parent: int, user: int, system: int) -> str:
    return f"{pid} ({name}) S {parent} 1 1 0 -1 4194560 9 9 9 9 {user} {system} 9 9 20 0 1 0 5"


def test_processor_time_is_read_past_any_name(tmp_path: Path) -> None:
    put(tmp_path, "proc/stat", "cpu  10 1 20 300 4 5 6 7 100 0\ncpu0 1 1 1 1 1 1 1 1 0 0")
    put(tmp_path, "proc/42/stat", stat(42, "a) (b c", 7, 30, 12))
    put(tmp_path, "proc/43/stat", "43 (cut")
    # guest time (100) is part of user time
    expected = Process(42, "a) (b c", 7, 42)
    assert usage(tmp_path) == Usage(10 + 1 + 20 + 300 + 4 + 5 + 6 + 7, 7, {42: expected})


def one(name: str, before: Usage, after: Usage, root: Path, seconds: float = 2.0) -> Finding:
    (found,) = [each for each in load_findings(root, before, after, seconds) if each.name == name]
    return found


@pytest.mark.parametrize(
    ("stolen", "state", "value"),
    [(0, "good", "0.00 %"), (1, "warn", "0.10 %"), (9, "warn", "0.90 %"), (10, "bad", "1.00 %")],
)
def test_steal_is_a_share_of_the_measured_time(
    tmp_path: Path, stolen: int, state: str, value: str
) -> None:
    before, after = Usage(5_000, 70, {}), Usage(6_000, 70 + stolen, {})
    found = one("steal", before, after, tmp_path)
    assert (found.state, found.value) == (state, value)


def processes(*each: Process) -> Usage:
    return Usage(0, 0, {process.pid: process for process in each})


def test_the_busiest_other_process_is_named_with_its_share_of_a_core(tmp_path: Path) -> None:
    before = processes(Process(80, "build", 1, 1_000), Process(81, "idle", 1, 5_000))
    after = processes(Process(80, "build", 1, 1_000 + TICKS), Process(81, "idle", 1, 5_001))
    found = one("busiest other process", before, after, tmp_path)
    assert (found.state, found.value) == ("bad", "build (process 80): 50 % of a core")
    assert "kill -STOP 80" in (found.advice or "")
    assert one("busiest other process", before, after, tmp_path, 20.0).state == "warn"
    assert one("busiest other process", before, after, tmp_path, 21.0).state == "good"


def test_what_the_doctor_itself_starts_and_what_started_it_is_no_other(tmp_path: Path) -> None:
    own = os.getpid()
    before = processes(Process(own, "gclab", 90, 0), Process(90, "shell", 1, 0))
    after = processes(
        Process(own, "gclab", 90, 900 * TICKS),
        Process(90, "shell", 1, 900 * TICKS),
        Process(own + 1, "meter", own, 900 * TICKS),
        Process(own + 2, "helper", own + 1, 900 * TICKS),
        Process(91, "new", 1, TICKS),
    )
    found = one("busiest other process", before, after, tmp_path)
    assert found.figures["pid"] == 91
    assert found.figures["core_share"] == 0.5


def test_nobody_else_is_good(tmp_path: Path) -> None:
    same = processes(Process(80, "idle", 1, 1_000))
    found = one("busiest other process", same, same, tmp_path)
    assert (found.state, found.value) == ("good", "none")


def test_the_load_average_is_that_of_a_minute(tmp_path: Path) -> None:
    put(tmp_path, "proc/loadavg", "1.50 0.75 0.10 2/90 123")
    found = one("load average", Usage(0, 0, {}), Usage(0, 0, {}), tmp_path)
    assert found.figures == {"load_average_1min": 1.5}
