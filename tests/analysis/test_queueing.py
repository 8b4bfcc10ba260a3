"""Computed response times: the recursion by hand, against a loop, and against known queues."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from lab.analysis import queueing
from lab.analysis.queueing import Beside, Computed, beside_of, curve, response_at
from strategies.errors import UsageError

US = 1_000


def looped(
    rate: float, service: np.ndarray, seed: int, beside: Beside | None = None
) -> list[float]:
    """Play the queue request by request, by moments: when each starts and ends."""
    arrival = np.cumsum(np.random.default_rng(seed).standard_exponential(len(service))) * 1e9 / rate
    free, found = 0.0, []
    for number, (at, length) in enumerate(zip(arrival, service, strict=True), 1):
        finished = max(at, free) + length
        found.append(finished - at)
        free = finished
        if beside is not None and number % beside.every == 0:
            free += beside.work_ns
    return found


def test_a_stall_delays_those_behind_it_by_hand() -> None:
    # one request a microsecond; the second takes 3.5 us
    service = np.array([500, 3_500, 500, 500, 500, 500, 500])
    found = response_at(1e6, service, 1, "constant")

    assert found.tolist() == [500, 3_500, 3_000, 2_500, 2_000, 1_500, 1_000]


def test_half_the_rate_halves_the_wait_in_the_queue() -> None:
    service = np.array([500, 3_500, 500, 500, 500])

    assert response_at(5e5, service, 1, "constant").tolist() == [500, 3_500, 2_000, 500, 500]


def test_work_between_requests_delays_the_next_one_only() -> None:
    service = np.array([500] * 6)
    found = response_at(1e6, service, 1, "constant", Beside(every=2, work_ns=800.0))

    # after the 2nd and the 4th the server is busy for 800 ns more: the next one waits for 300
    assert found.tolist() == [500, 500, 800, 500, 800, 500]


@pytest.mark.parametrize("rate", [1e4, 9e4, 2e5])
@pytest.mark.parametrize("beside", [None, Beside(7, 20_000.0), Beside(100, 50_000.0)])
def test_it_agrees_with_a_loop_across_chunks(
    rate: float, beside: Beside | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = np.random.default_rng(9).integers(1_000, 20_000, 1_000)
    service[::97] += 900_000
    expected = looped(rate, service, 5, beside)
    for chunk in (1, 64, 999, 1_000, 5_000):
        monkeypatch.setattr(queueing, "CHUNK", chunk)
        found = response_at(rate, service, 5, beside=beside)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-3)


def test_the_mean_wait_is_that_of_pollaczek_and_khinchine() -> None:
    # deterministic service: rho s / (2 (1 - rho)); exponential: rho s / (1 - rho)
    count, rate = 2_000_000, 7e4
    constant = np.full(count, 10 * US)
    drawn = np.random.default_rng(2).exponential(10 * US, count).astype(np.int64)

    waits = response_at(rate, constant, 3) - 10 * US
    assert waits.mean() == pytest.approx(0.7 * 10 * US / 0.6, rel=0.02)
    assert waits.min() == 0
    waits = response_at(rate, drawn, 4) - drawn
    assert waits.mean() == pytest.approx(0.7 * 10 * US / 0.3, rel=0.03)


def test_the_curve_holds_the_percentiles_of_the_responses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queueing, "CHUNK", 1_000)
    service = np.random.default_rng(6).integers(1_000, 10_000, 20_500)
    low, high = curve([2e4, 1.5e5], service, 7)

    for found, rate in ((low, 2e4), (high, 1.5e5)):
        responses = np.sort(response_at(rate, service, 7))
        assert found.rate_per_s == rate
        assert found.utilisation == pytest.approx(service.mean() * rate / 1e9)
        assert found.max_ns == pytest.approx(responses[-1])
        for figure, share in ((found.p50_ns, 0.5), (found.p99_ns, 0.99), (found.p999_ns, 0.999)):
            expected = responses[round(share * len(service)) - 1]
            assert figure == pytest.approx(expected, rel=2e-3)


def test_a_higher_rate_never_shortens_a_response() -> None:
    service = np.random.default_rng(8).integers(1_000, 30_000, 5_000)
    slower, faster = (response_at(rate, service, 1) for rate in (4e4, 4.1e4))

    assert np.all(faster >= slower - 1e-3)


def test_above_saturation_the_queue_grows_to_the_end() -> None:
    # 10 us of work every 5 us: the last of 100,000 waits for half a second
    found = curve([2e5], np.full(100_000, 10 * US), 1, "constant")[0]

    assert found.utilisation == pytest.approx(2.0)
    assert found.max_ns == pytest.approx(99_999 * 5 * US + 10 * US)


def test_commits_count_as_utilisation() -> None:
    found = curve([1e5], np.full(1_000, US), 1, "constant", Beside(10, 5_000.0))[0]

    assert found.utilisation == pytest.approx(0.15)


def test_a_percentile_takes_ten_requests_beyond_it() -> None:
    some, enough = (curve([1e4], np.full(count, US), 1)[0] for count in (999, 1_000))

    assert (some.p50_ns is None, some.p99_ns) == (False, None)
    assert (enough.p99_ns is None, enough.p999_ns) == (False, None)


def test_an_hour_and_more_is_still_the_longest() -> None:
    service = np.array([2 * 3_600_000_000_000] * 30)
    found = curve([1.0], service, 1, "constant")[0]

    assert isinstance(found, Computed)
    assert found.max_ns == pytest.approx(30 * 7.2e12 - 29e9)
    assert found.p50_ns == 3.6e12


def result(**over: Any) -> dict[str, Any]:
    return {"label": "slots", "operations": 1_000, "commits": 40, "busy_s": 0.003, **over}


def test_the_time_of_commits_is_what_is_left_of_the_busy_time() -> None:
    # 3 ms busy, 2 ms of it in requests: 1 ms in 40 commits, one after every 25 requests
    assert beside_of(result(), 2_000_000) == Beside(25, 25_000.0)
    # one after every 33 requests makes 30 places for 30 commits
    assert beside_of(result(commits=30), 2_100_000) == Beside(33, pytest.approx(30_000.0))
    # more commits than requests: some after each
    assert beside_of(result(commits=1_500), 2_000_000) == Beside(1, 1_000.0)


def test_without_commits_or_time_for_them_there_is_nothing_beside() -> None:
    assert beside_of(result(commits=0), 1_000) is None
    assert beside_of(result(), 3_000_000) is None
    assert beside_of(result(busy_s=None), 1_000) is None


def test_several_workers_are_several_queues() -> None:
    with pytest.raises(UsageError, match="slots ran with 2 workers"):
        beside_of(result(workers=2), 1_000)


def test_wrong_inputs_are_named() -> None:
    service = np.array([1])
    with pytest.raises(UsageError, match="did you mean 'poisson'"):
        response_at(1.0, service, 1, "poison")
    for rate in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="above 0"):
            curve([1.0, rate], service, 1)
    with pytest.raises(UsageError, match="--keep-requests"):
        curve([1.0], np.empty(0, np.int64), 1)


def test_a_long_trial_is_looked_at_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "CHUNK", 10_000)
    service = np.full(1_000_000, US)
    tracemalloc.start()
    try:
        curve([1e4], service, 1)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak_bytes < len(service) * 8 / 2, "less than half a column of the trial"
