"""The meter's schedule on a made-up clock, and its process."""

from __future__ import annotations

import gc
import subprocess
import sys
from array import array
from itertools import pairwise

import pytest

from lab.trial import noise_meter
from lab.trial.noise_meter import BATCH, HEADER, spin, watch

PERIOD = 50_000


class FakeClock:
    """Each reading takes 10 ns; one of them, when its time has come, takes ``stall_ns`` more."""

    def __init__(self, stall_at_ns: int = 2**62, stall_ns: int = 0) -> None:
        self.now_ns = 5
        self._stall_at_ns, self._stall_ns = stall_at_ns, stall_ns
        self.slept_s: list[float] = []
        self.oversleep_ns = 0

    def __call__(self) -> int:
        self.now_ns += 10
        if self.now_ns >= self._stall_at_ns:
            self.now_ns += self._stall_ns
            self._stall_at_ns = 2**62
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_ns += round(seconds * 1e9) + self.oversleep_ns


def test_without_a_stall_every_sample_is_late_by_the_clock_only() -> None:
    samples = array("q", [-1] * 40)
    spin(samples, 1_000, PERIOD, FakeClock())
    # readings end in 5, due times in 0
    assert list(samples) == [5] * 40


def test_a_stall_reappears_in_every_sample_that_fell_due_in_it() -> None:
    samples = array("q", [-1] * 40)
    spin(samples, 1_000, PERIOD, FakeClock(stall_at_ns=1_000 + 10 * PERIOD, stall_ns=1_000_000))

    assert list(samples[:10]) == [5] * 10
    # 1 ms is 20 periods; each sample behind the first is due a period later and read 10 ns later
    assert list(samples[10:31]) == [1_000_005 - k * (PERIOD - 10) for k in range(21)]
    assert list(samples[31:]) == [5] * 9


def test_a_stall_between_two_samples_is_seen_by_the_next() -> None:
    samples = array("q", [-1] * 5)
    spin(samples, 1_000, PERIOD, FakeClock(stall_at_ns=1_000 + PERIOD // 2, stall_ns=30_000))
    assert list(samples) == [5, 5_005, 5, 5, 5]


def test_spinning_allocates_nothing_that_the_collector_tracks() -> None:
    samples = array("q", bytes(8 * 2_000))
    gc.collect()
    gc.disable()
    try:
        before = gc.get_count()[0]
        spin(samples, 0, 1)
        after = gc.get_count()[0]
    finally:
        gc.enable()
    assert after - before <= 2


def watched(clock: FakeClock, batches: int, size: int, period_ns: int) -> list[int]:
    """Run the sleeping meter for some batches and return what it wrote."""
    written: list[int] = []
    batch = array("q", [-1] * size)

    def write(samples: array[int]) -> None:
        assert samples is batch, "the memory is used again"
        written.extend(samples)

    watch(
        batch, 1_000, period_ns, write, lambda: len(written) >= batches * size, clock, clock.sleep
    )
    return written


def test_the_sleeping_meter_sleeps_until_due_and_records_what_it_overslept() -> None:
    clock = FakeClock()
    clock.oversleep_ns = 700
    written = watched(clock, batches=3, size=4, period_ns=1_000_000)
    assert written == [710] * 12  # overslept, and one reading
    assert clock.slept_s[0] == pytest.approx((1_000 - 15) * 1e-9)
    assert clock.slept_s[1] == pytest.approx((1_000_000 - 720) * 1e-9)


def test_the_sleeping_meter_takes_what_fell_due_in_a_stall_without_sleeping() -> None:
    clock = FakeClock(stall_at_ns=1_000 + 2_000_000, stall_ns=3_000_000)
    written = watched(clock, batches=1, size=8, period_ns=1_000_000)
    # sample 2 sleeps to 2,001,000 and reads the clock, which then stands still for 3 ms
    assert written[:2] == [10, 10]
    assert written[2:6] == [3_000_010 - k * (1_000_000 - 20) for k in range(4)]
    assert written[6:] == [10, 10]
    assert len(clock.slept_s) == 5


def test_the_end_is_asked_for_before_each_batch() -> None:
    assert watched(FakeClock(), batches=0, size=4, period_ns=1_000) == []


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    file = noise_meter.__file__
    command = [sys.executable, "-I", "-S", str(file), *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def test_the_spinning_process_writes_its_header_and_every_sample() -> None:
    done = run("spin", "-", "1000", "500")
    assert done.returncode == 0, done.stderr
    begin_ns, real_time, *late = array("q", done.stdout)
    assert begin_ns > 0
    assert real_time == 0, "spinning above all others would not be what a worker sees"
    assert len(late) == 500
    assert min(late) >= 0
    assert max(late) > 0, "no clock is read in no time"
    # due times are a period apart, and no sample is taken before the last one
    assert all(after >= before - 1_000 for before, after in pairwise(late))


def test_the_sleeping_process_ends_with_its_input_and_writes_whole_batches() -> None:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(noise_meter.__file__), "sleep", "-", "10000", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first = process.stdout.read(8 * (HEADER + BATCH))
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert len(first) == 8 * (HEADER + BATCH)
    assert len(rest) % (8 * BATCH) == 0


def test_a_core_that_is_not_there_is_named_in_one_line() -> None:
    done = run("spin", "4095", "1000", "10")
    assert done.returncode == 1
    assert b"cannot be pinned to core 4095" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == b""
