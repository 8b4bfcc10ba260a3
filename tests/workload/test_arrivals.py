from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.workload.arrivals import (
    ARRIVALS,
    Arrivals,
    Ramp,
    RampStep,
    check_arrivals,
    make_arrivals,
    ramp_steps,
)
from strategies.errors import UsageError

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
        assert len(arrivals(kind, 1_000.0).before(100 * S)) == pytest.approx(100_000, rel=0.1)


# --- bursty -------------------------------------------------------------------------------------

BURSTS = ["bursty", "bursty:factor=10,on=2ms,off=18ms", "bursty:factor=1.2,on=300ms,off=100ms"]


@pytest.mark.parametrize("rate", [3.0, 20_000.0, 200_000.0])
@pytest.mark.parametrize("text", BURSTS)
def test_bursty_times_do_not_depend_on_where_boundaries_are_cut(text: str, rate: float) -> None:
    whole = arrivals(text, rate).before(20 * S)
    cut = np.concatenate(in_steps(arrivals(text, rate), 100 * MS, 20 * S))
    assert np.array_equal(whole, cut)
    odd = arrivals(text, rate)
    ends = [1, 2, 77 * MS, 77 * MS, 3 * S + 1, 20 * S]
    assert np.array_equal(np.concatenate([odd.before(end) for end in ends]), whole)


def test_bursty_times_lie_within_their_boundaries_and_never_go_back() -> None:
    end = last = 0
    for part in in_steps(arrivals("bursty:factor=10,on=1ms,off=9ms", 50_000.0), 10 * MS, 2 * S):
        begin, end = end, end + 10 * MS
        assert np.all((part >= begin) & (part < end))
        assert np.all(np.diff(np.r_[last, part]) >= 0)
        last = int(part[-1]) if len(part) else last


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("bursty:factor=10,on=1ms,off=9ms", 0.0),
        ("bursty:factor=5,on=1ms,off=9ms", 5 / 9),
        ("bursty:factor=1.5,on=5ms,off=5ms", 0.5),
    ],
)
def test_the_mean_rate_of_bursts_is_the_stated_one(text: str, rest: float) -> None:
    burst = check_arrivals(text)[1]
    assert burst is not None
    assert burst.rest == pytest.approx(rest)
    # 100 s hold 10,000 cycles of 10 ms: the rate varies by 1.3 % at most
    assert len(arrivals(text, 10_000.0).before(100 * S)) == pytest.approx(1_000_000, rel=0.04)


