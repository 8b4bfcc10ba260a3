"""What is made of a meter's samples, and that no meter can break a trial."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lab.histogram import Histogram
from lab.runner import control
from lab.runner.control import SLEEP_PERIOD_NS, Beside, Samples, measure_core, noise_of

MS = 1_000_000
BEGIN = 7_000_000_000
ROOT = Path(__file__).resolve().parents[2]


def play(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let a few lines of Python stand for the meter."""
    command = [sys.executable, "-I", "-S", "-c", "import os, signal, sys, time, array\n" + code]
    monkeypatch.setattr(control, "meter_command", lambda *_: command)


def written(*integers: int) -> str:
    return f"os.write(1, array.array('q', {list(integers)}))\n"


UNTIL_CLOSED = "sys.stdin.read()\n"


def beside(
    monkeypatch: pytest.MonkeyPatch, code: str, from_ns: int = 0, until_ns: int | None = None
) -> Samples:
    """Return what a made-up meter saw that has written everything at once."""
    play(monkeypatch, code + "os.write(2, b'.')\n" + UNTIL_CLOSED)
    with Beside() as meter:
        assert meter._process is not None
        assert meter._process.stderr is not None
        assert meter._process.stderr.read(1) == b"."
    return meter.samples(from_ns, until_ns)


LATE = [60_000, 50_000, 250_000, 55_000, 3_400_000, 2_410_000, 1_420_000, 430_000, 50_000, 50_000]
"""Wake-up takes 50 us; a stall of 0.2 ms at sample 2, and one of 3.35 ms at sample 4."""


def test_the_smallest_lateness_is_taken_off_and_a_stall_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = beside(monkeypatch, written(BEGIN, 1, *LATE))

    assert found.reason is None
    assert found.real_time
    assert found.histogram is not None
    assert found.histogram.total == 10
    assert (found.histogram.min, found.histogram.max) == (0, 3_350_000)
    # samples 5 to 7 fell due in the stall of sample 4
    assert found.at_ns.tolist() == [BEGIN + 2 * MS, BEGIN + 4 * MS]
    assert found.late_ns.tolist() == [200_000, 3_350_000]


def test_two_stalls_in_a_row_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    found = beside(monkeypatch, written(BEGIN, 0, 0, 999_999, 999_999, 1_000_000, 900_000))
    # only what is late by a whole period holds up the next sample
    assert found.at_ns.tolist() == [BEGIN + k * MS for k in (1, 2, 3)]
    assert not found.real_time


def test_a_stall_begins_above_100_us(monkeypatch: pytest.MonkeyPatch) -> None:
    found = beside(monkeypatch, written(BEGIN, 0, 0, 100_000, 100_001))
    assert found.late_ns.tolist() == [100_001]


def test_only_the_asked_time_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = written(BEGIN, 0, *LATE)
    found = beside(monkeypatch, raw, from_ns=BEGIN + 1, until_ns=BEGIN + 4 * MS)
    assert found.histogram is not None
    assert found.histogram.total == 3
    assert found.late_ns.tolist() == [200_000]
    # a stall that began before is not taken for one of this time
    later = beside(monkeypatch, raw, from_ns=BEGIN + 5 * MS)
    assert later.histogram is not None
    assert later.histogram.max == 2_360_000
    assert later.at_ns.tolist() == []


def test_the_floor_is_that_of_all_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    found = beside(monkeypatch, written(BEGIN, 0, 10_000, 70_000, 80_000), from_ns=BEGIN + 1)
    assert found.histogram is not None
    assert (found.histogram.min, found.histogram.max) == (60_000, 70_000)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (UNTIL_CLOSED, "took no sample"),
        (written(BEGIN, 0) + UNTIL_CLOSED, "took no sample"),
        (written(BEGIN, 0, 1) + "os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("sys.exit('no such clock')", "failed: no such clock"),
        ("sys.exit(3)", "failed: exit code 3"),
    ],
)
def test_a_meter_that_fails_gives_a_reason_and_no_figures(
    monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    play(monkeypatch, code)
    with Beside() as meter:
        pass
    found = meter.samples()
    assert found.histogram is None
    assert found.at_ns.size == found.late_ns.size == 0
    assert reason in (found.reason or "")
    assert "\n" not in (found.reason or "")


def test_a_meter_that_ended_by_itself_measured_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, written(BEGIN, 0, 1, 2, 3))
    with Beside() as meter:
        assert meter._process is not None
        meter._process.wait(timeout=30)
    assert meter.samples().histogram is None
    assert meter.samples().reason == "the noise meter ended early"


def test_a_meter_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, written(BEGIN, 0, 1, 2) + "time.sleep(600)")
    monkeypatch.setattr(control, "_STOP_S", 0.05)
    with Beside() as meter:
        pid = meter.pid
    assert meter.samples().histogram is None
    assert "did not end" in (meter.samples().reason or "")
    assert pid is not None
    assert gone(pid)


