"""Series and curves, against distributions whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lab.analysis import tails
from lab.histogram import Histogram, IntervalLog, read_hlog


def logged(tmp_path: Path, *intervals: np.ndarray) -> tails.Series:
    log = IntervalLog(tmp_path / "x.hlog", 1_000.0, 0)
    for number, values in enumerate(intervals):
        at = np.full(len(values), number * 100_000_000, np.int64)
        log.record(at, values)
    log.close()
    return tails.series(read_hlog(tmp_path / "x.hlog"))


def test_each_interval_has_its_maximum_and_its_p99(tmp_path: Path) -> None:
    ramp = np.arange(1, 2_001, dtype=np.int64)
    series = logged(tmp_path, ramp, ramp * 100)

    assert series.time_s.tolist() == [0.0, 0.1]
    assert series.max_ns.tolist() == [2_000, 200_000]
    np.testing.assert_allclose(series.p99_ns, [1_980, 198_000], rtol=1e-3)
    assert series.interval_s == 0.1


def test_an_interval_with_too_few_requests_has_no_p99(tmp_path: Path) -> None:
    series = logged(tmp_path, np.arange(1, 1_000), np.arange(1, 1_001))

    assert np.isnan(series.p99_ns[0]), "999 requests have fewer than 10 beyond p99"
    assert not np.isnan(series.p99_ns[1])


def test_the_curve_ends_where_ten_requests_lie_beyond() -> None:
    histogram = Histogram()
    histogram.add(np.arange(1, 100_001, dtype=np.int64))
    curve = tails.curve(histogram)

    assert curve.quantile[0] == 0
    assert curve.quantile[-1] == 0.9999
    for quantile in (0.5, 0.9, 0.99, 0.999):
        at = np.flatnonzero(curve.quantile == quantile)
        assert len(at) == 1
        np.testing.assert_allclose(curve.latency_ns[at[0]], quantile * 100_000, rtol=2e-3)
    assert np.all(np.diff(curve.latency_ns) >= 0)
    assert curve.latency_ns[-1] <= histogram.max


def test_ten_requests_make_no_curve() -> None:
    histogram = Histogram()
    histogram.add(np.arange(1, 11, dtype=np.int64))

    assert not len(tails.curve(histogram).quantile)


def test_total_adds_the_intervals_up(tmp_path: Path) -> None:
    logged(tmp_path, np.array([5, 7]), np.array([9]))
    total = tails.total(read_hlog(tmp_path / "x.hlog"))

    assert (total.total, total.min, total.max) == (3, 5, 9)
