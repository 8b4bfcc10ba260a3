"""Spawns and ends worker processes, and speaks the two pipes and the JSON lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import lab
import strategies
from lab.pythons import environment_of
from lab.trial.block import ErrorCode
from strategies.native.programs import program_named

QUIET_LIBRARIES = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
"""Numerical libraries' own threads are switched off in the measured process."""


_SIGNALS = {number.value: number.name for number in signal.Signals}
_LOOK_S = 0.005
"""How often a worker that is going is looked at."""


class WorkerFailedError(Exception):
    """The worker died, or said that it failed; the message is its reason, in one line."""


class ContractBrokenError(WorkerFailedError):
    """The layout raised or answered with a wrong type; the message names the operation."""


def block_folder() -> Path:
    """Return where block files go: shared memory where there is some."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def worker_command(python: str = sys.executable, *, program: str = "") -> list[str]:
    """Return the command that starts the worker in an interpreter, or that of a built program."""
    if program:
        return [str(program_named(program).path)]
    bootstrap = Path(lab.__file__).parent / "trial" / "bootstrap.py"
    return [python, str(bootstrap), str(Path(strategies.__file__).parent)]


def failure_of(answer: dict[str, Any]) -> WorkerFailedError | None:
    """Return the failure that an answer tells of, its reason in one line; None for any other."""
    if answer.get("event") != "failed":
        return None
    said = " ".join(str(answer.get("reason") or "").split())
    reason = said or "the worker failed without a reason"
    broken = answer.get("code") == ErrorCode.CONTRACT_BROKEN
    return ContractBrokenError(reason) if broken else WorkerFailedError(reason)


def _answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise WorkerFailedError(f"the worker answered {line[:80]!r}, not a JSON object")
    return answer


class WorkerProcess:
    """One worker: a process, two token pipes, and lines of JSON.

    It leads a session of its own: Ctrl-C is for the runner, which then ends the worker with all
    that it started. It has a folder for its temporary files, which goes with it.
    """

    def __init__(self, command: list[str], spec: dict[str, Any]) -> None:
        ready_read, self._ready = os.pipe()
        self.done, done_write = os.pipe()
        os.set_blocking(self.done, False)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._folder = tempfile.TemporaryDirectory(prefix="gclab-worker-")
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=(ready_read, done_write),
                start_new_session=True,
                env={
                    **environment_of(command[0]),
                    **QUIET_LIBRARIES,
                    "TMPDIR": self._folder.name,
                },
            )
        except OSError as error:
            os.close(self._ready)
            os.close(self.done)
            self._errors.close()
            self._folder.cleanup()
            raise WorkerFailedError(f"{command[0]}: {error.strerror}") from None
        finally:
            os.close(ready_read)
            os.close(done_write)
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise WorkerFailedError("the worker has no standard input or output")
        self.answers = stdout.fileno()
        os.set_blocking(self.answers, False)
        self._unread = b""
        line = json.dumps({**spec, "ready_fd": ready_read, "done_fd": done_write}) + "\n"
        try:
            with stdin:
                stdin.write(line.encode())
        except BrokenPipeError:
            failure = self.post_mortem()
            self.__exit__(None, None, None)
            raise failure from None

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def folder(self) -> str:
        """Where its temporary files are, as long as it is there."""
        return self._folder.name

    def send(self, token: int) -> None:
        """Pass a token to the worker."""
        try:
            os.write(self._ready, bytes([token]))
        except BrokenPipeError:
            raise self.post_mortem() from None

    def tokens(self) -> bytes:
        """Return the tokens that came back; b"" where there are none yet.

        Raises
        ------
        WorkerFailedError
            The worker is gone.
        """
        try:
            tokens = os.read(self.done, 4_096)
        except BlockingIOError:
            return b""
        if not tokens:
            raise self.post_mortem()
        return tokens

    def lines(self) -> list[dict[str, Any]]:
        """Return the answers that came since the last call."""
        try:
            while part := os.read(self.answers, 65_536):
                self._unread += part
        except BlockingIOError:
            pass
        *whole, self._unread = self._unread.split(b"\n")
        return [_answer(line) for line in whole if line]

    def post_mortem(self) -> WorkerFailedError:
        """Wait for the end of a worker that is going and say in one line what ended it."""
        code = self.ended(timeout_s=5)
        if code is None:
            return WorkerFailedError("the worker closed its pipe without a word")
        for line in self.lines():
            if failure := failure_of(line):
                return failure
        if code < 0:
            name = _SIGNALS.get(-code, f"signal {-code}")
            hint = "; out of memory?" if name == "SIGKILL" else ""
            return WorkerFailedError(f"the worker was killed by {name}{hint}")
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        # the stack of a crash comes behind its reason, where it is Go that crashed
        reasons = [line for line in lines if line.startswith(("fatal error:", "panic:"))]
        said = f": {[*lines[-1:], *reasons][-1]}" if lines else ""
        return WorkerFailedError(f"the worker ended with exit code {code}{said}")

    def hang_up(self) -> None:
        """Close the ready pipe: to the worker, the runner is gone."""
        if self._ready >= 0:
            os.close(self._ready)
            self._ready = -1

    def kill(self) -> None:
        """End the process, and whatever it started, without asking."""
        if self._process.returncode is None:  # not reaped: the number is still its own
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def ended(self, timeout_s: float) -> int | None:
        """Wait for the process to end and return its exit code; None: it goes on.

        What it leaves running, such as a server, ends with it.
        """
        deadline = time.monotonic() + timeout_s
        while self._process.returncode is None and not self._has_ended():
            if time.monotonic() > deadline:
                return None
            time.sleep(_LOOK_S)
        self.kill()
        return self._process.wait()

    def _has_ended(self) -> bool:
        """Look without reaping it."""
        asked = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, asked) is not None

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the worker, whatever it is doing."""
        self.hang_up()
        if error is not None:
            self.kill()
        if self.ended(timeout_s=10) is None:
            self.kill()
            self._process.wait()
        os.close(self.done)
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()
