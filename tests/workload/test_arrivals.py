from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.workload.arrivals import ARRIVALS, Arrivals, make_arrivals

MS, S = 1_000_000, 1_000_000_000


def arrivals(kind: str, rate: float, seed: int = 1) -> Arrivals:
    return make_arrivals(kind, np.random.default_rng(seed), rate)


def in_steps(process: Arrivals, step_ns: int, end_ns: int) -> list[NDArray[np.int64]]:
    return [process.before(boundary) for boundary in range(step_ns, end_ns + 1, step_ns)]


# --- Poisson ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [3.0, 20_000.0, 200_000.0])
def test_poisson_times_do_not_depend_on_where_boundaries_are_cut(rate: float) -> None:
    whole = arrivals("poisson", rate).before(20 * S)
    cut = np.concatenate(in_steps(arrivals("poisson", rate), 100 * MS, 20 * S))
    assert np.array_equal(whole, cut)
    odd = arrivals("poisson", rate)
    ends = [1, 2, 77 * MS, 77 * MS, 3 * S + 1, 20 * S]
    assert np.array_equal(np.concatenate([odd.before(end) for end in ends]), whole)


def test_poisson_times_lie_within_their_boundaries_and_never_go_back() -> None:
    end = 0
    last = 0
    for part in in_steps(arrivals("poisson", 5_000.0), 10 * MS, 2 * S):
        begin, end = end, end + 10 * MS
        assert np.all((part >= begin) & (part < end))
        assert np.all(np.diff(np.r_[last, part]) >= 0)
        last = int(part[-1])


def test_poisson_gaps_are_exponential() -> None:
    times = arrivals("poisson", 10_000.0).before(50 * S)
    gaps = np.diff(times)
    count = len(gaps)  # about 500,000
    assert count == pytest.approx(500_000, abs=4 * 500_000**0.5)
    assert gaps.mean() == pytest.approx(100_000, rel=0.01)
    assert gaps.std() == pytest.approx(100_000, rel=0.01)  # a constant process has none
    for longer_than in (50_000, 100_000, 300_000):
        share = float((gaps > longer_than).mean())
        assert share == pytest.approx(np.exp(-longer_than / 100_000), rel=0.03)


def test_poisson_counts_of_intervals_vary_as_much_as_their_mean() -> None:
    counts = [len(part) for part in in_steps(arrivals("poisson", 1_000.0), 100 * MS, 200 * S)]
    assert np.mean(counts) == pytest.approx(100, rel=0.01)
    assert np.var(counts) == pytest.approx(100, rel=0.1)
    assert np.corrcoef(counts[:-1], counts[1:])[0, 1] == pytest.approx(0, abs=0.1)


def test_poisson_seeds() -> None:
    first = arrivals("poisson", 1_000.0, seed=1).before(S)
    assert np.array_equal(arrivals("poisson", 1_000.0, seed=1).before(S), first)
    assert not np.array_equal(arrivals("poisson", 1_000.0, seed=2).before(S)[:50], first[:50])


def test_a_rare_poisson_process_waits_over_many_boundaries() -> None:
    parts = in_steps(arrivals("poisson", 0.1), 100 * MS, 100 * S)
    times = np.concatenate(parts)
    assert np.array_equal(times, arrivals("poisson", 0.1).before(100 * S))
    assert 1 <= len(times) <= 25


# --- constant -----------------------------------------------------------------------------------


def test_constant_arrivals_by_hand() -> None:
    process = arrivals("constant", 4.0)
    assert process.before(500 * MS).tolist() == [0, 250 * MS]
    assert process.before(500 * MS).tolist() == []
    assert process.before(500 * MS + 1).tolist() == [500 * MS]
    assert process.before(S).tolist() == [750 * MS]
    third = arrivals("constant", 3.0)
    assert third.before(S + 1).tolist() == [0, 333_333_333, 666_666_666, S]


@pytest.mark.parametrize("rate", [1, 3, 154, 166, 185, 999, 1_001, 7_777, 20_000, 30_000])
def test_constant_arrivals_are_exact_over_any_boundaries(rate: int) -> None:
    parts = in_steps(arrivals("constant", float(rate)), 100 * MS, 3 * S)
    assert np.concatenate(parts).tolist() == [k * S // rate for k in range(3 * rate)]
    for number, part in enumerate(parts):
        assert np.all(part // (100 * MS) == number)


@pytest.mark.parametrize("rate", [0.3, 12_345.678])
def test_constant_arrivals_at_a_rate_that_is_no_whole_number(rate: float) -> None:
    times = arrivals("constant", rate).before(20 * S).tolist()
    exact = (int(k * S / Fraction(rate)) for k in itertools.count())
    expected = list(itertools.takewhile(lambda time: time < 20 * S, exact))
    assert len(times) == len(expected)
    assert np.abs(np.array(times) - np.array(expected)).max() <= 1


def test_every_kind_is_built() -> None:
    for kind in ARRIVALS:
        assert len(arrivals(kind, 1_000.0).before(S)) == pytest.approx(1_000, abs=150)
