from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trial_maker import joined, small_spec

from lab.runner.feed import BLOCK_SIZE, INTERVAL_NS, Feed
from lab.spec import TrialSpec
from lab.trial.block import BLOCK_SIZE_MAX, Operation
from lab.workload.read_states import Columns

READ, ACK, MENTION, COMMIT = (int(operation) for operation in Operation)
MS = 1_000_000

Phases = dict[str, list[Columns]]


def phases(spec: TrialSpec, block_size: int = 256) -> Phases:
    feed = Feed(spec, block_size)
    return {
        "fill": list(feed.fill()),
        "age": list(feed.age()),
        "warm_up": list(feed.warm_up()),
        "measure": list(feed.measure()),
    }


def shown(feed: Phases) -> dict[str, list[list[Any]]]:
    return {
        name: [
            [b.due.tolist(), b.keys.tolist(), b.arguments.tolist(), b.operations.tolist()]
            for b in blocks
        ]
        for name, blocks in feed.items()
    }


def requests(blocks: list[Columns]) -> list[tuple[int, int, int]]:
    """Return (due, key, operation) of the requests, commits left out."""
    columns = joined(blocks)
    rows = zip(columns["due"], columns["keys"], columns["operations"], strict=True)
    return [row for row in rows if row[2] != COMMIT]


def keys_of(blocks: list[Columns]) -> list[int]:
    return [key for _, key, _ in requests(blocks)]


# --- the same stream for all --------------------------------------------------------------------


def test_blocks_are_identical_for_every_strategy() -> None:
    slots = shown(phases(small_spec("slots")))
    assert shown(phases(small_spec("flat+freeze"))) == slots
    assert shown(phases(small_spec("null", load={"wait": "sleep"}))) == slots
    assert shown(phases(small_spec("slots", {"payload_bytes": 64}))) == slots


@pytest.mark.parametrize(("seed", "repeat"), [(2, 1), (1, 2)])
def test_another_seed_or_repeat_is_another_stream(seed: int, repeat: int) -> None:
    first = phases(small_spec("slots"))
    other = phases(small_spec("slots", seed=seed, repeat=repeat))
    for phase in ("fill", "age", "warm_up", "measure"):
        one, two = keys_of(first[phase]), keys_of(other[phase])
        assert sum(a == b for a, b in zip(one, two, strict=False)) < len(one) / 4, phase
    assert joined(first["measure"])["due"][:20] != joined(other["measure"])["due"][:20]


def test_seed_and_repeat_do_not_stand_for_one_another() -> None:
    one = keys_of(phases(small_spec("slots", seed=2, repeat=1))["measure"])
    assert keys_of(phases(small_spec("slots", seed=1, repeat=2))["measure"]) != one


def test_the_block_size_changes_the_cuts_and_not_the_stream() -> None:
    small, large = phases(small_spec("slots"), 64), phases(small_spec("slots"), 16_384)
    for phase in small:
        assert joined(small[phase]) == joined(large[phase]), phase
        assert len(small[phase]) > len(large[phase])


# --- blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [64, 1_024])
@pytest.mark.parametrize("commit", [{"every": 1, "step": 1}, {"every": 500, "step": 20}])
@pytest.mark.parametrize("closed_loop", [False, True])
def test_blocks_never_overflow_nor_are_they_empty(
    block_size: int, commit: dict[str, int], closed_loop: bool
) -> None:
    workload = {"mix": {"ack": 50, "mention": 40}, "commit": commit}
    load = {"rate": "100k", "duration": "200ms", "closed_loop": closed_loop}
    for blocks in phases(small_spec("slots", workload, load), block_size).values():
        assert blocks
        assert all(1 <= len(block) <= block_size for block in blocks)


def test_the_standard_block_is_one_that_the_format_allows() -> None:
    assert BLOCK_SIZE <= BLOCK_SIZE_MAX


@pytest.mark.parametrize(
    "load",
    [
        {"rate": "20k", "duration": "1s"},
        {"rate": "500", "duration": "2s"},
        {"rate": 154, "duration": "2s", "arrivals": "constant"},
        {"rate": 3, "duration": "2s", "arrivals": "constant"},
        {"rate": "20k", "duration": "1s", "arrivals": "bursty"},
        {"ramp": "500,20k,3k", "rate": "", "duration": "1s"},
    ],
)
def test_a_block_stays_within_one_interval(load: dict[str, Any]) -> None:
    blocks = phases(small_spec("slots", load=load))["measure"]
    for block in blocks:
        assert block.due[0] // INTERVAL_NS == block.due[-1] // INTERVAL_NS
    due = joined(blocks)["due"]
    assert due == sorted(due)


