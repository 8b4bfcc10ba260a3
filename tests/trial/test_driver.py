"""The timed loops on a clock of our own: every stamp can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.trial import driver
from lab.trial.block import Block, BlockFile, Operation
from lab.trial.driver import LOOPS, Serve
from lab.trial.witness import Witness
from strategies.layouts.null import Null

READ, ACK, MENTION, COMMIT = Operation
TICK_NS = 10
ID = 2**64 - 5


class FakeClock:
    """Goes on by 10 ns with every reading, and otherwise only when told."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.sleeps_ns: list[int] = []
        self.overslept_ns: list[int] = []

    def read(self) -> int:
        self.now_ns += TICK_NS
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.sleeps_ns.append(round(seconds * 1e9))
        self.now_ns += self.sleeps_ns[-1]
        if self.overslept_ns:
            self.now_ns += self.overslept_ns.pop(0)


class FakeLayout(Null):
    """Every call takes as long as its key says; the keys in ``absent`` are misses."""

    def __init__(self, clock: FakeClock, *absent: int) -> None:
        super().__init__(8)
        self.clock, self.absent = clock, absent
        self.calls: list[tuple[object, ...]] = []

    def read(self, key: int) -> tuple[int, int] | None:
        self.calls.append(("read", key))
        self.clock.now_ns += key
        return None if key in self.absent else (ID, 3)

    def ack(self, key: int, message_id: int) -> bool:
        self.calls.append(("ack", key, message_id))
        self.clock.now_ns += key
        return key not in self.absent

    def mention(self, key: int) -> bool:
        self.calls.append(("mention", key))
        self.clock.now_ns += key
        return key not in self.absent


