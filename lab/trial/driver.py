"""The timed loops. Chosen before the clock starts; nothing in them branches on an option."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns, sleep

from lab.trial.block import Block
from strategies.interface import Layout

Miss = Callable[[Block, int, int, int, int], None]
Commit = Callable[[int], None]
Serve = Callable[[Block, Layout, Miss, Commit], None]

_WAKE_EARLY_NS = 100_000


def serve_spinning(block: Block, layout: Layout, miss: Miss, commit: Commit) -> None:
    """Serve one block, spinning until each operation is due.

    Timing model: ``started[i] = max(due[i], finished[i - 1])`` and
    ``finished[i] = started[i] + service time``, so that

        response time = finished[i] - due[i] = service time + time queued behind earlier operations

    A stall therefore delays all that is behind it and that delay is counted: due times are
    absolute and never move (no coordinated omission). In a closed loop every due time is 0 and
    only ``finished - started`` means anything. Both stamps include one clock read.

    Nothing allocated here is tracked by the collector but one iterator for a whole block. The
    loop reads columns by iteration, which is faster than by index, and writes an outcome only
    where it is not a hit.
    """
    now = monotonic_ns
    read, ack, mention = layout.read, layout.ack, layout.mention
    arguments, started, finished = block.arguments, block.started, block.finished
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
        finished[i] = now()


def serve_sleeping(block: Block, layout: Layout, miss: Miss, commit: Commit) -> None:
    """Serve one block like `serve_spinning`, but sleep until 100 us before each due time.

    For processes with other threads, which a spinning loop would starve of the GIL, and for cores
    that are shared. The last stretch is spun, since a sleep ends late.
    """
    now, early = monotonic_ns, _WAKE_EARLY_NS
    read, ack, mention = layout.read, layout.ack, layout.mention
    arguments, started, finished = block.arguments, block.started, block.finished
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
        finished[i] = now()


LOOPS: dict[str, Serve] = {"spin": serve_spinning, "sleep": serve_sleeping}
