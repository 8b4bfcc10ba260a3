"""The control meter: what the machine itself delays while nothing is measured, or beside it.

Starts `lab.trial.noise_meter` in a process of its own and turns its samples into histograms. A
meter that cannot be started, dies or is killed leaves a reason and no figures; it never raises,
since no trial may fail for it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

import lab
from lab.histogram import Histogram
from lab.runner.drain import summarise
from lab.runner.process import block_folder
from lab.trial.noise_meter import HEADER

SPIN_PERIOD_NS = 50_000
"""20,000 samples a second: the default load."""
SLEEP_PERIOD_NS = 1_000_000
STALL_NS = 100_000
"""What a sleeping meter was late by at least, for a stall of its own in the series."""
PERCENTILES = ("p99", "p99.9", "p99.99")

_STOP_S = 2.0
_GRACE_S = 10.0
_SIGNALS = {number.value: number.name for number in signal.Signals}

Int64s = NDArray[np.int64]
_NOTHING: Int64s = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Samples:
    """What a meter beside a trial saw.

    Attributes
    ----------
    histogram : Histogram or None
        Lateness of every sample in ns; None where there is no measurement.
    at_ns, late_ns : arrays of int64, shape (stalls,)
        The stalls of more than `STALL_NS`, each once however many samples fell due in it: when the
        first of those was due (CLOCK_MONOTONIC) and how late that one was. The stall thus ended at
        ``at_ns + late_ns``, and began less than a period before ``at_ns``.
    reason : str or None
        Why there is no measurement, in one line.
    real_time : bool
        Whether the meter ran at real-time priority. If not, it also waited for the lab's own work.
    """

    histogram: Histogram | None
    at_ns: Int64s
    late_ns: Int64s
    reason: str | None
    real_time: bool = False


def _ignore(reason: str) -> None:
    pass


def meter_command(mode: str, cpu: int | None, period_ns: int, samples: int = 0) -> list[str]:
    """Return the command that starts the meter, by its file and without any site-packages."""
    file = Path(lab.__file__).parent / "trial" / "noise_meter.py"
    core = "-" if cpu is None else str(cpu)
    return [sys.executable, "-I", "-S", str(file), mode, core, str(period_ns), str(samples)]


def measure_core(
    cpu: int | None, seconds: float, failed: Callable[[str], object] = _ignore
) -> Histogram:
    """Measure for some seconds what an idle, spinning worker on a core would see; blocks.

    Parameters
    ----------
    cpu : int or None
        The core; None: wherever the scheduler puts it.
    seconds : float
        How long; 20,000 samples are taken in each.
    failed : callable
        Told the reason, in one line, where there is no measurement.

    Returns
    -------
    Histogram
        Lateness in ns, `SPIN_PERIOD_NS` apart; empty where there is no measurement.
    """
    histogram = Histogram()
    samples = max(1, round(seconds * 1e9 / SPIN_PERIOD_NS))
    try:
        done = subprocess.run(
            meter_command("spin", cpu, SPIN_PERIOD_NS, samples),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds + _GRACE_S,
            start_new_session=True,  # Ctrl-C is for the runner, which then ends the meter
            check=False,
        )
    except subprocess.TimeoutExpired:
        failed("the noise meter did not come to its end")
    except OSError as error:
        failed(f"the noise meter could not be started: {error.strerror}")
    else:
        taken = _integers(done.stdout)[HEADER:]
        if reason := _reason(done.returncode, done.stderr):
            failed(reason)
        elif len(taken) != samples:
            failed(f"the noise meter took {len(taken)} of {samples} samples")
        else:
            histogram.add(taken)
    return histogram


class Beside:
    """A context manager: a sleeping meter runs on another core while the body does.

    Give it no core of a worker. Its figures are asked for after the body, with `samples`. They go
    to a nameless file in shared memory, 8 kB a second, so that nobody has to read along. The meter
    itself takes 10 MB and some 3 % of a core.

    Parameters
    ----------
    cpu : int or None
        The core; None: those of this process, which the runner has taken off the workers' cores.
    """

    def __init__(self, cpu: int | None = None) -> None:
        self._cpu = cpu
        self._process: subprocess.Popen[bytes] | None = None
        self._file: IO[bytes] | None = None
        self._reason: str | None = "the noise meter was not started"
        self._taken = _NOTHING

    @property
    def pid(self) -> int | None:
        """The meter's process id while it runs."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Beside:
        try:
            self._file = tempfile.TemporaryFile(dir=block_folder(), prefix="gclab-noise-")
            self._process = subprocess.Popen(
                meter_command("sleep", self._cpu, SLEEP_PERIOD_NS),
                stdin=subprocess.PIPE,  # closed when the runner ends, whatever ends it
                stdout=self._file,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._reason = f"the noise meter could not be started: {error.strerror}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the meter, whatever it is doing."""
        if self._process is not None:
            self._reason = _stop(self._process)
        if self._file is not None:
            if self._reason is None:
                self._file.seek(0)
                self._taken = _integers(self._file.read())
            self._file.close()
        self._process = self._file = None

    def samples(self, from_ns: int = 0, until_ns: int | None = None) -> Samples:
        """Return what was seen between two times on CLOCK_MONOTONIC.

        The smallest lateness of all, what it takes this machine to wake a process up, is no stall
        and is subtracted from each, as jHiccup does.
        """
        begin_ns, real_time = self._taken[:HEADER] if len(self._taken) > HEADER else (0, 0)
        late = self._taken[HEADER:]
        due = begin_ns + SLEEP_PERIOD_NS * np.arange(len(late), dtype=np.int64)
        inside = due >= from_ns
        if until_ns is not None:
            inside &= due < until_ns
        if not inside.any():
            reason = self._reason or "the noise meter took no sample in that time"
            return Samples(None, _NOTHING, _NOTHING, reason)
        late = late - late.min()
        histogram = Histogram()
        histogram.add(late[inside])
        stalls = np.flatnonzero(inside & _first_of_a_stall(late))
        return Samples(histogram, due[stalls], late[stalls], None, bool(real_time))


def _first_of_a_stall(late: Int64s) -> NDArray[np.bool_]:
    """Tell which samples are late by themselves, and not for the same reason as the last one."""
    first = late > STALL_NS
    # one that fell due before the last one was taken was held up by the same stall
    first[1:] &= late[:-1] < SLEEP_PERIOD_NS
    return first


def _stop(process: subprocess.Popen[bytes]) -> str | None:
    """End a sleeping meter; return what is wrong with it, in one line."""
    died = process.poll() is not None
    try:
        _, errors = process.communicate(timeout=_STOP_S)  # closes its standard input first
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "the noise meter did not end when it was told to"
    return _reason(process.returncode, errors) or ("the noise meter ended early" if died else None)


def _reason(code: int, errors: bytes) -> str | None:
    if code == 0:
        return None
    if code < 0:
        return f"the noise meter was killed by {_SIGNALS.get(-code, f'signal {-code}')}"
    last = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
    return f"the noise meter failed: {last[0]}"


def _integers(raw: bytes) -> Int64s:
    return np.frombuffer(raw[: len(raw) // 8 * 8], np.int64)


def noise_of(
    before: Histogram, after: Histogram | None, beside: Histogram | None
) -> dict[str, int | None]:
    """Return the machine's noise floor around a trial, in ns.

    Parameters
    ----------
    before, after : Histogram
        A spinning meter's on the worker's core, from `measure_core`.
    beside : Histogram or None
        A sleeping meter's on another core, from `Beside`.

    Returns
    -------
    dict
        ``p99``, ``p99.9``, ``p99.99``: of before and after together, None with fewer than 10
        samples beyond. ``max``: the largest lateness of all three, None where nothing was
        measured.
    """
    core = Histogram()
    for part in filter(None, (before, after)):
        core.merge(part)
    figures = summarise(core)
    floor: dict[str, int | None] = {
        name: None if (value := figures[name]) is None else int(value) for name in PERCENTILES
    }
    worst = [part.max for part in (core, beside) if part is not None and part.total]
    return {**floor, "max": max(worst, default=None)}
