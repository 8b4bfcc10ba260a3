"""Compares ways to write the timed loop, in alternating slices.

python -m benchmarks.loop_variants
"""

from __future__ import annotations

import statistics
from functools import partial
from time import monotonic_ns

from lab.runner.harness import BLOCKS_PER_SLICE, bare, prefilled_block
from lab.stores.memory import memory_store
from lab.trial.block import Block
from lab.trial.driver import Commit, Miss, serve_spinning
from lab.trial.service import ReadStates
from lab.trial.witness import Witness
from strategies.catalogue import parse
from strategies.interface import Layout

ROUNDS = 21


def unwitnessed(block: Block, layout: Layout, miss: Miss, commit: Commit) -> None:
    """Asks nothing about how long an operation took."""
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


def by_index(block: Block, layout: Layout, miss: Miss, commit: Commit) -> None:
    """Reads each column by index."""
    now = monotonic_ns
    read, ack, mention = layout.read, layout.ack, layout.mention
    due, keys, operations = block.due, block.keys, block.operations
    arguments, started, finished = block.arguments, block.started, block.finished
    for i in range(block.count):
        at = due[i]
        while (start := now()) < at:
            pass
        started[i] = start
        operation, key = operations[i], keys[i]
        if operation == 1:
            if not ack(key, arguments[i]):
                miss(block, i, operation, key, arguments[i])
        elif operation == 2:
            if not mention(key):
                miss(block, i, operation, key, 0)
        elif operation == 0:
            state = read(key)
            if state is None:
                miss(block, i, operation, key, 0)
            else:
                arguments[i] = state[0]
        else:
            commit(arguments[i])
        finished[i] = now()


def with_outcome(block: Block, layout: Layout, miss: Miss, commit: Commit) -> None:
    """Calls one dispatch function and writes an outcome for every operation."""
    now = monotonic_ns

    def dispatch(i: int, operation: int, key: int, argument: int) -> int:
        if operation == 1:
            return 0 if layout.ack(key, argument) else 1
        if operation == 2:
            return 0 if layout.mention(key) else 1
        if operation == 0:
            state = layout.read(key)
            if state is None:
                return 1
            block.arguments[i] = state[0]
            return 0
        commit(argument)
        return 0

    started, finished, outcomes = block.started, block.finished, block.outcomes
    for i, due, key, argument, operation in zip(
        range(block.count),
        block.due,
        block.keys,
        block.arguments,
        block.operations,
        strict=False,
    ):
        while (start := now()) < due:
            pass
        started[i] = start
        outcomes[i] = dispatch(i, operation, key, argument)
        finished[i] = now()


def main() -> None:
    """Print the median of the paired ratios to the bare loop."""
    layout = parse("null").build_layout(1, 0)
    service = ReadStates(layout, memory_store(1, dense=True), 1)
    variants = {
        "as it is": partial(serve_spinning, witness=Witness()),
        "without the question for slow operations": unwitnessed,
        "columns by index": by_index,
        "dispatch function, outcome of every operation": with_outcome,
    }
    ratios: dict[str, list[float]] = {name: [] for name in variants}
    with prefilled_block() as block:
        for _ in range(ROUNDS):
            for name, serve in variants.items():
                begin = monotonic_ns()
                for _ in range(BLOCKS_PER_SLICE):
                    serve(block, layout, service.miss, service.commit)
                middle = monotonic_ns()
                for _ in range(BLOCKS_PER_SLICE):
                    bare(block)
                ratios[name].append((middle - begin) / (monotonic_ns() - middle))
    for name, values in ratios.items():
        print(f"{statistics.median(values):5.2f}  {name}")


if __name__ == "__main__":
    main()