def test_bursts_have_their_rate_and_length_and_so_has_what_lies_between() -> None:
    # long states of many arrivals: one second holds each state's rate plainly
    times = arrivals("bursty:factor=3,on=100s,off=200s", 100.0).before(20_000 * S)
    counts = np.bincount(times // S, minlength=20_000)
    assert set(np.unique(counts > 150)) == {False, True}
    busy = counts > 150
    assert counts[busy].mean() == pytest.approx(300, rel=0.01)
    assert np.median(counts[~busy]) == 0
    changes = np.flatnonzero(np.diff(busy))
    lengths = np.diff(changes)
    starts_busy = busy[changes[0] + 1]
    on, off = (lengths[0::2], lengths[1::2]) if starts_busy else (lengths[1::2], lengths[0::2])
    assert on.mean() == pytest.approx(100, rel=0.4)
    assert off.mean() == pytest.approx(200, rel=0.4)
    assert on.std() == pytest.approx(on.mean(), rel=0.5)  # exponential, not fixed


def test_counts_of_bursty_intervals_vary_as_the_theory_says() -> None:
    # variance of the count in T: mean + (r1 - r0)^2 p (1-p) 2 tau (T - tau (1 - exp(-T / tau)))
    on, off, factor, rate, interval = 0.02, 0.08, 3.0, 2_000.0, 0.1
    text = "bursty:factor=3,on=20ms,off=80ms"
    counts = [len(part) for part in in_steps(arrivals(text, rate), 100 * MS, 1_000 * S)]
    p, tau = on / (on + off), 1 / (1 / on + 1 / off)
    rest = (1 - p * factor) / (1 - p)
    spread = ((factor - rest) * rate) ** 2 * p * (1 - p)
    theory = rate * interval + spread * 2 * tau * (interval - tau * (1 - np.exp(-interval / tau)))
    assert np.mean(counts) == pytest.approx(rate * interval, rel=0.05)
    assert np.var(counts) == pytest.approx(theory, rel=0.1)


def test_bursts_begin_in_the_long_run_state() -> None:
    begun = [len(arrivals("bursty:factor=4,on=1s,off=3s", 1_000.0, seed).before(MS)) > 0
             for seed in range(400)]  # fmt: skip
    # a burst brings 4 requests in the first millisecond, 0 come between: p = 1/4 * (1 - exp(-4))
    assert np.mean(begun) == pytest.approx(0.245, abs=0.07)


def test_bursty_seeds() -> None:
    first = arrivals("bursty", 1_000.0, seed=1).before(S)
    assert np.array_equal(arrivals("bursty", 1_000.0, seed=1).before(S), first)
    assert not np.array_equal(arrivals("bursty", 1_000.0, seed=2).before(S)[:50], first[:50])


def test_short_states_take_no_longer_than_long_ones() -> None:
    times = arrivals("bursty:factor=2,on=1us,off=1us", 20_000.0).before(2 * S)
    assert len(times) == pytest.approx(40_000, rel=0.03)


@pytest.mark.parametrize(
    ("text", "in_full"),
    [
        ("bursty", "bursty:factor=5,on=20ms,off=180ms"),
        ("bursty:10", "bursty:factor=10,on=20ms,off=180ms"),
        ("bursty:2.5,1500us,1s", "bursty:factor=2.5,on=1500us,off=1s"),
        ("bursty:on=1234567ns,off=1m", "bursty:factor=5,on=1234567ns,off=60s"),
    ],
)
def test_bursts_are_written_out_in_full(text: str, in_full: str) -> None:
    assert str(check_arrivals(text)[1]) == in_full
    assert check_arrivals(in_full) == check_arrivals(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("poison", "did you mean 'poisson'?"),
        ("bursty:factr=3", "did you mean 'factor'?"),
        ("bursty:factor=1", "above 1"),
        ("bursty:factor=11", "at most (on + off) / on = 10"),
        ("bursty:on=0", "duration"),
        ("bursty:on=10ns,off=90ns,factor=2", "1us or more"),
        ("bursty:off=999ns,factor=1.01", "1us or more"),
        ("bursty:factor=fast", "number"),
        ("poisson:20", "too many options"),
        ("constant:rate=3", "takes no options"),
        ("bursty:", "option is empty"),
    ],
)
def test_wrong_arrivals_are_named(text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        check_arrivals(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_bursts_that_carry_everything_are_allowed() -> None:
    burst = check_arrivals("bursty:factor=10")[1]
    assert burst is not None
    assert burst.rest == 0


# --- ramps --------------------------------------------------------------------------------------


def test_steps_lie_side_by_side_over_the_whole_duration() -> None:
    steps = ramp_steps([1.0, 2.0, 4.0], 10 * S, seed=1, repeat=1)
    assert [(step.start_ns, step.end_ns) for step in steps] == [
        (0, 3_333_333_333),
        (3_333_333_333, 6_666_666_666),
        (6_666_666_666, 10 * S),
    ]
    assert sorted(step.rate for step in steps) == [1.0, 2.0, 4.0]


def test_the_order_of_steps_comes_from_seed_and_repeat() -> None:
    rates = [float(rate) for rate in range(1, 9)]

    def order(seed: int, repeat: int) -> list[float]:
        return [step.rate for step in ramp_steps(rates, 8 * S, seed=seed, repeat=repeat)]

    assert order(1, 1) == order(1, 1)
    orders = [order(1, 1), order(2, 1), order(1, 2), order(2, 2)]
    assert len({tuple(each) for each in orders}) == 4
    assert all(sorted(each) == rates for each in orders)
    # over many seeds each place sees each rate equally often: none of them rises
    first = [order(seed, 1)[0] for seed in range(400)]
    assert np.bincount(np.array(first, dtype=int), minlength=9)[1:].min() > 25
    order(2**70, 1)


def test_each_step_has_its_rate_by_hand() -> None:
    steps = [RampStep(4.0, 0, S), RampStep(2.0, S, 2 * S + 1), RampStep(10.0, 2 * S + 1, 3 * S)]
    process = Ramp("constant", np.random.default_rng(1), steps)
    expected = [0, 250 * MS, 500 * MS, 750 * MS, S, 1_500 * MS, 2 * S]
    expected += [2 * S + 1 + number * 100 * MS for number in range(10)]
    assert process.before(9 * S).tolist() == expected
    assert process.before(10 * S).tolist() == []


@pytest.mark.parametrize("text", ["poisson", "constant", "bursty"])
def test_a_ramp_does_not_depend_on_where_boundaries_are_cut(text: str) -> None:
    steps = ramp_steps([500.0, 20_000.0, 3_000.0], 2 * S, seed=1, repeat=1)
    whole = Ramp(text, np.random.default_rng(1), steps).before(2 * S)
    cut = Ramp(text, np.random.default_rng(1), steps)
    assert np.array_equal(np.concatenate(in_steps(cut, 100 * MS, 2 * S)), whole)
    edges = Ramp(text, np.random.default_rng(1), steps)
    ends = [1, steps[0].end_ns, steps[0].end_ns, steps[1].end_ns + 1, 2 * S, 3 * S]
    assert np.array_equal(np.concatenate([edges.before(end) for end in ends]), whole)
    assert np.all(np.diff(whole) >= 0)


def test_a_poisson_ramp_has_the_rate_of_each_step() -> None:
    steps = ramp_steps([1_000.0, 20_000.0, 5_000.0], 30 * S, seed=1, repeat=1)
    times = Ramp("poisson", np.random.default_rng(1), steps).before(30 * S)
    for step in steps:
        count = int(((times >= step.start_ns) & (times < step.end_ns)).sum())
        assert count == pytest.approx(10 * step.rate, abs=4 * (10 * step.rate) ** 0.5)
