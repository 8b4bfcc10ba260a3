"""``gclab doctor``, the real command on this machine."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psutil
import pytest
from gclab import gclab, start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor")


def test_it_prints_findings_noise_and_effects_as_json(folder: Path) -> None:
    done = gclab("doctor", "--seconds", "1", "--json", cwd=folder)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert set(told) == {"schema", "findings", "noise_ns", "effects"}
    assert told["schema"] == 1
    names = [finding["name"] for finding in told["findings"]]
    assert len(names) == len(set(names))
    assert {"cores", "timer", "pinning", "steal", "swap", "collector", "layouts"} <= set(names)
    for finding in told["findings"]:
        assert finding["state"] in ("good", "warn", "bad", "info")
        assert finding["value"]
        assert finding["advice"] or finding["state"] in ("good", "info")
    for measured in ("spin", "null_trial"):
        figures = told["noise_ns"][measured]
        # a second has 20,000 samples: 200 beyond p99, 20 beyond p99.9, 2 beyond p99.99
        assert 0 < figures["p99"] <= figures["p99.9"] <= figures["max"] * 1.001
        assert figures["p99.99"] is None
    assert told["effects"]["repeats"] == [3, 5, 10]
    few, more, most = told["effects"]["smallest_ratio"]["p99"].values()
    assert 1 <= most <= more <= few
    assert list(folder.iterdir()) == [], "it leaves nothing behind"


def test_it_prints_a_table(folder: Path) -> None:
    done = gclab("doctor", "--seconds", "0.5", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for text in ("looked at", "cores", "noise, null trial", "cannot be ranked"):
        assert text in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--seconds", "0"), ("--seconds", "601"), ("--seconds", "soon"), ("--second",)]
)
def test_wrong_input_is_one_line_and_exit_2(arguments: tuple[str, ...], folder: Path) -> None:
    done = gclab("doctor", *arguments, cwd=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "--seconds" in done.stderr


@pytest.mark.parametrize("helper", ["noise_meter.py", "bootstrap.py"])
def test_ctrl_c_is_one_line_and_exit_130(helper: str, folder: Path) -> None:
    """Whether it comes in the measurement of the idle core, or in the null trial."""
    process = start("doctor", "--seconds", "3", cwd=folder)
    doctor = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while not (started := helpers(doctor, helper)):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert out == ""
    assert errors.splitlines() == ["gclab: interrupted"]
    assert list(folder.iterdir()) == []
    assert all(ended(each) for each in started)


def ended(process: psutil.Process) -> bool:
    """Tell whether a process is gone, or dead and waiting for a parent to notice."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def helpers(doctor: psutil.Process, file: str) -> list[psutil.Process]:
    """Return the doctor's processes that run this file."""
    found = []
    for each in doctor.children():
        try:
            if any(word.endswith(file) for word in each.cmdline()):
                found.append(each)
        except psutil.Error:
            continue
    return found
