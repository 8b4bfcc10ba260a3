"""The benchmark of the benchmark: what the timed loop costs by itself."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic_ns

import numpy as np

from lab.runner.resources import pinned_to_worker_core
from lab.stores.memory import memory_store
from lab.trial.block import Block, BlockFile
from lab.trial.driver import serve_spinning
from lab.trial.service import ReadStates
from lab.trial.witness import Witness
from lab.workload.read_states import Mix
from strategies.catalogue import parse

BLOCK_SIZE, BLOCKS_PER_SLICE = 16_384, 8


@dataclass(frozen=True)
class HarnessCost:
    """Medians over paired slices; nanoseconds per operation."""

    driver_ns: float
    bare_ns: float
    ratio: float
    rounds: int

    def to_json(self) -> dict[str, float]:
        """Return the figures for ``gclab bench harness --json``."""
        return asdict(self)


def bare(block: Block) -> None:
    """Read the clock twice and store two integers through memoryviews: the floor."""
    now, started, finished = monotonic_ns, block.started, block.finished
    for i in range(block.count):
        started[i] = now()
        finished[i] = now()


def measure_harness(rounds: int) -> HarnessCost:
    """Time the driver (null layout, closed loop, prefilled blocks) against the bare loop.

    Slices of both alternate in one process on one core, so that a slow stretch of the machine
    meets both; the ratio is the median of the paired ratios.
    """
    with prefilled_block() as block:
        layout = parse("null").build_layout(1, 0)
        service = ReadStates(layout, memory_store(1, dense=True), 1)
        witness = Witness()
        pairs = []
        for _ in range(rounds + 1):
            begin = monotonic_ns()
            for _ in range(BLOCKS_PER_SLICE):
                serve_spinning(block, layout, service.miss, service.commit, witness)
            middle = monotonic_ns()
            for _ in range(BLOCKS_PER_SLICE):
                bare(block)
            pairs.append((middle - begin, monotonic_ns() - middle))
    pairs = pairs[1:]  # the first one warms up
    operations = BLOCK_SIZE * BLOCKS_PER_SLICE
    return HarnessCost(
        driver_ns=statistics.median(driver for driver, _ in pairs) / operations,
        bare_ns=statistics.median(floor for _, floor in pairs) / operations,
        ratio=statistics.median(driver / floor for driver, floor in pairs),
        rounds=rounds,
    )


@contextmanager
def prefilled_block() -> Iterator[Block]:
    """Give one full block of the default mix, on the core that a worker would get."""
    with tempfile.TemporaryDirectory() as folder, pinned_to_worker_core():
        path = Path(folder) / "harness.block"
        file = BlockFile.create(path, blocks=1, block_size=BLOCK_SIZE, gc_capacity=1)
        block = file.blocks[0]
        rng = np.random.default_rng(1)
        block.count = BLOCK_SIZE
        np.asarray(block.keys)[:] = rng.integers(0, 600_000, BLOCK_SIZE)
        np.asarray(block.arguments)[:] = np.arange(BLOCK_SIZE, dtype=np.uint64) + (1 << 60)
        np.asarray(block.operations)[:] = Mix().draw(rng, BLOCK_SIZE)
        yield block
