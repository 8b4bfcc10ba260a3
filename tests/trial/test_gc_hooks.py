"""PyPy's collections from what its hooks are told: recorded statistics, no clock."""

from __future__ import annotations

import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.trial import gc_hooks, gc_probe
from lab.trial.block import GC_RECORD_WORDS, BlockFile, Word
from lab.trial.gc_hooks import LAST_STEP, MINOR, STEP, HooksProbe
from strategies.interface import Policy

CAPACITY = 6
MS = 1_000_000
FINALIZING, SCANNING, MARKING = 3, 0, 1


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    path = tmp_path / "blocks"
    return BlockFile.create(path, blocks=1, block_size=64, gc_capacity=CAPACITY)


@pytest.fixture
def policy() -> Policy:
    return Policy()


@pytest.fixture
def probe(file: BlockFile, policy: Policy) -> HooksProbe:
    return HooksProbe(file, policy)


def stats(count: int, total_ms: float, longest_ms: float, newstate: int = MARKING) -> Any:
    """What a hook is told, durations in seconds."""
    return SimpleNamespace(
        count=count,
        duration=total_ms / 1e3,
        duration_max=longest_ms / 1e3,
        duration_min=0.0,
        oldstate=SCANNING,
        newstate=newstate,
    )


def records(file: BlockFile) -> list[tuple[float, float, int]]:
    """Return start and end in ms and the generation of every record, in the order written."""
    words, written = file.gc_events.tolist(), file.words[Word.GC_WRITTEN]
    found = []
    for number in range(max(0, written - CAPACITY), written):
        begin = number % CAPACITY * GC_RECORD_WORDS
        started, finished, generation = words[begin : begin + 3]
        found.append((started / MS, finished / MS, generation))
    return found


def test_a_single_event_ends_when_its_hook_runs(probe: HooksProbe, file: BlockFile) -> None:
    probe.take(MINOR, stats(1, 2.0, 2.0), 10 * MS)
    probe.take(STEP, stats(1, 3.0, 3.0), 20 * MS)
    assert records(file) == [(8.0, 10.0, MINOR), (17.0, 20.0, STEP)]


def test_a_hook_within_another_one_waits_for_its_turn(file: BlockFile) -> None:
    class Interrupted(Policy):
        """Read while a record is being written: there the other hook runs, once."""

        left = 1

        @property
        def collecting(self) -> bool:  # type: ignore[override]
            if self.left:
                self.left = 0
                probe.take(MINOR, stats(1, 1.0, 1.0), 12 * MS)
            return False

    probe = HooksProbe(file, Interrupted())
    probe.take(STEP, stats(2, 4.0, 3.0), 10 * MS)
    assert records(file) == [(6.0, 9.0, STEP), (9.0, 10.0, STEP), (11.0, 12.0, MINOR)]


def test_coalesced_events_keep_count_sum_and_longest(probe: HooksProbe, file: BlockFile) -> None:
    probe.take(MINOR, stats(3, 9.0, 5.0), 100 * MS)
    assert records(file) == [(91.0, 96.0, MINOR), (96.0, 98.0, MINOR), (98.0, 100.0, MINOR)]


def test_the_end_of_a_major_collection_is_its_last_step(probe: HooksProbe, file: BlockFile) -> None:
    probe.step(stats(1, 1.0, 1.0, newstate=MARKING))
    probe.step(stats(2, 3.0, 2.0, newstate=SCANNING))
    assert [generation for _, _, generation in records(file)] == [STEP, STEP, LAST_STEP]


def test_what_was_counted_as_one_and_was_more_is_written_as_two(
    probe: HooksProbe, file: BlockFile
) -> None:
    # seen with PyPy 8.0.1: the steps of a gc.collect() have a count of 1
    probe.take(LAST_STEP, stats(1, 7.0, 6.0), 10 * MS)
    assert records(file) == [(3.0, 9.0, STEP), (9.0, 10.0, LAST_STEP)]