@pytest.mark.parametrize("duration", ["50ms", "100ms", "333ms", "1s"])
def test_requests_end_with_the_duration(duration: str) -> None:
    load = {"rate": 20_000, "duration": duration, "arrivals": "constant"}
    due = [row[0] for row in requests(phases(small_spec("slots", load=load))["measure"])]
    duration_ns = small_spec("slots", load=load).load.duration_ns
    assert duration_ns is not None
    assert due == list(range(0, duration_ns, 50_000))


def test_poisson_requests_have_the_rate() -> None:
    load = {"rate": "20k", "duration": "1s"}
    count = len(requests(phases(small_spec("slots", load=load))["measure"]))
    assert count == pytest.approx(20_000, abs=4 * 20_000**0.5)


def test_a_ramp_sends_each_step_at_its_rate() -> None:
    load = {"ramp": "1k,5k,2k,500", "rate": "", "duration": "2s", "arrivals": "constant"}
    spec = small_spec("slots", load=load)
    due = np.array([row[0] for row in requests(phases(spec)["measure"])])
    expected = [
        np.arange(step.start_ns, step.end_ns, round(1e9 / step.rate)) for step in spec.ramp_steps
    ]
    assert due.tolist() == np.concatenate(expected).tolist()
    assert sorted(step.rate for step in spec.ramp_steps) == [500.0, 1_000.0, 2_000.0, 5_000.0]


def test_a_ramp_warms_up_at_its_mean_rate() -> None:
    load = {"ramp": "1k,5k", "rate": "", "duration": "1s", "warm_up": "1s"}
    spec = small_spec("slots", load=load)
    assert len(requests(phases(spec)["warm_up"])) == 3_000


@pytest.mark.parametrize("load", [{"arrivals": "bursty"}, {"ramp": "10k,30k", "rate": ""}])
def test_how_requests_arrive_changes_neither_keys_nor_operations(load: dict[str, Any]) -> None:
    def asked(load: dict[str, Any]) -> list[tuple[int, int]]:
        measured = requests(phases(small_spec("slots", load={**load, "duration": "1s"}))["measure"])
        return [(key, operation) for _, key, operation in measured][:5_000]

    assert asked(load) == asked({"rate": "20k"})


def test_a_closed_loop_sends_as_many_without_due_times() -> None:
    load = {"rate": "20k", "duration": "333ms", "closed_loop": True}
    sent = requests(phases(small_spec("slots", load=load))["measure"])
    assert len(sent) == 6_660
    assert {due for due, _, _ in sent} == {0}


def test_an_open_and_a_closed_loop_ask_for_the_same_keys() -> None:
    closed = keys_of(phases(small_spec("slots", load={"closed_loop": True}))["measure"])
    opened = keys_of(phases(small_spec("slots"))["measure"])
    both = min(len(closed), len(opened))
    assert closed[:both] == opened[:both]


# --- what each phase holds ----------------------------------------------------------------------


def test_fill_reads_every_resident_key_once_in_random_order() -> None:
    spec = small_spec("slots")
    feed = phases(spec)
    fill = requests(feed["fill"])
    keys = [key for _, key, _ in fill]
    assert len(keys) == len(set(keys)) == spec.workload.entries
    assert {operation for _, _, operation in fill} == {READ}
    assert {due for due, _, _ in fill} == {0}
    assert all(0 <= key < spec.workload.keys for key in keys)
    assert not np.all(np.diff(keys) > 0)


