"""The conformance suite for workers passes those that are right and names what others do wrong."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lab.runner.model import ReferenceModel
from lab.runner.process import worker_command
from lab.runner.verify import Checksum
from lab.testing.workers import check_worker
from lab.testing.workers.known_blocks import CAPACITY, KNOWN, Known
from lab.trial.block import EVICTED, MISS, Operation, Phase
from strategies.native.programs import program_named

HERE = Path(__file__).resolve().parent
START_BROKEN = HERE.parent / "runner" / "start_broken.py"
BROKEN = HERE.parent / "broken_layouts"
SHORT_S = 2.0


def faulty(fault: str) -> list[str]:
    python, *rest = worker_command()
    return [python, str(HERE / "faulty_worker.py"), fault, *rest]


def complaint(command: list[str], layout: str = "slots", known_pause: str = "") -> str:
    begin = time.monotonic()
    with pytest.raises(AssertionError) as failed:
        check_worker(command, layout=layout, known_pause=known_pause, limit_s=SHORT_S)
    assert time.monotonic() - begin < 30
    said = str(failed.value)
    assert "\n" not in said
    return said


# --- what is right passes -----------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["slots", "flat-array"])
def test_the_python_worker_passes(layout: str) -> None:
    check_worker(worker_command(), layout=layout, known_pause="known-pause")


def test_options_are_passed_on() -> None:
    check_worker(worker_command(), layout="slots", options={"update": "in-place"})
    said = complaint_of_options({"update": "sideways"})
    assert "sideways" in said


def complaint_of_options(options: dict[str, object]) -> str:
    with pytest.raises(AssertionError) as failed:
        check_worker(worker_command(), layout="slots", options=options, limit_s=SHORT_S)
    return str(failed.value)


def test_the_faulty_worker_without_a_fault_passes() -> None:
    check_worker(faulty("none"), layout="slots", known_pause="known-pause")


@pytest.mark.parametrize(
    ("name", "layout", "options"),
    [
        ("go", "go", {}),
        ("go", "go", {"update": "in-place", "pending": "coalesce", "procs": 2}),
        ("go", "go-flat", {}),
        ("rust", "rust", {}),
        ("rust", "rust", {"update": "in-place", "pending": "coalesce"}),
        ("rust", "rust-flat", {}),
    ],
)
def test_the_programs_pass(name: str, layout: str, options: dict[str, object]) -> None:
    program = program_named(name)
    if not program.built:
        if not program.has_toolchain:
            pytest.skip(f"no {program.tool} here")
        program.build()
    check_worker(
        worker_command(program=name),
        layout=layout,
        options=options,
        known_pause=f"{name}-known-pause",
    )


# --- what is wrong fails, for its reason --------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("dies", "serves: the worker was killed by SIGKILL; out of memory?"),
        ("hangs", "serves: phase measure: no token back for a block of 256 records within 2 s"),
        ("never-ready", "ends when the runner is gone: no answer 'ready' within 2 s"),
        ("talks", "refuses files: the worker answered b'loading...', not a JSON object"),
        (
            "other-version",
            "refuses files: a block file of version 2 is not refused within 2 s",
        ),
        ("checks-nothing", "refuses files: a block file of version 2"),
        ("all-hits", "serves: operation "),
        ("other-id", "the model says outcome"),
        ("early", "serves: phase measure: stamps break the rule 'due <= started'"),
        ("overlapping", "stamps break the rule 'one after another'"),
        ("before-it-was-sent", "stamps break the rule 'token sent <= started'"),
        ("after-it-was-back", "stamps break the rule 'finished <= token received'"),
        ("other-token", "phase fill: token 2 back, not 1"),
        ("deaf", "it goes on though the runner is gone, for 2 s"),
        ("leaves-its-file", "serves: the block file is not unlinked when 'ready' is answered"),
        ("most-recent-first", "serves: place 0 of the recency order holds key "),
        (
            "never-collects",
            "serves: no collection that was asked for is recorded at the end of the warm-up",
        ),
        ("unknown-flag", "serves: a collection has flags [8"),
        ("no-reason", "refuses files: a block file of version 2: refused without a reason"),
        ("many-lines", "refuses files: a block file of version 2: the reason has more than one"),
        ("other-pid", "serves: 'ready' says pid 1, it is "),
        ("no-runtime", "serves: 'ready' has no runtime"),
        ("no-usage", "serves: 'finished' has no usage"),
        ("few-entries", "serves: 'warm': 63 entries, not 64"),
        ("texts", "serves: 'finished': rss_bytes is 'much', not a number"),
    ],
)
def test_a_fault_is_named(fault: str, said: str) -> None:
    assert said in complaint(faulty(fault))


def test_a_pause_that_is_too_short_is_named() -> None:
    said = complaint(faulty("short-pause"), known_pause="known-pause")
    assert said.startswith("pauses for as long as it says: a pause of 50 ms takes 47.")


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("wrong-id", "the model says outcome"),
        ("wrong-victim", "the model says outcome 0"),
        ("loses-commits", "acknowledged states are not in the store"),
        ("stale-commits", "the model"),
        ("wrong-payload", "entries hold a payload that is not the one written"),
        ("raises", "serves: operation "),
    ],
)
def test_a_fault_of_the_cache_is_named(layout: str, said: str) -> None:
    python, *rest = worker_command()
    command = [python, str(START_BROKEN), *rest, str(BROKEN)]
    assert said in complaint(command, layout)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/worker"], "refuses files: /nowhere/worker: No such file or directory"),
        ([sys.executable, "-c", "pass"], "no 'failed' answer, exit code 0"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "is not refused within 2 s"),
        (
            [sys.executable, "-c", "print('{}', flush=True); import time; time.sleep(60)"],
            "is not refused within 2 s",
        ),
    ],
)
def test_a_program_that_is_no_worker_is_named(command: list[str], said: str) -> None:
    assert said in complaint(command)


# --- the blocks themselves ----------------------------------------------------------------------


@pytest.mark.parametrize("known", KNOWN)
def test_the_checksum_is_that_of_the_reference_model(known: Known) -> None:
    model = ReferenceModel(CAPACITY, known.keys, dense=known.dense)
    checksum, outcomes = Checksum(), []
    for phase, blocks in known.phases():
        for block in blocks:
            none = np.zeros(len(block), np.uint8)
            expected, seen = model.replay(block.operations, block.keys, block.arguments, none)
            if phase == Phase.MEASURE:
                checksum.answers(block.operations, expected, seen)
                outcomes.append(expected)
    order = np.fromiter(model._lru, np.int64)
    rows = [key if known.dense else model._rows[key] for key in order.tolist()]
    ids = np.array([model._ids[row] for row in rows], np.uint64)
    mentions = np.array([model._mentions[row] for row in rows], np.int64)
    checksum.items(order, ids, mentions)
    assert checksum.digest() == known.checksum
    counts = {bits: int((np.concatenate(outcomes) == bits).sum()) for bits in (0, MISS | EVICTED)}
    assert min(counts.values()) > 200  # hits, and misses that evict


@pytest.mark.parametrize("known", KNOWN)
def test_the_blocks_have_everything_in_them(known: Known) -> None:
    blocks = [block for phase, blocks in known.phases() for block in blocks]
    operations = np.concatenate([block.operations for block in blocks])
    arguments = np.concatenate([block.arguments for block in blocks])
    keys = np.concatenate([block.keys for block in blocks])
    assert set(operations.tolist()) == set(Operation)
    assert 2**64 - 1 in arguments.tolist()
    commits = arguments[operations == Operation.COMMIT]
    assert (commits == 0).sum() > 10
    assert (commits > 0).sum() > 3 * (commits == 0).sum()
    assert len(set(keys.tolist())) > 2 * CAPACITY
    assert (keys.min() < 0) != known.dense
    again = [block for phase, blocks in known.phases() for block in blocks]
    assert all((a.keys == b.keys).all() for a, b in zip(blocks, again, strict=True))
