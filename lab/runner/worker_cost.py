"""What each worker's own loop costs, measured alike: the Python one's, and those of programs.

The instrument that does nothing, in a closed loop over blocks that are filled before: of the time
from the first operation's start to the last one's end nothing is the runner's. All workers stand
ready on one core, and each round asks one after another, so that a slow stretch of the machine
meets all of them.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lab.runner.harness import BLOCK_SIZE
from lab.runner.lane import BLOCKS, NOTHING, Lane, Sent, wait_for_tokens
from lab.runner.process import worker_command
from lab.runner.resources import Cores
from lab.runner.worker_spec import WITNESSED_NS
from lab.trial.block import Phase
from lab.trial.requests import RequestShape
from lab.workload.read_states import Columns, Mix
from strategies.catalogue import parse
from strategies.native.programs import PROGRAMS

PYTHON = "null"
_KEYS = 600_000


@dataclass(frozen=True)
class WorkerCost:
    """What an operation costs a worker that does nothing in it.

    Attributes
    ----------
    strategy, runtime : str
        The instrument, and what served it: ``Rust 1.95.0``.
    ns : float
        Per operation; the median over the rounds.
    ratio : float
        To the Python worker's: the median of the rounds' own ratios.
    """

    strategy: str
    runtime: str
    ns: float
    ratio: float

    def to_json(self) -> dict[str, object]:
        """Return the figures for ``gclab bench harness --json``."""
        return asdict(self)


def instruments() -> list[str]:
    """Return the instruments that do nothing: the Python one, and those of built programs."""
    return [PYTHON, *(f"{name}-null" for name, program in PROGRAMS.items() if program.built)]


def measure_workers(rounds: int) -> list[WorkerCost]:
    """Time every worker that is there, the Python one first.

    Raises
    ------
    WorkerFailedError
        A worker died, or said that it failed.
    """
    names = instruments()
    lanes = [Lane(number, BLOCK_SIZE) for number, _ in enumerate(names)]
    took_ns: dict[str, list[int]] = {name: [] for name in names}
    try:
        with ExitStack() as stack:
            (cpu,) = stack.enter_context(Cores().for_workers(1)).cpus
            prefilled = _columns()
            loops = {}
            for name, lane in zip(names, lanes, strict=True):
                stack.enter_context(lane.start(_command(name), _spec(name, cpu)))
                loops[name] = _Loop(lane, prefilled)
            for _ in range(rounds):
                for name, loop in loops.items():
                    took_ns[name].append(loop.once())
    finally:
        for lane in lanes:
            lane.discard()
    operations = BLOCK_SIZE * BLOCKS
    return [
        WorkerCost(
            strategy=name,
            runtime=_runtime(lane),
            ns=statistics.median(took_ns[name]) / operations,
            ratio=statistics.median(
                own / python for own, python in zip(took_ns[name], took_ns[PYTHON], strict=True)
            ),
        )
        for name, lane in zip(names, lanes, strict=True)
    ]


class _Loop:
    """A worker that has its blocks and only waits for the tokens."""

    def __init__(self, lane: Lane, prefilled: Columns) -> None:
        self._lane, self._prefilled = lane, prefilled
        lane.wait_for("ready")
        for phase in (Phase.FILL, Phase.AGE):
            self._serve([lane.put(phase, NOTHING)])
        self._serve([lane.put(Phase.WARM_UP, prefilled) for _ in range(BLOCKS)])
        self._serve([lane.put(Phase.WARM_UP, NOTHING)])
        lane.wait_for("warm")

    def once(self) -> int:
        """Serve a whole ring; ns from the first start to the last end."""
        blocks = [self._lane.put(Phase.MEASURE, self._prefilled) for _ in range(BLOCKS)]
        self._serve(blocks)
        first, last = blocks[0].block, blocks[-1].block
        return int(last.finished[BLOCK_SIZE - 1] - first.started[0])

    def _serve(self, blocks: list[Sent]) -> None:
        """Pass all tokens at once and wait until every one is back."""
        for sent in blocks:
            self._lane.hand_over(sent)
        while not blocks[-1].received_ns:
            wait_for_tokens([self._lane], "bench")


def _command(strategy: str) -> list[str]:
    return worker_command(program=parse(strategy).layout_facts.program)


def _runtime(lane: Lane) -> str:
    runtime = lane.answers["ready"]["runtime"]
    return f"{runtime['name']} {runtime['version']}"


def _spec(strategy: str, cpu: int | None) -> dict[str, Any]:
    return {
        "strategy": strategy,
        **parse(strategy).to_json(),
        "capacity": 1,
        "payload_bytes": 0,
        "store": {
            "name": "memory",
            "keys": _KEYS,
            "dense": True,
            "step": 1,
            "commit": "inline",
            "miss_penalty_ns": 0,
        },
        "requests": asdict(RequestShape()),
        "wait": "spin",
        "slow_ns": WITNESSED_NS,
        "cpu": cpu,
    }


def _columns() -> Columns:
    """Return one full block of the default mix; due at once, as in a closed loop."""
    rng = np.random.default_rng(1)
    return Columns(
        np.zeros(BLOCK_SIZE, np.int64),
        rng.integers(0, _KEYS, BLOCK_SIZE),
        np.arange(BLOCK_SIZE, dtype=np.uint64) + np.uint64(1 << 60),
        Mix().draw(rng, BLOCK_SIZE),
    )