def test_age_updates_each_in_another_order_then_reads_each_least_recent_first() -> None:
    spec = small_spec("slots")
    feed = phases(spec)
    entries = spec.workload.entries
    aged = requests(feed["age"])
    updates, reads = aged[:entries], aged[entries:]
    assert len(aged) == 2 * entries
    assert {operation for _, _, operation in updates} == {ACK}
    assert {operation for _, _, operation in reads} == {READ}
    orders = [
        keys_of(feed["fill"]),
        [key for _, key, _ in updates],
        [key for _, key, _ in reads],
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.corrcoef(orders[one], orders[other])[0, 1] == pytest.approx(0, abs=0.1)
    # recency: the popular keys, which the measured phase asks for most, are read last
    measured = np.bincount(keys_of(feed["measure"]), minlength=spec.workload.keys)
    popular = np.argsort(measured)[-50:]
    places = [orders[2].index(key) for key in popular.tolist() if key in orders[2]]
    assert np.mean(places) > 0.8 * entries


def test_ageing_carries_commits() -> None:
    columns = joined(phases(small_spec("slots"))["age"])
    commits = [
        argument
        for argument, operation in zip(columns["arguments"], columns["operations"], strict=True)
        if operation == COMMIT
    ]
    assert commits.count(20) == 2_000 // 20
    assert commits.count(0) == 2_000 // 500


def test_places_of_commits_run_on_over_the_phases() -> None:
    # 1,990 updates in the ageing: the seal after every 500th falls 10 updates into the warm-up
    workload = {"entries": 1_990, "mix": {"ack": 50, "mention": 40}}
    warm_up = joined(phases(small_spec("slots", workload))["warm_up"])["operations"]
    assert warm_up.index(COMMIT) == 10


def test_warm_up_is_the_measured_mix_at_once() -> None:
    spec = small_spec("slots", load={"rate": "20k", "warm_up": "500ms"})
    warm_up = requests(phases(spec)["warm_up"])
    assert len(warm_up) == 10_000
    assert {due for due, _, _ in warm_up} == {0}
    shares = np.bincount([operation for _, _, operation in warm_up], minlength=3) / 10_000
    assert shares.tolist() == pytest.approx([0.1, 0.5, 0.4], abs=0.02)


def test_the_measured_phase_has_the_mix_and_the_popularity() -> None:
    spec = small_spec(
        "slots",
        {"mix": {"read": 3, "ack": 1, "mention": 0}, "popularity": {"hot-set": [0.1, 0.6]}},
        {"rate": "50k", "duration": "1s"},
    )
    measured = requests(phases(spec, 4_096)["measure"])
    count = len(measured)
    shares = np.bincount([operation for _, _, operation in measured], minlength=3) / count
    assert shares.tolist() == pytest.approx([0.75, 0.25, 0.0], abs=0.01)
    frequencies = np.sort(np.bincount([key for _, key, _ in measured], minlength=4_000))[::-1]
    assert frequencies[:400].sum() / count == pytest.approx(0.6, abs=0.01)


def test_no_fill_no_ageing_no_warm_up() -> None:
    feed = phases(small_spec("slots", {"fill": False}))
    assert feed["fill"] == feed["age"] == feed["warm_up"] == []
    assert feed["measure"]


def test_a_key_space_smaller_than_the_cache_fills_what_there_is() -> None:
    feed = phases(small_spec("slots", {"entries": 1_000, "key_space": 0.3}))
    assert sorted(keys_of(feed["fill"])) == list(range(300))
    assert len(keys_of(feed["age"])) == 600


# --- traces -------------------------------------------------------------------------------------


def csv_trace(tmp_path: Path, rows: list[tuple[int, int]]) -> dict[str, Any]:
    """Write (time in ms, key) rows and return the workload that plays them."""
    path = tmp_path / "t.csv"
    path.write_text("at,key\n" + "".join(f"{at},{key}\n" for at, key in rows), encoding="ascii")
    return {"trace": str(path), "trace_format": "csv:key,time=at,unit=ms"}


def lirs_trace(tmp_path: Path, keys: list[int]) -> dict[str, Any]:
    path = tmp_path / "t.lirs"
    path.write_text("".join(f"{key}\n" for key in keys), encoding="ascii")
    return {"trace": str(path), "trace_format": "lirs"}


def twitter_trace(tmp_path: Path, rows: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Write (second, key, operation) rows; the workload's own mix would be nothing but reads."""
    path = tmp_path / "t.csv"
    lines = (f"{second},{key},1,9,1,{operation},0\n" for second, key, operation in rows)
    path.write_text("".join(lines), encoding="ascii")
    mix = {"read": 1, "ack": 0, "mention": 0}
    return {"trace": str(path), "trace_format": "twitter", "mix": mix}


ROWS = [(1_000, 5), (1_000, 7), (1_040, 5), (1_100, 9), (1_350, 5), (2_000, 7), (2_001, 11)]


def trace_phases(workload: dict[str, Any], load: dict[str, Any], block_size: int = 64) -> Phases:
    """Like `phases`, with nothing but the trace deciding what is not given."""
    spec = small_spec("slots", workload, {"rate": "", "duration": "", **load})
    return phases(spec, block_size)


def test_a_trace_is_served_whole_by_its_own_times(tmp_path: Path) -> None:
    feed = trace_phases(csv_trace(tmp_path, ROWS), {})
    assert feed["fill"] == feed["age"] == feed["warm_up"] == []
    assert [(due // MS, key) for due, key, _ in requests(feed["measure"])] == [
        (at - 1_000, key) for at, key in ROWS
    ]
    assert [len(block) for block in feed["measure"]] == [3, 1, 1, 2]


def test_a_long_trace_by_its_times_is_cut_into_blocks(tmp_path: Path) -> None:
    rows = [(number // 7, number % 50) for number in range(3_000)]
    blocks = trace_phases(csv_trace(tmp_path, rows), {})["measure"]
    assert keys_of(blocks) == [key for _, key in rows]
    assert max(len(block) for block in blocks) <= 64
    for block in blocks:
        assert block.due[0] // INTERVAL_NS == block.due[-1] // INTERVAL_NS


@pytest.mark.parametrize(("duration", "served"), [("40ms", 2), ("41ms", 3), ("1s", 5), ("9s", 7)])
def test_a_duration_cuts_a_trace_by_its_times(tmp_path: Path, duration: str, served: int) -> None:
    feed = trace_phases(csv_trace(tmp_path, ROWS), {"duration": duration})
    assert keys_of(feed["measure"]) == [key for _, key in ROWS][:served]


def test_a_rate_takes_the_place_of_the_times(tmp_path: Path) -> None:
    load = {"rate": 4, "arrivals": "constant"}
    feed = trace_phases(csv_trace(tmp_path, ROWS), load)
    assert [(due // MS, key) for due, key, _ in requests(feed["measure"])] == [
        (250 * number, key) for number, (_, key) in enumerate(ROWS)
    ]
    feed = trace_phases(csv_trace(tmp_path, ROWS), {**load, "duration": "1s"})
    assert keys_of(feed["measure"]) == [5, 7, 5, 9]


def test_a_trace_without_times_is_served_whole_at_a_rate(tmp_path: Path) -> None:
    keys = [number * number % 97 for number in range(500)]
    feed = trace_phases(lirs_trace(tmp_path, keys), {"rate": "20k"})
    assert keys_of(feed["measure"]) == keys
    due = joined(feed["measure"])["due"]
    assert due == sorted(due)
    assert due[-1] > 0
    cut = trace_phases(
        lirs_trace(tmp_path, keys), {"rate": 1_000, "arrivals": "constant", "duration": "30ms"}
    )
    assert keys_of(cut["measure"]) == keys[:30]


def test_a_closed_loop_serves_a_trace_whole_or_as_much_as_the_duration_says(tmp_path: Path) -> None:
    keys = [number * number % 97 for number in range(500)]
    closed = {"rate": "1k", "closed_loop": True}
    assert keys_of(trace_phases(lirs_trace(tmp_path, keys), closed)["measure"]) == keys
    cut = trace_phases(lirs_trace(tmp_path, keys), {**closed, "duration": "200ms"})["measure"]
    assert keys_of(cut) == keys[:200]
    longer = trace_phases(lirs_trace(tmp_path, keys), {**closed, "duration": "2s"})["measure"]
    assert keys_of(longer) == keys


def played_lru(keys: list[int], capacity: int) -> list[int]:
    lru: OrderedDict[int, None] = OrderedDict()
    for key in keys:
        lru[key] = None
        lru.move_to_end(key)
    assert len(lru) <= capacity
    return list(lru)


def test_fill_uses_the_beginning_of_a_trace_up(tmp_path: Path) -> None:
    keys = [number * number % 97 for number in range(2_000)]
    workload = {**lirs_trace(tmp_path, keys), "fill": True, "entries": 20}
    feed = trace_phases(workload, {"rate": "1k", "warm_up": "100ms"})
    used = next(n for n in range(len(keys)) if len(set(keys[:n])) == 20)
    filled = played_lru(keys[:used], 20)
    assert sorted(keys_of(feed["fill"])) == sorted(filled)
    assert keys_of(feed["age"])[20:] == filled
    assert keys_of(feed["warm_up"]) == keys[used : used + 100]
    assert keys_of(feed["measure"]) == keys[used + 100 :]


def test_a_trace_with_fewer_keys_than_entries_is_all_used_up_by_the_fill(tmp_path: Path) -> None:
    workload = {**lirs_trace(tmp_path, [3, 1, 3, 2]), "fill": True}
    feed = trace_phases(workload, {"rate": "1k"})
    assert keys_of(feed["age"])[3:] == [1, 3, 2]
    assert feed["warm_up"] == feed["measure"] == []


def test_after_a_fill_the_times_of_a_trace_count_from_the_measured_phase(tmp_path: Path) -> None:
    rows = [(10 * number, number % 7) for number in range(100)]
    workload = {**csv_trace(tmp_path, rows), "fill": True, "entries": 7}
    # 7 accesses for the fill; the warm-up is 1 ms at the default rate, 20 accesses
    feed = trace_phases(workload, {"warm_up": "1ms"})
    measured = requests(feed["measure"])
    assert [key for _, key, _ in measured] == [key for _, key in rows[27:]]
    assert [due // MS for due, _, _ in measured] == [10 * number for number in range(73)]
    cut = trace_phases(workload, {"warm_up": "1ms", "duration": "105ms"})["measure"]
    assert keys_of(cut) == [key for _, key in rows[27:38]]
    assert [len(block) for block in cut] == [10, 1]


def test_any_64_bit_key_passes(tmp_path: Path) -> None:
    rows = [(0, -(2**63)), (1, 2**63 - 1), (2, -1), (3, 0)]
    feed = trace_phases(csv_trace(tmp_path, rows), {})
    assert keys_of(feed["measure"]) == [key for _, key in rows]


TWITTER_ROWS = [
    (0, 5, "get"), (0, 7, "set"), (0, 5, "delete"), (1, 9, "incr"), (1, 7, "get"), (2, 5, "cas")
]  # fmt: skip
TWITTER_REQUESTS = [(5, READ), (7, ACK), (9, MENTION), (7, READ), (5, ACK)]


@pytest.mark.parametrize("load", [{}, {"rate": "1k"}, {"rate": "1k", "closed_loop": True}])
def test_the_operations_of_a_trace_are_played_and_not_the_mix(
    tmp_path: Path, load: dict[str, Any]
) -> None:
    measured = requests(trace_phases(twitter_trace(tmp_path, TWITTER_ROWS), load)["measure"])
    assert [(key, operation) for _, key, operation in measured] == TWITTER_REQUESTS
    if not load:
        seconds = [due // 10**9 for due, _, _ in measured]
        assert measured[0][0] == 0
        assert sorted(seconds) == seconds
        assert 0 < seconds[-1] <= 2


def test_operations_stay_with_their_keys_over_chunks_and_blocks(tmp_path: Path) -> None:
    # one operation for each key, so that any shift of one column against the other is seen
    names = ["get", "set", "incr", "delete"]
    rows = [(0, number * number % 101, names[number * number % 101 % 4]) for number in range(9_000)]
    measured = requests(trace_phases(twitter_trace(tmp_path, rows), {"rate": "50k"})["measure"])
    assert [key for _, key, _ in measured] == [key for _, key, name in rows if name != "delete"]
    assert {key % 4 == operation for _, key, operation in measured} == {True}


def test_a_fill_uses_the_beginning_up_with_its_operations(tmp_path: Path) -> None:
    workload = {**twitter_trace(tmp_path, TWITTER_ROWS), "fill": True, "entries": 2}
    feed = trace_phases(workload, {"rate": "1k", "warm_up": "1ms"})
    assert {operation for _, _, operation in requests(feed["fill"])} == {READ}
    assert [(key, operation) for _, key, operation in requests(feed["warm_up"])] == [(9, MENTION)]
    measured = [(key, operation) for _, key, operation in requests(feed["measure"])]
    assert measured == TWITTER_REQUESTS[3:]
