"""The timed loops. Chosen before the clock starts; nothing in them branches on an option."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns, sleep
from typing import Protocol

from lab.trial.block import Block
from lab.trial.witness import Witness
from strategies.interface import TimedPolicy

Miss = Callable[[Block, int, int, int, int], None]
Commit = Callable[[int], None]


class Requests(Protocol):
    """What the timed loop calls: a layout, or what stands in front of it."""

    def read(self, key: int) -> tuple[int, int] | None:
        """As in `Layout`."""
        ...

    def ack(self, key: int, message_id: int) -> bool:
        """As in `Layout`."""
        ...

    def mention(self, key: int) -> bool:
        """As in `Layout`."""
        ...


Serve = Callable[[Block, Requests, Miss, Commit, Witness], None]

_WAKE_EARLY_NS = 100_000


def serve_spinning(
    block: Block, layout: Requests, miss: Miss, commit: Commit, witness: Witness
) -> None:
    """Serve one block, spinning until each operation is due.

    Timing model: ``started[i] = max(due[i], finished[i - 1])`` and
    ``finished[i] = started[i] + service time``, so that

        response time = finished[i] - due[i] = service time + time queued behind earlier operations

    A stall therefore delays all that is behind it and that delay is counted: due times are
    absolute and never move (no coordinated omission). In a closed loop every due time is 0 and
    only ``finished - started`` means anything. Both stamps include one clock read.

    Nothing allocated here is tracked by the collector but one iterator for a whole block. The
    loop reads columns by iteration, which is faster than by index, and writes an outcome only
    where it is not a hit. A fast operation pays one comparison for the causes of slow ones:
    whether its end lies beyond a limit, which the witness sets a fraction of a millisecond ahead
    whenever it is reached. No operation that took longer than that can miss it.
    """
    now = monotonic_ns
    read, ack, mention = layout.read, layout.ack, layout.mention
    arguments, started, finished = block.arguments, block.started, block.finished
    finish, limit = witness.finished_ns, witness.limit_ns
    for i, due, key, argument, operation in zip(
        range(block.count), block.due, block.keys, arguments, block.operations, strict=False
    ):
        while (start := now()) < due:
            pass
        started[i] = start
        if operation == 1:
            if not ack(key, argument):
                miss(block, i, operation, key, argument)
        elif operation == 2:
            if not mention(key):
                miss(block, i, operation, key, argument)
        elif operation == 0:
            state = read(key)
            if state is None:
                miss(block, i, operation, key, argument)
            else:
                arguments[i] = state[0]
        else:
            commit(argument)
        finished[i] = finish = now()
        if finish > limit:
            limit = witness.check(block, i, finish)
    witness.finished_ns, witness.limit_ns = finish, limit


def serve_sleeping(
    block: Block, layout: Requests, miss: Miss, commit: Commit, witness: Witness
) -> None:
    """Serve one block like `serve_spinning`, but sleep until 100 us before each due time.

    For processes with other threads, which a spinning loop would starve of the GIL, and for cores
    that are shared. The last stretch is spun, since a sleep ends late.
    """
    now, early = monotonic_ns, _WAKE_EARLY_NS
    read, ack, mention = layout.read, layout.ack, layout.mention
    arguments, started, finished = block.arguments, block.started, block.finished
    finish, limit = witness.finished_ns, witness.limit_ns
    for i, due, key, argument, operation in zip(
        range(block.count), block.due, block.keys, arguments, block.operations, strict=False
    ):
        while (start := now()) < due:
            if due - start > early:
                sleep((due - start - early) * 1e-9)
        started[i] = start
        if operation == 1:
            if not ack(key, argument):
                miss(block, i, operation, key, argument)
        elif operation == 2:
            if not mention(key):
                miss(block, i, operation, key, argument)
        elif operation == 0:
            state = read(key)
            if state is None:
                miss(block, i, operation, key, argument)
            else:
                arguments[i] = state[0]
        else:
            commit(argument)
        finished[i] = finish = now()
        if finish > limit:
            limit = witness.check(block, i, finish)
    witness.finished_ns, witness.limit_ns = finish, limit


LOOPS: dict[str, Serve] = {"spin": serve_spinning, "sleep": serve_sleeping}


class PolicyLoop:
    """The loop for a policy that wants time: spinning or sleeping, as it is told.

    Timing model as in `serve_spinning`, with the policy's time before ``started[i]``: what it does
    delays the requests behind it and is summed up in ``policy_ns``.
    """

    def __init__(self, policy: TimedPolicy, wait: str) -> None:
        self._policy = policy
        self._early_ns = _WAKE_EARLY_NS if wait == "sleep" else 2**62
        self.policy_ns = 0

    def __call__(  # noqa: PLR0912 - the loop of above with two more questions
        self, block: Block, layout: Requests, miss: Miss, commit: Commit, witness: Witness
    ) -> None:
        """Serve one block."""
        now, early, policy = monotonic_ns, self._early_ns, self._policy
        read, ack, mention = layout.read, layout.ack, layout.mention
        arguments, started, finished = block.arguments, block.started, block.finished
        finish, limit = witness.finished_ns, witness.limit_ns
        for i, due, key, argument, operation in zip(
            range(block.count), block.due, block.keys, arguments, block.operations, strict=False
        ):
            start = now()
            if start >= policy.next_ns:
                policy.on_time(start)
                begin, start = start, now()
                self.policy_ns += start - begin
            if start < due:
                policy.on_idle(due)
                self.policy_ns += now() - start
            while (start := now()) < due:
                if due - start > early:
                    sleep((due - start - early) * 1e-9)
            started[i] = start
            if operation == 1:
                if not ack(key, argument):
                    miss(block, i, operation, key, argument)
            elif operation == 2:
                if not mention(key):
                    miss(block, i, operation, key, argument)
            elif operation == 0:
                state = read(key)
                if state is None:
                    miss(block, i, operation, key, argument)
                else:
                    arguments[i] = state[0]
            else:
                commit(argument)
            finished[i] = finish = now()
            if finish > limit:
                limit = witness.check(block, i, finish)
        witness.finished_ns, witness.limit_ns = finish, limit