def test_events_that_waited_together_do_not_overlap(probe: HooksProbe, file: BlockFile) -> None:
    # a minor collection of 2 ms, then a step of 3 ms; both hooks run after that
    probe.take(MINOR, stats(1, 2.0, 2.0), 10 * MS)
    probe.take(STEP, stats(1, 3.0, 3.0), 10 * MS + 5_000)
    assert records(file) == [(5.0, 7.0, MINOR), (7.0, 10.0, STEP)]


def test_the_whole_of_what_waited_is_moved(probe: HooksProbe, file: BlockFile) -> None:
    probe.take(STEP, stats(1, 1.0, 1.0), 2 * MS)
    probe.take(MINOR, stats(2, 4.0, 3.0), 10 * MS)
    probe.take(STEP, stats(1, 1.0, 1.0), 10 * MS + 5_000)
    assert records(file) == [
        (1.0, 2.0, STEP),
        (5.0, 8.0, MINOR),
        (8.0, 9.0, MINOR),
        (9.0, 10.0, STEP),
    ]


def test_no_record_ends_before_the_one_in_front_of_it(probe: HooksProbe, file: BlockFile) -> None:
    # lengths by the wall clock include what another process took: there is not room for all
    probe.take(STEP, stats(1, 1.0, 1.0), 10 * MS)
    probe.take(MINOR, stats(2, 2.0, 1.5), 12 * MS)
    probe.take(STEP, stats(2, 6.0, 4.0), 12 * MS + 5_000)
    found = records(file)
    ends = [finished for _, finished, _ in found]
    assert ends == sorted(ends)
    lengths = [round(finished - started, 6) for started, finished, _ in found]
    assert lengths == [1.0, 1.5, 0.5, 4.0, 2.0]
    assert ends[-1] <= 12.005


def test_the_ring_wraps(probe: HooksProbe, file: BlockFile) -> None:
    for number in range(1, 4):
        probe.take(MINOR, stats(3, 3.0, 1.0), number * 100 * MS)
    assert file.words[Word.GC_WRITTEN] == 9
    ends = [finished for _, finished, _ in records(file)]
    assert ends == [198.0, 199.0, 200.0, 298.0, 299.0, 300.0]


def test_a_clock_that_was_set_back_gives_no_negative_length(
    probe: HooksProbe, file: BlockFile
) -> None:
    probe.take(MINOR, stats(1, -5.0, -5.0), 10 * MS)
    assert records(file) == [(10.0, 10.0, MINOR)]


def test_collections_that_the_policy_asked_for_are_marked(
    probe: HooksProbe, policy: Policy, file: BlockFile
) -> None:
    policy.collecting = True
    probe.take(MINOR, stats(1, 1.0, 1.0), 10 * MS)
    policy.collecting = False
    probe.take(MINOR, stats(1, 1.0, 1.0), 20 * MS)
    explicit = file.gc_events.tolist()[GC_RECORD_WORDS - 1 :: GC_RECORD_WORDS]
    assert explicit[:2] == [1, 0]


def test_hooks_are_set_and_taken_away(probe: HooksProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    taken_away: list[bool] = []
    hooks = SimpleNamespace(reset=lambda: taken_away.append(True))
    monkeypatch.setattr(gc_hooks, "_gc", SimpleNamespace(hooks=hooks))
    probe.install()
    assert (hooks.on_gc_minor, hooks.on_gc_collect_step) == (probe.minor, probe.step)
    probe.remove()
    assert taken_away == [True]


def test_the_probe_goes_by_what_the_collector_offers(
    file: BlockFile, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(gc_probe.gc_probe(file, policy), gc_probe.GcProbe) == hasattr(gc, "callbacks")
    monkeypatch.setattr(gc_probe, "gc", SimpleNamespace())
    assert isinstance(gc_probe.gc_probe(file, policy), HooksProbe)
