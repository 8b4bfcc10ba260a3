from __future__ import annotations

import os
import select
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lab.runner.process import (
    QUIET_LIBRARIES,
    WorkerFailedError,
    WorkerProcess,
    block_folder,
    worker_command,
)

READ_SPEC = "import json, os, sys; spec = json.loads(sys.stdin.readline())\n"
ECHO = READ_SPEC + (
    "while (token := os.read(spec['ready_fd'], 1)):\n"
    "    os.write(spec['done_fd'], bytes([token[0] + 100]))\n"
)


def command(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def until(worker: WorkerProcess, enough: Any, timeout_s: float = 20.0) -> None:
    """Wait for the worker's pipes until ``enough()``; fail rather than hang."""
    deadline = time.monotonic() + timeout_s
    while not enough():
        assert time.monotonic() < deadline
        select.select([worker.done, worker.answers], [], [], 0.05)


def first_lines(worker: WorkerProcess) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []

    def came() -> bool:
        lines.extend(worker.lines())
        return bool(lines)

    until(worker, came)
    return lines


def reason(code: str) -> str:
    """Run a worker that ends before its time and return what is said of it."""
    with pytest.raises(WorkerFailedError) as error, WorkerProcess(command(code), {}) as worker:
        until(worker, worker.tokens)
    message = str(error.value)
    assert "\n" not in message
    return message


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# --- what ended it ------------------------------------------------------------------------------


def test_a_killed_worker_is_named_with_the_usual_cause() -> None:
    assert reason(READ_SPEC + "os.kill(os.getpid(), 9)") == (
        "the worker was killed by SIGKILL; out of memory?"
    )


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGTERM", "SIGABRT"])
def test_another_signal_is_named(name: str) -> None:
    code = (
        READ_SPEC + "import resource, signal\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"os.kill(os.getpid(), signal.{name})"
    )
    assert reason(code) == f"the worker was killed by {name}"


def test_a_real_time_signal_without_a_name_has_a_number() -> None:
    assert reason(READ_SPEC + "os.kill(os.getpid(), 40)") == "the worker was killed by signal 40"


def test_a_traceback_on_standard_error_is_its_last_line() -> None:
    assert reason(READ_SPEC + "raise ValueError('no such thing')") == (
        "the worker ended with exit code 1: ValueError: no such thing"
    )


@pytest.mark.parametrize("code", [0, 3])
def test_a_silent_end_is_an_exit_code(code: int) -> None:
    assert reason(READ_SPEC + f"os._exit({code})") == f"the worker ended with exit code {code}"


def test_a_worker_that_ends_before_it_read_its_spec() -> None:
    assert reason("raise SystemExit('wrong version')") == (
        "the worker ended with exit code 1: wrong version"
    )


def test_the_reason_of_a_crash_and_not_its_stack_is_said() -> None:
    stack = "fatal error: out of memory\n\ngoroutine 1:\nmain.main()\n\tworker.go:7 +0x1d"
    said = reason(READ_SPEC + f"sys.stderr.write({stack!r}); os._exit(2)")
    assert said == "the worker ended with exit code 2: fatal error: out of memory"


def test_a_worker_that_says_why_is_believed() -> None:
    code = READ_SPEC + "print(json.dumps({'event': 'failed', 'reason': 'disk full'})); sys.exit(1)"
    assert reason(code) == "disk full"
    code = READ_SPEC + "print(json.dumps({'event': 'failed', 'reason': 'a\\n  b\\n'})); sys.exit(1)"
    assert reason(code) == "a b"


@pytest.mark.parametrize("answer", ["{'event': 'failed'}", "{'event': 'failed', 'reason': ''}"])
def test_a_failure_without_a_reason_is_still_one(answer: str) -> None:
    code = READ_SPEC + f"print(json.dumps({answer})); sys.exit(1)"
    assert reason(code) == "the worker failed without a reason"


@pytest.mark.parametrize("garbage", ["hello", "{", "42", "null", '["event"]', "caf\\xe9"])
def test_garbage_on_standard_output_is_quoted(garbage: str) -> None:
    said = reason(
        READ_SPEC + "print(json.dumps({'event': 'ready'}), flush=True)\n"
        f"os.write(1, b'{garbage}\\n')"
    )
    assert said.startswith("the worker answered b")
    assert garbage.partition("\\")[0] in said
    assert said.endswith("not a JSON object")


def test_long_garbage_is_cut() -> None:
    assert len(reason(READ_SPEC + "print('x' * 5_000)")) < 200


def test_a_missing_interpreter() -> None:
    with pytest.raises(WorkerFailedError) as error:
        WorkerProcess(["/nowhere/python3.99", "x.py"], {})
    assert str(error.value) == "/nowhere/python3.99: No such file or directory"


def test_an_interpreter_that_cannot_be_run(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("not a program", encoding="ascii")
    with pytest.raises(WorkerFailedError, match="Permission denied"):
        WorkerProcess([str(path)], {})


def test_a_worker_that_never_started_leaves_nothing_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(WorkerFailedError):
        WorkerProcess(["/nowhere/python3.99"], {})
    # more than a pipe holds: the write fails when the reader is gone
    with pytest.raises(WorkerFailedError, match="exit code 4"):
        WorkerProcess(command("import os; os._exit(4)"), {"long": "x" * 1_000_000})
    assert len(os.listdir("/proc/self/fd")) == before


# --- talking ------------------------------------------------------------------------------------


def test_tokens_go_there_and_come_back_in_order() -> None:
    came = b""
    with WorkerProcess(command(ECHO), {}) as worker:
        assert worker.tokens() == b""  # none yet: it does not wait
        for token in (1, 2, 3):
            worker.send(token)
        while len(came) < 3:
            select.select([worker.done], [], [], 10)
            came += worker.tokens()
    assert came == bytes([101, 102, 103])


def test_a_token_to_a_worker_that_is_gone_says_why_it_is_gone() -> None:
    with WorkerProcess(command(READ_SPEC + "os._exit(5)"), {}) as worker:
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # its pipes are closed then
        with pytest.raises(WorkerFailedError, match="exit code 5"):
            worker.send(1)


def test_the_spec_arrives_with_the_descriptors() -> None:
    code = READ_SPEC + (
        "print(json.dumps({'event': 'ready', 'spec': spec}), flush=True)\n"
        "os.read(spec['ready_fd'], 1)"
    )
    with WorkerProcess(command(code), {"strategy": "slöts", "capacity": 3}) as worker:
        lines = first_lines(worker)
    spec = lines[0]["spec"]
    assert (spec["strategy"], spec["capacity"]) == ("slöts", 3)
    assert isinstance(spec["ready_fd"], int)
    assert isinstance(spec["done_fd"], int)


def test_lines_may_come_in_pieces() -> None:
    code = READ_SPEC + (
        'os.write(1, b\'{"event": "re\')\n'
        "os.write(spec['done_fd'], b'x'); os.read(spec['ready_fd'], 1)\n"
        'os.write(1, b\'ady"}\\n{"event": "warm"}\\n{\')\n'
        "os.write(spec['done_fd'], b'y')\n"
        "os.read(spec['ready_fd'], 1)"
    )
    with WorkerProcess(command(code), {}) as worker:
        until(worker, worker.tokens)
        assert worker.lines() == []
        worker.send(1)
        until(worker, worker.tokens)
        assert worker.lines() == [{"event": "ready"}, {"event": "warm"}]
        assert worker.lines() == []


def test_numerical_libraries_get_one_thread() -> None:
    code = READ_SPEC + (
        f"print(json.dumps({{name: os.environ.get(name) for name in {list(QUIET_LIBRARIES)!r}}}))"
    )
    with WorkerProcess(command(code), {}) as worker:
        lines = first_lines(worker)
    assert lines == [dict.fromkeys(QUIET_LIBRARIES, "1")]


# --- the end ------------------------------------------------------------------------------------


def test_leaving_ends_a_worker_that_waits_for_tokens() -> None:
    with WorkerProcess(command(ECHO), {}) as worker:
        pid = worker.pid
        assert not gone(pid)
    assert gone(pid)


def test_leaving_with_an_error_kills_a_worker_that_hangs() -> None:
    begin = time.monotonic()
    code = READ_SPEC + "import time; time.sleep(600)"
    with suppress(KeyboardInterrupt), WorkerProcess(command(code), {}) as worker:
        pid = worker.pid
        raise KeyboardInterrupt
    assert gone(pid)
    assert time.monotonic() - begin < 9  # an orderly end would be waited for 10 s


CHILD = READ_SPEC + (
    "import subprocess, tempfile\n"
    "child = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL)\n"
    "open(tempfile.mkdtemp() + '/file', 'w').close()\n"
    "print(json.dumps({'event': 'ready', 'pid': child.pid,"
    " 'folder': tempfile.gettempdir()}), flush=True)\n"
    "token = os.read(spec['ready_fd'], 1)\n"
)
"""Starts a process, leaves a file behind, and waits for a token."""


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("", None),
        ("raise ValueError", None),
        ("os._exit(3)", None),
        ("os.kill(os.getpid(), 9)", None),
        ("", KeyboardInterrupt),
        ("import time; time.sleep(600)", KeyboardInterrupt),
    ],
)
def test_what_a_worker_started_and_left_goes_with_it(
    then: str, error: type[BaseException] | None
) -> None:
    with suppress(KeyboardInterrupt), WorkerProcess(command(CHILD + then), {}) as worker:
        (ready,) = first_lines(worker)
        assert not gone(ready["pid"])
        assert Path(ready["folder"]).is_dir()
        worker.send(1)
        if error is not None:
            raise error
    assert ended(ready["pid"])
    assert not Path(ready["folder"]).exists()


def ended(pid: int) -> bool:
    """Wait for the end of a process that is no child of ours; init may be slow to reap it."""
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] == "Z":
                return True
        time.sleep(0.01)
    return gone(pid)


def test_a_worker_that_goes_on_has_not_ended() -> None:
    with WorkerProcess(command(ECHO), {}) as worker:
        assert worker.ended(0.02) is None
        worker.hang_up()
        assert worker.ended(10) == 0
        assert worker.ended(10) == 0
        worker.kill()


def test_the_worker_is_not_in_our_session_so_that_ctrl_c_is_ours() -> None:
    with WorkerProcess(command(ECHO), {}) as worker:
        assert os.getsid(worker.pid) != os.getsid(0)


def test_block_files_go_where_they_can_be_written() -> None:
    assert os.access(block_folder(), os.W_OK)


def test_the_command_starts_the_bootstrap_of_this_lab() -> None:
    python, bootstrap, strategies = worker_command("/some/python")
    assert python == "/some/python"
    assert Path(bootstrap).is_file()
    assert (Path(strategies) / "interface.py").is_file()
