from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.workload import popularity
from lab.workload.popularity import Keys, Latest
from tests.workload.popularity_tools import (
    PlayedLRU,
    contents_deviation,
    deviation,
    place_deviation,
    stream,
    zipf_probabilities,
)

Ints = NDArray[np.int64]


def in_order(keys: int, seed: int = 1) -> Keys:
    """Return the keys in the order in which they become new, the first of a round first."""
    return stream("latest:0.99,1", keys, seed).draw(keys)


def places(drawn: Keys, keys: int) -> Ints:
    """Return of each drawn key when in its round it becomes new, 0 to keys - 1."""
    place = np.empty(keys, np.int64)
    place[in_order(keys)] = np.arange(keys)
    return place[drawn]


@dataclass
class Followed:
    """A stream told apart: which requests are for a new key, and how far back each one is."""

    new: Ints
    distances: Ints
    newest: int


def follow(drawn: Keys, keys: int, newest: int) -> Followed:
    """Tell the requests of a stream apart; nothing but a new key is one past the newest."""
    new, distances = [], []
    for place in places(drawn, keys).tolist():
        is_new = place == (newest + 1) % keys
        newest = place if is_new else newest
        new.append(is_new)
        distances.append((newest - place) % keys)
    return Followed(np.array(new, np.int64), np.array(distances, np.int64), newest)


class Scripted(np.random.Generator):
    """Draws what it is told, and leaves the keys in order."""

    def __init__(self, chances: list[tuple[float, float]]) -> None:
        super().__init__(np.random.PCG64(1))
        self._chances = np.array(chances)

    def permutation(self, x, axis=0):
        return np.arange(x)

    def random(self, size=None, dtype=np.float64, out=None):
        now, self._chances = self._chances[: size[0]], self._chances[size[0] :]
        return now


# four distances of eight keys, exponent 1: 0.48, 0.72, 0.88, 1
CHANCES = [(0.5, 0.1), (0.04, 0.9), (0.5, 0.5), (0.5, 0.9), (0.01, 0.2), (0.5, 0.8)]


# --- the stream ---------------------------------------------------------------------------------


def test_a_case_by_hand() -> None:
    # newest 7; 7 itself; 0 is new; one back: 7; three back: 5; 1 is new; two back: 7
    by_hand = Latest(Scripted(CHANCES), 8, 1.0, 0.05)
    assert by_hand.draw(4).tolist() == [7, 0, 7, 5]
    assert by_hand.draw(2).tolist() == [1, 7]


def test_with_nothing_but_new_keys_all_come_in_turn_and_again() -> None:
    drawn = stream("latest:0.99,1", 50).draw(120).tolist()
    assert sorted(drawn[:50]) == list(range(50))
    assert drawn[50:] == drawn[:50] + drawn[:20]


def test_the_newest_keys_do_not_lie_side_by_side() -> None:
    assert np.abs(np.diff(in_order(1_000))).mean() == pytest.approx(1_000 / 3, rel=0.1)
    assert in_order(1_000).tolist() != in_order(1_000, seed=2).tolist()


@pytest.mark.parametrize(("text", "share"), [("latest", 0.05), ("latest:1.3,0.3", 0.3)])
def test_new_keys_have_their_share_of_requests(text: str, share: float) -> None:
    count = 100_000
    followed = follow(stream(text, 100).draw(count), 100, newest=99)
    assert followed.new.sum() == pytest.approx(
        count * share, abs=4 * (count * share * (1 - share)) ** 0.5
    )
    gaps = np.diff(np.flatnonzero(followed.new))
    assert (gaps == 1).mean() == pytest.approx(share, abs=4 * (share / len(gaps)) ** 0.5)


@pytest.mark.parametrize(("keys", "reach"), [(2, 1), (3, 1), (16, 8), (17, 8)])
@pytest.mark.parametrize("exponent", [0.5, 0.99, 2.0])
def test_distances_have_the_bounded_zipf_distribution(
    exponent: float, keys: int, reach: int
) -> None:
    # with two or three keys there is one distance, 0; more rounds than a thousand go by
    drawn = stream(f"latest:{exponent},0.2", keys).draw(100_000)
    followed = follow(drawn, keys, newest=keys - 1)
    counts = np.bincount(followed.distances[followed.new == 0])
    assert len(counts) == reach
    if reach > 1:
        assert deviation(counts, zipf_probabilities(reach, exponent)) < 4


def test_a_distance_does_not_depend_on_a_new_key_just_before() -> None:
    followed = follow(stream("latest:0.99,0.5", 16).draw(200_000), 16, newest=15)
    behind = (followed.new[1:] == 0) & (followed.new[:-1] == 1)
    counts = np.bincount(followed.distances[1:][behind], minlength=8)
    assert deviation(counts, zipf_probabilities(8, 0.99)) < 4


