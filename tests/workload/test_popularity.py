from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.workload.popularity import Sequential, check_popularity
from strategies.errors import UsageError
from tests.workload.popularity_tools import (
    PlayedLRU,
    contents_deviation,
    deviation,
    held,
    place_deviation,
    stream,
    zipf_probabilities,
)

EVERY_KIND = ["zipf:0.99", "uniform", "sequential", "hot-set:0.1,0.9", "latest:0.99,0.05"]

# --- frequencies --------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.5, 0.99, 1.5])
def test_few_zipf_keys_have_their_exact_probabilities(exponent: float) -> None:
    # with 8 keys and 400,000 draws, neighbouring ranks are more than 10 standard deviations apart,
    # so that the order of the counts is the order of the ranks
    counts = np.bincount(stream(f"zipf:{exponent}", 8).draw(400_000), minlength=8)
    assert deviation(np.sort(counts)[::-1], zipf_probabilities(8, exponent)) < 4


@pytest.mark.parametrize("exponent", [0.3, 0.99, 1.3])
def test_many_zipf_keys_repeat_as_often_as_they_must(exponent: float) -> None:
    keys, draws = 10_000, 50_000
    p = zipf_probabilities(keys, exponent)
    drawn = stream(f"zipf:{exponent}", keys).draw(draws)
    seen = 1 - (1 - p) ** draws  # of each key: the chance that it was drawn at all
    distinct = len(np.unique(drawn))
    assert distinct == pytest.approx(seen.sum(), abs=4 * (seen * (1 - seen)).sum() ** 0.5)
    top = int(np.bincount(drawn).max())
    if exponent > 0.9:
        assert top == pytest.approx(draws * p[0], abs=4 * (draws * p[0]) ** 0.5)


def test_zipf_keys_stay_within_the_key_space() -> None:
    drawn = stream("zipf:0.2", 50).draw(20_000)
    assert sorted(set(drawn.tolist())) == list(range(50))
    assert drawn.dtype == np.int64


def test_popular_keys_do_not_lie_side_by_side() -> None:
    counts = np.bincount(stream("zipf:1.2", 1_000).draw(200_000), minlength=1_000)
    popular = np.sort(np.argsort(counts)[-10:])
    assert np.diff(popular).max() > 20


def test_uniform_keys_are_equally_frequent() -> None:
    counts = np.bincount(stream("uniform", 500).draw(500_000), minlength=500)
    assert deviation(counts, np.full(500, 1 / 500)) < 4