class Service:
    """Notes what it was asked; a miss takes 1,000 ns, a commit as long as its argument says."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.misses: list[tuple[int, ...]] = []
        self.commits: list[int] = []

    def miss(self, block: Block, i: int, operation: int, key: int, argument: int) -> None:
        self.misses.append((i, operation, key, argument))
        self.clock.now_ns += 1_000

    def commit(self, argument: int) -> None:
        self.commits.append(argument)
        self.clock.now_ns += argument


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(driver, "monotonic_ns", clock.read)
    monkeypatch.setattr(driver, "sleep", clock.sleep)
    return clock


@pytest.fixture
def block(tmp_path: Path) -> Block:
    file = BlockFile.create(tmp_path / "blocks", blocks=1, block_size=64, gc_capacity=1)
    return file.blocks[0]


@pytest.fixture(params=sorted(LOOPS))
def serve(request: pytest.FixtureRequest) -> Serve:
    return LOOPS[request.param]


def fill(block: Block, *rows: tuple[int, Operation, int, int]) -> None:
    """Write (due, operation, key, argument) rows."""
    block.count = len(rows)
    for i, (due, operation, key, argument) in enumerate(rows):
        block.due[i], block.operations[i] = due, operation
        block.keys[i], block.arguments[i] = key, argument


def stamps(block: Block) -> list[tuple[int, int]]:
    return list(zip(block.started[: block.count], block.finished[: block.count], strict=True))


def play(serve: Serve, block: Block, layout: Any, clock: FakeClock) -> Service:
    service = Service(clock)
    serve(block, layout, service.miss, service.commit, Witness())
    return service


def test_the_two_ways_to_wait() -> None:
    loops = {"spin": driver.serve_spinning, "sleep": driver.serve_sleeping}
    assert loops == LOOPS


def test_a_stall_delays_what_is_behind_it(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (100, ACK, 500, 1), (200, ACK, 30, 1), (210, ACK, 0, 1), (1_000, ACK, 0, 1))
    play(serve, block, FakeLayout(clock), clock)
    # the stall ends at 600 and is read at 610; the two that were due meanwhile start at once
    assert stamps(block) == [(100, 610), (620, 660), (670, 680), (1_000, 1_010)]
    response = [done - due for (_, done), due in zip(stamps(block), block.due, strict=False)]
    assert response == [510, 460, 470, 10]


def test_due_between_two_readings(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (105, ACK, 0, 1))
    play(serve, block, FakeLayout(clock), clock)
    assert stamps(block) == [(110, 120)]


def test_a_closed_loop_never_waits(serve: Serve, block: Block, clock: FakeClock) -> None:
    clock.now_ns = 5_000
    fill(block, (0, ACK, 100, 1), (0, READ, 200, 0), (0, MENTION, 300, 0))
    play(serve, block, FakeLayout(clock), clock)
    assert stamps(block) == [(5_010, 5_120), (5_130, 5_340), (5_350, 5_660)]
    assert clock.sleeps_ns == []


def test_each_operation_is_one_call(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (0, READ, 1, 0), (0, ACK, 2, ID), (0, MENTION, 3, 9), (0, ACK, -4, 0))
    layout = FakeLayout(clock)
    service = play(serve, block, layout, clock)
    assert layout.calls == [("read", 1), ("ack", 2, ID), ("mention", 3), ("ack", -4, 0)]
    assert (service.misses, service.commits) == ([], [])


def test_a_read_leaves_the_id_that_it_saw(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (0, READ, 1, 0), (0, ACK, 1, 7), (0, MENTION, 1, 8), (0, READ, 2, 9))
    play(serve, block, FakeLayout(clock, 2), clock)
    assert block.arguments[:4].tolist() == [ID, 7, 8, 9]  # on a miss the service writes it


def test_a_miss_goes_to_the_service_within_its_stamps(
    serve: Serve, block: Block, clock: FakeClock
) -> None:
    fill(block, (0, READ, 5, 0), (0, ACK, 5, ID), (0, MENTION, 5, 2), (0, ACK, 6, 3))
    service = play(serve, block, FakeLayout(clock, 5), clock)
    assert service.misses == [(0, READ, 5, 0), (1, ACK, 5, ID), (2, MENTION, 5, 2)]
    assert [done - start for start, done in stamps(block)] == [1_015, 1_015, 1_015, 16]


def test_a_commit_is_no_request_but_takes_its_time(
    serve: Serve, block: Block, clock: FakeClock
) -> None:
    fill(block, (0, COMMIT, 0, 250), (0, COMMIT, 0, 0), (0, ACK, 0, 1))
    layout = FakeLayout(clock)
    service = play(serve, block, layout, clock)
    assert service.commits == [250, 0]
    assert layout.calls == [("ack", 0, 1)]
    assert stamps(block) == [(10, 270), (280, 290), (300, 310)]
    assert block.arguments[:3].tolist() == [250, 0, 1]


def test_an_outcome_is_written_only_by_the_service(
    serve: Serve, block: Block, clock: FakeClock
) -> None:
    fill(block, (0, READ, 1, 0), (0, ACK, 2, 1), (0, MENTION, 3, 0), (0, COMMIT, 0, 1))
    block.outcomes[:4] = bytes([9, 9, 9, 9])
    play(serve, block, FakeLayout(clock), clock)
    assert block.outcomes[:4].tolist() == [9, 9, 9, 9]


def test_rows_beyond_the_count_are_left_alone(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (0, ACK, 1, 1), (0, ACK, 2, 2), (0, ACK, 3, 3))
    block.count = 2
    layout = FakeLayout(clock)
    play(serve, block, layout, clock)
    assert layout.calls == [("ack", 1, 1), ("ack", 2, 2)]
    assert (block.started[2], block.finished[2]) == (0, 0)
    block.count = 0
    play(serve, block, layout, clock)
    assert len(layout.calls) == 2


def test_what_goes_wrong_leaves_the_row_without_an_end(
    serve: Serve, block: Block, clock: FakeClock
) -> None:
    fill(block, (0, ACK, 1, 1), (0, ACK, 2, 2))
    layout = FakeLayout(clock)
    del layout.clock
    with pytest.raises(AttributeError):
        play(serve, block, layout, clock)
    assert block.finished[:2].tolist() == [0, 0]


# Waiting


def test_spinning_never_sleeps(block: Block, clock: FakeClock) -> None:
    fill(block, (300_000, ACK, 0, 1))
    play(LOOPS["spin"], block, FakeLayout(clock), clock)
    assert stamps(block) == [(300_000, 300_010)]
    assert clock.sleeps_ns == []


def test_sleeping_ends_100_us_before_due_and_spins_the_rest(block: Block, clock: FakeClock) -> None:
    fill(block, (1_000_000, ACK, 0, 1))
    play(LOOPS["sleep"], block, FakeLayout(clock), clock)
    # read at 10: 999,990 to go, of which the last 100,000 are spun
    assert clock.sleeps_ns == [899_990]
    assert stamps(block) == [(1_000_000, 1_000_010)]


def test_no_sleep_for_a_short_wait(block: Block, clock: FakeClock) -> None:
    fill(block, (100_010, ACK, 0, 1), (300_000, ACK, 0, 1))
    play(LOOPS["sleep"], block, FakeLayout(clock), clock)
    # the first is 100,000 away; the second is read at 100,030 first
    assert clock.sleeps_ns == [99_970]
    assert stamps(block) == [(100_010, 100_020), (300_000, 300_010)]


def test_a_sleep_that_ends_late_counts_as_queueing(block: Block, clock: FakeClock) -> None:
    clock.overslept_ns = [400_000]
    fill(block, (1_000_000, ACK, 0, 1), (1_100_000, ACK, 0, 1))
    play(LOOPS["sleep"], block, FakeLayout(clock), clock)
    assert clock.sleeps_ns == [899_990]
    assert stamps(block) == [(1_300_010, 1_300_020), (1_300_030, 1_300_040)]


def test_a_sleep_that_ends_early_is_followed_by_another(block: Block, clock: FakeClock) -> None:
    clock.overslept_ns = [-400_000]
    fill(block, (1_000_000, ACK, 0, 1))
    play(LOOPS["sleep"], block, FakeLayout(clock), clock)
    # awake at 500,000 and read at 500,010: 499,990 to go
    assert clock.sleeps_ns == [899_990, 399_990]
    assert stamps(block) == [(1_000_000, 1_000_010)]


class Seen(Witness):
    """Notes what it is asked to check, and sets the limit so far ahead."""

    def __init__(self, slow_ns: int, finished_ns: int) -> None:
        super().__init__()
        self.slow_ns, self.finished_ns = slow_ns, finished_ns
        self.limit_ns = finished_ns + slow_ns
        self.told: list[tuple[int, int]] = []

    def check(self, block: Block, i: int, finished_ns: int) -> int:
        self.told.append((i, finished_ns))
        return finished_ns + self.slow_ns


class NeverDue:
    """A policy that wants no time."""

    next_ns = 2**62

    def on_idle(self, until_ns: int) -> None:
        """Take none."""


def test_the_witness_is_called_beyond_its_limit(
    serve: Serve, block: Block, clock: FakeClock
) -> None:
    check_witness(serve, block, clock)


def test_a_policy_loop_calls_it_too(block: Block, clock: FakeClock) -> None:
    loop: Any = driver.PolicyLoop(NeverDue(), "spin")  # type: ignore[arg-type]
    check_witness(loop, block, clock)


def check_witness(serve: Serve, block: Block, clock: FakeClock) -> None:
    fill(block, (0, ACK, 60, 1), (0, ACK, 500, 1), (0, ACK, 0, 1), (0, ACK, 300, 1))
    service, witness = Service(clock), Seen(slow_ns=320, finished_ns=0)
    serve(block, FakeLayout(clock), service.miss, service.commit, witness)
    ends = [done for _, done in stamps(block)]
    expected, limit = [], 320
    for i, end in enumerate(ends):
        if end > limit:
            expected.append((i, end))
            limit = end + 320
    assert expected[0][0] == 1  # the first one ended before the limit
    assert len(expected) >= 2
    assert witness.told == expected
    assert (witness.finished_ns, witness.limit_ns) == (ends[-1], limit)


class Collecting:
    """A policy that is due once and takes its time, and takes some of every gap too."""

    def __init__(self, clock: FakeClock, due_ns: int) -> None:
        self.clock, self.next_ns = clock, due_ns
        self.told: list[tuple[str, int]] = []

    def on_time(self, now_ns: int) -> None:
        self.told.append(("time", now_ns))
        self.next_ns = 2**62
        self.clock.now_ns += 500

    def on_idle(self, until_ns: int) -> None:
        self.told.append(("idle", until_ns))
        self.clock.now_ns += 200


def test_the_time_of_a_policy_is_counted_once(block: Block, clock: FakeClock) -> None:
    policy = Collecting(clock, 0)
    loop: Any = driver.PolicyLoop(policy, "spin")  # type: ignore[arg-type]
    fill(block, (2_000, ACK, 0, 1))
    play(loop, block, FakeLayout(clock), clock)
    assert policy.told == [("time", 10), ("idle", 2_000)]
    # from 10 to 520, and from there to 730: each with the clock read that ends it
    assert loop.policy_ns == (520 - 10) + (730 - 520)
    assert stamps(block) == [(2_000, 2_010)]


def test_a_policy_that_overruns_leaves_no_idle_time(block: Block, clock: FakeClock) -> None:
    policy = Collecting(clock, 0)
    loop: Any = driver.PolicyLoop(policy, "spin")  # type: ignore[arg-type]
    fill(block, (300, ACK, 0, 1))
    play(loop, block, FakeLayout(clock), clock)
    assert policy.told == [("time", 10)]
    assert loop.policy_ns == 510
    assert stamps(block) == [(530, 540)]
