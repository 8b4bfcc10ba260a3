"""The noise floor around a trial, with meters that see what they are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.histogram import Histogram
from lab.runner import floor as module
from lab.runner.control import Samples
from lab.runner.floor import NoiseFloor
from lab.runner.resources import machine_ticks

US, MS = 1_000, 1_000_000


def meter(late_us: int) -> Callable[..., Histogram]:
    """A spinning meter of 20,000 samples, 100 of which are late by so much."""

    def measure(cpu: int, seconds: float, failed: object) -> Histogram:
        histogram = Histogram()
        histogram.add(np.repeat(np.array([100, late_us * US]), [19_900, 100]))
        return histogram

    return measure


class FakeBeside:
    """A sleeping meter that saw one stall of 3 ms, 5 ms after t0."""

    def __enter__(self) -> FakeBeside:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def samples(self, from_ns: int) -> Samples:
        histogram = Histogram()
        histogram.add(np.array([1, 3 * MS]))
        return Samples(histogram, np.array([from_ns + 5 * MS]), np.array([3 * MS]), None)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "measure_core", meter(20))
    monkeypatch.setattr(module, "Beside", FakeBeside)


@pytest.mark.usefixtures("quiet")
def test_slow_is_above_a_millisecond_on_a_quiet_machine() -> None:
    floor = NoiseFloor(1)
    assert floor.slow_ns == MS
    floor.before()
    assert floor.slow_ns == MS


def test_slow_is_five_times_the_floor_on_a_noisy_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "measure_core", meter(400))
    floor = NoiseFloor(1)
    floor.before()
    assert floor.slow_ns == pytest.approx(5 * 400 * US, rel=0.01)


@pytest.mark.usefixtures("quiet")
def test_the_stalls_beside_are_kept_with_their_times(tmp_path: Path) -> None:
    floor = NoiseFloor(1)
    floor.before()
    with floor.beside(tmp_path / "noise.csv", lambda: 7_000 * MS):
        pass
    floor.after()
    written = (tmp_path / "noise.csv").read_text(encoding="ascii")
    assert written == f"start_ns,late_ns\n{5 * MS},{3 * MS}\n"
    noise = floor.noise_ns()
    assert noise["p99.9"] == pytest.approx(20 * US, rel=0.01)
    assert noise["max"] == 3 * MS  # the largest of all meters
    figures: dict[str, Any] = floor.to_json()
    assert figures["reasons"] == []
    assert figures["steal_share"] is None or 0 <= figures["steal_share"] <= 1


def test_a_shared_core_has_no_floor_and_is_not_disturbed(tmp_path: Path) -> None:
    floor = NoiseFloor(None)
    floor.before()
    with floor.beside(tmp_path / "noise.csv", lambda: 0):
        pass
    floor.after()
    assert not (tmp_path / "noise.csv").exists()
    assert floor.slow_ns == MS
    assert set(floor.noise_ns().values()) == {None}
    assert "core of its own" in floor.to_json()["reasons"][0]


def test_ticks_of_the_machine(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 1 5 100 2 0 1 30 7 0\ncpu0 1 1 1 1 1 1 1 1\n", encoding="ascii")
    assert machine_ticks(stat) == (149, 30)
    assert machine_ticks(tmp_path / "none") == (0, 0)