def test_sequential_keys_go_round() -> None:
    sequential = stream("sequential", 5)
    assert sequential.draw(3).tolist() == [0, 1, 2]
    assert sequential.draw(9).tolist() == [3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert sequential.draw(1).tolist() == [2]


@pytest.mark.parametrize(
    ("text", "hot", "requests"),
    [("hot-set", 10, 0.9), ("hot-set:0.2,0.7", 20, 0.7), ("hot-set:requests=0.6", 10, 0.6)],
)
def test_hot_set_gets_its_share_of_requests(text: str, hot: int, requests: float) -> None:
    counts = np.sort(np.bincount(stream(text, 100).draw(400_000), minlength=100))[::-1]
    p = np.r_[np.full(hot, requests / hot), np.full(100 - hot, (1 - requests) / (100 - hot))]
    # sorting within the two groups changes nothing: their keys are equally popular
    assert deviation(counts, p) < 4


@pytest.mark.parametrize("text", EVERY_KIND)
def test_one_key_is_enough(text: str) -> None:
    only = stream(text, 1)
    assert only.draw(3).tolist() == [0, 0, 0]
    assert only.resident(np.random.default_rng(1), 4).tolist() == [0]


def test_hot_set_has_at_least_one_hot_and_one_cold_key() -> None:
    tiny = np.bincount(stream("hot-set:0.001,0.5", 10).draw(20_000), minlength=10)
    assert np.sort(tiny)[-1] == pytest.approx(10_000, rel=0.05)
    huge = np.bincount(stream("hot-set:0.999,0.5", 10).draw(20_000), minlength=10)
    assert np.sort(huge)[-1] == pytest.approx(10_000, rel=0.05)  # the one cold key has the rest


@pytest.mark.parametrize("text", EVERY_KIND)
def test_a_stream_does_not_depend_on_how_it_is_cut(text: str) -> None:
    whole, cut = stream(text, 100), stream(text, 100)
    parts = [cut.draw(count) for count in (1, 250, 0, 749)]
    assert np.concatenate(parts).tolist() == whole.draw(1_000).tolist()


@pytest.mark.parametrize("text", ["zipf:0.99", "latest:0.99,0.05"])
def test_seeds_make_streams(text: str) -> None:
    first = stream(text, 1_000, seed=1).draw(100).tolist()
    assert stream(text, 1_000, seed=1).draw(100).tolist() == first
    assert stream(text, 1_000, seed=2).draw(100).tolist() != first


# --- resident -----------------------------------------------------------------------------------

KEYS, CAPACITY, SAMPLES = 120, 40, 1_200


@pytest.fixture(scope="module", params=["zipf:0.99", "uniform", "hot-set:0.2,0.8"])
def contents(request: pytest.FixtureRequest) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """What a real LRU holds at many moments far apart, what `resident` says, and a hit rate."""
    popularity = stream(str(request.param), KEYS)
    lru = PlayedLRU(CAPACITY)
    lru.play(popularity.draw(5_000))
    lru.hits = 0
    played = []
    for _ in range(SAMPLES):
        lru.play(popularity.draw(8 * CAPACITY))
        played.append(lru.content())
    rng = np.random.default_rng(7)
    sampled = [popularity.resident(rng, CAPACITY) for _ in range(SAMPLES)]
    return np.array(played), np.array(sampled), lru.hits / (SAMPLES * 8 * CAPACITY)


Contents = tuple[NDArray[np.int64], NDArray[np.int64], float]


def test_resident_holds_each_key_as_often_as_a_real_lru(contents: Contents) -> None:
    assert contents_deviation(contents[0], contents[1], KEYS) < 4
    assert all(len(set(row)) == CAPACITY for row in contents[1].tolist())


def test_resident_gives_the_hit_rate_of_a_real_lru(contents: Contents) -> None:
    played, sampled, hit_rate = contents
    seen = np.bincount(played[:, -1], minlength=KEYS) / SAMPLES  # the last request of each stretch
    assert float((held(sampled, KEYS) * seen).sum()) == pytest.approx(hit_rate, abs=0.02)


@pytest.mark.parametrize("place", [0, CAPACITY // 2, CAPACITY - 2, CAPACITY - 1])
def test_resident_has_the_recency_order_of_a_real_lru(contents: Contents, place: int) -> None:
    assert place_deviation(contents[0][:, place], contents[1][:, place], KEYS) < 4


def test_the_most_recent_key_is_a_plain_draw() -> None:
    popularity, rng = stream("zipf:1.5", 8), np.random.default_rng(3)
    last = [int(popularity.resident(rng, 4)[-1]) for _ in range(20_000)]
    counts = np.sort(np.bincount(last, minlength=8))[::-1]
    assert deviation(counts, zipf_probabilities(8, 1.5)) < 4


@pytest.mark.parametrize("capacity", [20, 21, 500])
@pytest.mark.parametrize("text", EVERY_KIND)
def test_a_cache_that_holds_every_key_holds_every_key(text: str, capacity: int) -> None:
    resident = stream(text, 20).resident(np.random.default_rng(1), capacity)
    assert sorted(resident.tolist()) == list(range(20))


@pytest.mark.parametrize("capacity", [1, 3, 7, 10, 12])
def test_sequential_resident_is_what_a_real_lru_holds_after_a_round(capacity: int) -> None:
    lru = PlayedLRU(capacity)
    lru.play(Sequential(10).draw(30))
    assert Sequential(10).resident(np.random.default_rng(1), capacity).tolist() == lru.content()


@pytest.mark.parametrize("text", EVERY_KIND)
def test_resident_does_not_move_the_stream(text: str) -> None:
    asked, untouched = stream(text, 100), stream(text, 100)
    asked.resident(np.random.default_rng(5), 50)
    assert asked.draw(50).tolist() == untouched.draw(50).tolist()


# --- what people write --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "parameters"),
    [
        ("zipf", "zipf", {"exponent": 0.99}),
        ("zipf:1.2", "zipf", {"exponent": 1.2}),
        ("zipf:exponent=0.5", "zipf", {"exponent": 0.5}),
        ("uniform", "uniform", {}),
        ("hot-set", "hot-set", {"share": 0.1, "requests": 0.9}),
        ("hot-set:0.2", "hot-set", {"share": 0.2, "requests": 0.9}),
        ("latest", "latest", {"exponent": 0.99, "share": 0.05}),
        ("latest:0.8", "latest", {"exponent": 0.8, "share": 0.05}),
        ("latest:1.2,0.01", "latest", {"exponent": 1.2, "share": 0.01}),
        ("latest:share=1", "latest", {"exponent": 0.99, "share": 1.0}),
    ],
)
def test_popularities_are_read(text: str, kind: str, parameters: dict[str, float]) -> None:
    assert check_popularity(text) == (kind, parameters)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zip", "did you mean 'zipf'"),
        ("", "known: hot-set, latest, sequential, uniform, zipf"),
        ("zipf:0", "above 0"),
        ("zipf:-1", "above 0"),
        ("zipf:abc", "'abc'"),
        ("zipf:nan", "'nan'"),
        ("zipf:", "an option is empty"),
        ("zipf:0.9,2", "too many options at '2'; it takes: exponent"),
        ("zipf:exponnt=1", "did you mean 'exponent'"),
        ("zipf:1,exponent=1", "given twice"),
        ("uniform:3", "'3'"),
        ("sequential:x=1", "takes no options"),
        ("hot-set:1,0.9", "below 1"),
        ("hot-set:0.1,1", "below 1"),
        ("hot-set:0.1,2", "below 1"),
        ("hot-set:0,0.5", "above 0"),
        ("latest:0", "above 0"),
        ("latest:0.99,0", "above 0"),
        ("latest:0.99,0.0099", "the share of new keys is 0.01 to 1, as in latest:0.99,0.05"),
        ("latest:0.99,1.01", "the share of new keys is 0.01 to 1, as in latest:0.99,0.05"),
        ("latest:0.99,0.05,3", "it takes: exponent, share"),
        ("lattest", "did you mean 'latest'"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        check_popularity(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(UsageError):
        stream(text, 10)
