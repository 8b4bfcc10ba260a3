"""What goes wrong while measuring: nothing measured is lost, nothing is left behind."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from gclab import SMALL, gclab, start

TWO_TRIALS = ("run", "-s", "null", "-s", "slots", "--entries", "2k", "--rate", "2k")


def block_files() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("gclab-*.block")}


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} never came")


def gone(before: set[str]) -> bool:
    """Wait until there is none of the block files that came since: other tests make some too."""
    deadline = time.monotonic() + 20
    made = block_files() - before
    while made & block_files() and time.monotonic() < deadline:
        time.sleep(0.1)
    return not made & block_files()


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.Error):  # the noise meter, which may be gone by now
                if any("bootstrap.py" in part for part in child.cmdline()):
                    return child
        time.sleep(0.02)
    raise AssertionError("no worker was started")


def stored_trials(cwd: Path) -> list[dict[str, Any]]:
    run = next((cwd / "results").iterdir())
    listed = json.loads((run / "run.json").read_text())["trials"]
    assert not list((run / "trials").glob(".unfinished-*"))
    return [json.loads((run / "trials" / name / "trial.json").read_text()) for name in listed]


def test_a_killed_worker_fails_its_trial_and_the_others_go_on(tmp_path: Path) -> None:
    process = start(*TWO_TRIALS, "--duration", "3s", "--json", cwd=tmp_path)
    wait_for_line(process, "[1/2] null: started")
    worker = worker_of(process)
    time.sleep(1.5)
    worker.kill()
    out, error = process.communicate(timeout=60)

    assert process.returncode == 1, error
    assert "Traceback" not in error
    first, second = json.loads(out)["trials"]
    assert first["status"] == "failed"
    assert "SIGKILL" in first["reason"]
    assert first["operations"] > 0, "what was measured before is kept"
    assert second["status"] == "ok"
    assert [trial["status"] for trial in stored_trials(tmp_path)] == ["failed", "ok"]


def test_ctrl_c_ends_the_children_and_keeps_what_was_measured(tmp_path: Path) -> None:
    before = block_files()
    process = start(*TWO_TRIALS, "--duration", "2s", cwd=tmp_path)
    wait_for_line(process, "[2/2] slots: started")
    worker = worker_of(process)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)

    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "interrupted: what was measured is in results/" in error
    assert not worker.is_running()
    assert gone(before)
    first, second = stored_trials(tmp_path)
    assert (first["status"], second["status"]) == ("ok", "failed")
    assert second["reason"] == "interrupted"
    report = gclab("report", cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    assert "slots (failed)" in report.stdout
    assert "interrupted" in report.stdout


def test_a_worker_ends_when_the_lab_is_killed(tmp_path: Path) -> None:
    process = start(*TWO_TRIALS, "--duration", "60s", cwd=tmp_path)
    wait_for_line(process, "[1/2] null: started")
    worker = worker_of(process)
    time.sleep(1)
    process.kill()
    process.communicate(timeout=10)

    # it serves what is in its ring, 1.6 s at most; then the pipe says that nobody is there
    worker.wait(timeout=20)


BROKEN = {
    "raises": ("raise KeyError(key)", r"operation 0 \(phase fill\): KeyError: "),
    "wrong type": ("return ['x', 1]", r"operation [\d,]+ \(phase age\): TypeError"),
    "grows without end": (None, r"operation [\d,]+ \(warm_up: \w+ of key \d+\): outcome 1, "),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_layout_that_breaks_the_contract_is_invalid_and_named(fault: str, tmp_path: Path) -> None:
    statement, says = BROKEN[fault]
    source = [
        "from strategies.interface import layout",
        "from strategies.layouts.slots import Slots",
        "@layout('broken', sees='all')",
        "class Broken(Slots):",
        "    '''Wrong on purpose.'''",
    ]
    if fault == "raises":
        source += ["    def read(self, key):", f"        {statement}"]
    elif fault == "wrong type":
        source += [
            "    def read(self, key):",
            "        if super().read(key) is None:",
            "            return None",
            f"        {statement}",
        ]
    else:
        source += [
            "    def __init__(self, capacity, **options):",
            "        super().__init__(capacity + 100, **options)",
        ]
    (tmp_path / "broken.py").write_text("\n".join(source) + "\n")

    done = gclab(
        *("run", "-s", "./broken.py", "-s", "slots", *SMALL, "--json"),
        cwd=tmp_path,
    )

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    broken, good = json.loads(done.stdout)["trials"]
    assert (broken["status"], good["status"]) == ("invalid", "ok")
    assert re.match(says, broken["reason"]), broken["reason"]
