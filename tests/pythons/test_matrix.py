"""The worker in every other interpreter: same answers, right clocks, its collector seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from lab.pythons import Interpreter, ask, resolve
from lab.runner.process import worker_command
from lab.spec import Raw
from lab.trial.block import GC_RECORD_WORDS
from tests.pythons.fakes import script
from tests.pythons.others import EVERY_CPYTHON, EVERY_OTHER, EVERY_PYPY
from tests.runner.trial_maker import Outcome, Silent, make_trial, small_spec

LAYOUTS = (
    "slots",
    "slots:update=in-place,pending=coalesce",
    "slots:drain=rolling",
    "dict",
    "object",
    "tuple",
    "namedtuple",
    "dataclass",
    "packed",
    "pooled",
    "slots-plain",
    "slots-linked",
    "flat-array",
    "mmap",
)
"""Exact LRUs of the standard library: all of them answer alike."""
WORKLOAD: Raw = {"entries": 5_000, "commit": {"every": 2_500, "step": 100}}
LOAD: Raw = {"rate": "20k", "duration": "500ms", "warm_up": "100ms", "closed_loop": True}


def run(
    strategy: str,
    python: str,
    folder: Path,
    workload: Raw | None = None,
    load: Raw | None = None,
    *,
    verify: bool = True,
) -> Outcome:
    """Run a trial of half a second in an interpreter, on whatever core is free."""
    spec = small_spec(strategy, {**WORKLOAD, **(workload or {})}, {**LOAD, **(load or {})})
    observer = Silent()
    trial = make_trial(spec, folder, worker_command(python), observer)
    return Outcome(trial, trial.run(verify), folder, observer.phases)


@cache
def answers_here(payload_bytes: int) -> tuple[object, ...]:
    """Return what this interpreter's slots answer."""
    with TemporaryDirectory() as folder:
        workload = {"payload_bytes": payload_bytes}
        return run("slots", sys.executable, Path(folder), workload).answers


@EVERY_OTHER
@pytest.mark.parametrize("strategy", LAYOUTS)
def test_every_interpreter_answers_alike(
    python: Interpreter, strategy: str, tmp_path: Path
) -> None:
    done = run(strategy, python.path, tmp_path)
    assert done.wrong is None
    assert done.answers == answers_here(0)
    assert done.counts.clock_faults == 0


@EVERY_OTHER
@pytest.mark.parametrize("strategy", ["slots", "flat-array", "mmap"])
def test_payloads_are_intact_in_every_interpreter(
    python: Interpreter, strategy: str, tmp_path: Path
) -> None:
    done = run(strategy, python.path, tmp_path, {"payload_bytes": 20})
    assert done.wrong is None
    assert done.answers == answers_here(20)


@EVERY_OTHER
def test_the_result_says_which_interpreter_it_was(python: Interpreter, tmp_path: Path) -> None:
    ready = run("null", python.path, tmp_path, verify=False).trial.lanes[0].answers["ready"]
    runtime = ready["runtime"]
    assert (runtime["name"], runtime["version"]) == (python.implementation, python.version)
    assert runtime["collector"] == python.collector
    assert runtime.get("release", "") == python.release
    assert ready["gc"]["thresholds"] == (list(python.thresholds) or None)


@EVERY_OTHER
def test_a_known_pause_is_as_long_in_every_interpreter(python: Interpreter, tmp_path: Path) -> None:
    load = {"duration": "1s", "closed_loop": False}
    strategy = "known-pause:50ms,every=200ms"
    done = run(strategy, python.path, tmp_path, {}, load, verify=False)
    assert done.counts.clock_faults == 0
    assert done.trial.recorder is not None
    longest = done.trial.recorder.service
    pauses = [longest.percentile(100 * (1 - rank / longest.total)) for rank in range(5)]
    assert min(pauses) == pytest.approx(50e6, rel=0.02)


def generations(done: Outcome) -> dict[str, int]:
    found: Any = done.trial.events.to_json()["by_generation"]
    return {name: count for name, count in found.items() if count}


@EVERY_CPYTHON
def test_collections_of_every_generation_are_seen(python: Interpreter, tmp_path: Path) -> None:
    done = run("slots+thresholds:100,2,2", python.path, tmp_path)
    if python.collector != "generational":
        assert len(generations(done)) == 1
        return
    assert list(generations(done)) == ["0", "1", "2"]
    assert done.trial.events.explicit == 1
    assert done.trial.events.max_ns > 0


@EVERY_CPYTHON
def test_the_timed_loop_leaves_nothing_for_the_collector(
    python: Interpreter, tmp_path: Path
) -> None:
    done = run("null", python.path, tmp_path, verify=False)
    finished = done.trial.lanes[0].answers["finished"]
    assert abs(finished["gen0_after"] - finished["gen0_before"]) < 20
    assert generations(done) == {}


@EVERY_PYPY
def test_pypy_s_collections_are_seen_through_its_hooks(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYPY_GC_NURSERY", "256K")
    monkeypatch.setenv("PYPY_GC_MIN", "1M")
    done = run("slots", python.path, tmp_path, {"payload_bytes": 200}, {"duration": "2s"})
    assert set(generations(done)) == {"0", "1", "2"}
    assert done.trial.recorder is not None
    measured_ns = done.counts.last_finished_ns - done.trial.t0_ns
    assert 0 < done.trial.events.total_ns < measured_ns
    assert done.trial.events.explicit > 0

    written = np.asarray(done.trial.lanes[0].file.gc_events).reshape(-1, GC_RECORD_WORDS)
    written = written[written[:, 1] > 0]
    assert (written[:, 1] >= written[:, 0]).all()
    assert (np.diff(written[:, 1]) >= 0).all(), "the reader relies on their order"


@EVERY_PYPY
def test_what_pypy_does_not_count_is_left_out(python: Interpreter, tmp_path: Path) -> None:
    answers = run("slots", python.path, tmp_path).trial.lanes[0].answers
    assert not {"gen0_before", "gen0_after"} & set(answers["finished"])
    assert "tracked_objects" not in answers["warm"]
    assert answers["finished"]["index_epoch"] == 0


@EVERY_PYPY
@pytest.mark.parametrize("policy", ["freeze", "thresholds", "young-only", "idle", "refreeze"])
def test_a_policy_that_pypy_cannot_have_is_refused(python: Interpreter, policy: str) -> None:
    (answer,) = ask(python.path, (f"slots+{policy}",)).values()
    assert answer.reason.startswith(f"policy {policy!r} needs ")
    assert "PyPy 3." in answer.reason


@EVERY_OTHER
def test_this_interpreter_s_packages_do_not_leak(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = os.pathsep.join(path for path in sys.path if path)
    monkeypatch.setenv("PYTHONPATH", ours)
    monkeypatch.setenv("PYTHONHOME", sys.base_prefix)
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    shown = "import json, sys; json.dump(sys.path, open(sys.argv[1], 'w'))"
    tell = f'"{python.path}" -c "{shown}" "{tmp_path}/path"'
    wrapper = script(tmp_path / "python3", f'{tell} && exec "{python.path}" "$@"')
    assert run("slots", str(wrapper), tmp_path).wrong is None
    paths = json.loads((tmp_path / "path").read_text())
    assert not [path for path in paths if path and path in ours.split(os.pathsep)]


@EVERY_OTHER
def test_an_interpreter_is_found_by_name(
    python: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve(python.full).version == python.version
    assert resolve(Path(python.path).name).version == python.version


@EVERY_OTHER
def test_views_are_right_in_every_interpreter(python: Interpreter) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [python.path, str(root / "tests" / "pythons" / "views_inside.py"), str(root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