def test_a_new_key_is_a_miss_in_a_cache_of_half_the_keys() -> None:
    keys = 41
    drawn = stream("latest:0.6,0.2", keys).draw(20_000)
    new = np.flatnonzero(follow(drawn, keys, newest=keys - 1).new)
    lru = PlayedLRU(keys // 2)
    lru.play(drawn[: new[keys]])
    for begin, end in zip(new[keys:-1].tolist(), new[keys + 1 :].tolist(), strict=True):
        assert drawn[begin] not in lru.content()
        lru.play(drawn[begin:end])


# --- resident -----------------------------------------------------------------------------------

KEYS, SAMPLES = 120, 1_200
Contents = tuple[Ints, Ints, Ints, float]


@pytest.fixture(
    scope="module",
    params=[("latest:0.99,0.05", 40), ("latest:0.5,0.3", 80), ("latest:2,0.05", 20)],
    ids=lambda param: f"{param[0]} {param[1]} entries",
)
def contents(request: pytest.FixtureRequest) -> Contents:
    """What a real LRU holds at many moments far apart, what `resident` says, and a hit rate.

    Keys stand as places behind the newest of that moment. The third: what is asked for next.
    """
    text, capacity = request.param
    latest, newest, hits, requests = stream(text, KEYS), KEYS - 1, 0, 0
    lru = PlayedLRU(capacity)
    warm_up = latest.draw(10_000)
    lru.play(warm_up)
    newest = follow(warm_up, KEYS, newest).newest
    played, asked = [], []
    for _ in range(SAMPLES):
        drawn = latest.draw(8 * capacity)
        asked.append((newest - int(places(drawn[:1], KEYS)[0])) % KEYS)
        before = lru.hits
        lru.play(drawn)
        hits, requests = hits + lru.hits - before, requests + len(drawn)
        newest = follow(drawn, KEYS, newest).newest
        played.append((newest - places(np.array(lru.content()), KEYS)) % KEYS)
    rng = np.random.default_rng(7)
    sampled = [
        (newest - places(latest.resident(rng, capacity), KEYS)) % KEYS for _ in range(SAMPLES)
    ]
    return np.array(played), np.array(sampled), np.array(asked), hits / requests


def test_resident_holds_each_key_as_often_as_a_real_lru(contents: Contents) -> None:
    played, sampled, _, _ = contents
    assert contents_deviation(played, sampled, KEYS) < 4
    assert all(len(set(row)) == played.shape[1] for row in sampled.tolist())


def test_resident_gives_the_hit_rate_of_a_real_lru(contents: Contents) -> None:
    _, sampled, asked, hit_rate = contents
    hit = [place in row for place, row in zip(asked.tolist(), sampled.tolist(), strict=True)]
    assert np.mean(hit) == pytest.approx(hit_rate, abs=4 * (0.25 / SAMPLES) ** 0.5)


@pytest.mark.parametrize("back", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_resident_has_the_recency_order_of_a_real_lru(contents: Contents, back: float) -> None:
    played, sampled, _, _ = contents
    column = round(back * (played.shape[1] - 1))
    assert place_deviation(played[:, column], sampled[:, column], KEYS) < 4


def test_the_most_recent_key_is_a_plain_draw_from_where_the_stream_stands() -> None:
    latest, rng = stream("latest:0.99,0.3", 16), np.random.default_rng(3)
    newest = follow(latest.draw(1_003), 16, newest=15).newest
    last = np.array([latest.resident(rng, 1)[-1] for _ in range(4_000)])
    counts = np.bincount((newest - places(last, 16)) % 16, minlength=8)
    expected = 0.7 * zipf_probabilities(8, 0.99)
    expected[0] += 0.3
    assert deviation(counts, expected) < 4


def test_a_past_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # newest 1, latest first: 1 itself; 1 again, which was new; before that the newest is 0: one
    # back, 7; three back, 5; 0, new; before that the newest is 7: two back, 5 again
    monkeypatch.setattr(popularity, "_PLAYED_AT_ONCE", 2)
    by_hand = Latest(Scripted([(0.01, 0.0), (0.01, 0.0)]), 8, 1.0, 0.05)
    assert by_hand.draw(2).tolist() == [0, 1]
    assert by_hand.resident(Scripted(CHANCES), 4).tolist() == [0, 5, 7, 1]


@pytest.mark.parametrize("capacity", [1, 33, 60, 119, 120])
def test_a_past_does_not_depend_on_how_it_is_cut(
    monkeypatch: pytest.MonkeyPatch, capacity: int
) -> None:
    latest = stream("latest:0.99,0.05", KEYS)
    whole = latest.resident(np.random.default_rng(5), capacity).tolist()
    monkeypatch.setattr(popularity, "_PLAYED_AT_ONCE", 7)
    assert latest.resident(np.random.default_rng(5), capacity).tolist() == whole


@pytest.mark.parametrize("capacity", [1, 7, 10, 12])
def test_with_nothing_but_new_keys_the_newest_are_resident(capacity: int) -> None:
    latest, lru = stream("latest:0.99,1", 10), PlayedLRU(capacity)
    lru.play(latest.draw(34))
    assert latest.resident(np.random.default_rng(1), capacity).tolist() == lru.content()