def test_a_meter_that_cannot_be_started_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "meter_command", lambda *_: ["/nonexistent/python"])
    with Beside() as meter:
        assert meter.pid is None
    assert "could not be started: No such file" in (meter.samples().reason or "")
    said: list[str] = []
    assert measure_core(None, 0.01, said.append).total == 0
    assert "could not be started: No such file" in said[0]


def test_the_body_s_own_error_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, UNTIL_CLOSED)
    meter = Beside()
    pids = []

    def body() -> None:
        with meter:
            pids.append(meter.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        body()
    assert gone(pids[0] or 0)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_real_meter_samples_every_millisecond_until_it_is_told_to_end() -> None:
    with Beside() as meter:
        pid, begin_ns = meter.pid, time.monotonic_ns()
        assert meter._file is not None
        while os.fstat(meter._file.fileno()).st_size < 2_000:
            time.sleep(0.01)
        end_ns = time.monotonic_ns()
    found = meter.samples(begin_ns, end_ns)
    assert found.reason is None, found.reason
    assert found.histogram is not None
    assert 1 <= found.histogram.total <= (end_ns - begin_ns) // SLEEP_PERIOD_NS + 1
    assert np.all(np.diff(found.at_ns) >= SLEEP_PERIOD_NS)
    assert np.all((found.at_ns >= begin_ns) & (found.at_ns < end_ns))
    assert pid is not None
    assert gone(pid)


def test_a_real_meter_that_is_killed_gives_none_and_a_reason() -> None:
    with Beside() as meter:
        time.sleep(0.1)
        assert meter.pid is not None
        os.kill(meter.pid, signal.SIGKILL)
    assert meter.samples().histogram is None
    assert meter.samples().reason == "the noise meter was killed by SIGKILL"


def test_the_meter_ends_when_the_runner_is_killed() -> None:
    code = (
        "import time\nfrom lab.runner.control import Beside\n"
        "with Beside() as meter:\n    print(meter.pid, flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as runner:
        assert runner.stdout is not None
        pid = int(runner.stdout.readline())
        assert not gone(pid)
        runner.kill()
    deadline = time.monotonic() + 30
    while not _ended(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _ended(pid: int) -> bool:
    """Tell whether a process is gone, or dead and waiting for a parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_core_is_measured_20000_times_a_second() -> None:
    said: list[str] = []
    histogram = measure_core(max(os.sched_getaffinity(0)), 0.05, said.append)
    assert said == []
    assert histogram.total == 1_000


def test_a_core_that_is_not_there_leaves_an_empty_histogram_and_a_reason() -> None:
    said: list[str] = []
    assert measure_core(4095, 0.05, said.append).total == 0
    assert said == ["the noise meter failed: cannot be pinned to core 4095: Invalid argument"]
    assert measure_core(4095, 0.05).total == 0


def test_a_spinning_meter_that_stops_short_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, written(BEGIN, 0, 1, 2, 3))
    said: list[str] = []
    assert measure_core(None, 0.05, said.append).total == 0
    assert said == ["the noise meter took 3 of 1000 samples"]


def test_a_spinning_meter_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "time.sleep(600)")
    monkeypatch.setattr(control, "_GRACE_S", 0.1)
    said: list[str] = []
    assert measure_core(None, 0.05, said.append).total == 0
    assert said == ["the noise meter did not come to its end"]


def of(*values: int, each: int = 1) -> Histogram:
    histogram = Histogram()
    histogram.add(np.repeat(np.array(values, dtype=np.int64), each))
    return histogram


def test_the_floor_is_that_of_before_and_after_together() -> None:
    before, after = of(100, each=495), of(100, each=485)
    after.merge(of(900, each=20))
    floor = noise_of(before, after, None)
    # 1,000 samples: 10 are beyond p99, 1 beyond p99.9
    assert floor == {"p99": 900, "p99.9": None, "p99.99": None, "max": 900}


def test_a_percentile_needs_ten_samples_beyond_it() -> None:
    assert noise_of(of(5, each=999), None, None)["p99"] is None
    assert noise_of(of(5, each=1_000), None, None)["p99"] == 5
    assert noise_of(of(5, each=9_999), None, None)["p99.9"] is None
    assert noise_of(of(5, each=5_000), of(5, each=5_000), None)["p99.9"] == 5
    assert noise_of(of(5, each=100_000), None, None)["p99.99"] == 5


def test_the_largest_is_of_all_meters() -> None:
    assert noise_of(of(5), of(7), of(6))["max"] == 7
    assert noise_of(of(5), None, of(900))["max"] == 900
    assert noise_of(of(8), None, Histogram())["max"] == 8


def test_without_any_sample_there_is_no_figure() -> None:
    nothing = {"p99": None, "p99.9": None, "p99.99": None, "max": None}
    assert noise_of(Histogram(), Histogram(), None) == nothing
    # the core's own percentiles do not come from another core
    assert noise_of(Histogram(), None, of(5, each=1_000)) == {**nothing, "max": 5}
