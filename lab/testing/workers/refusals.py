"""Checks of what a worker must not serve, and of when it must end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.runner.process import WorkerProcess, block_folder
from lab.testing.workers.asked import Asked
from lab.testing.workers.session import Session
from lab.trial.block import HEADER_WORDS, ErrorCode, Phase, Word, header

_REASON_MAX = 2_000


def _whole() -> list[int]:
    return header(blocks=2, block_size=64, gc_capacity=4, evidence_capacity=4)


def _with(word: Word, value: int) -> Callable[[], bytes]:
    def content() -> bytes:
        words = _whole()
        words[word] = value
        return _file(words)

    return content


def _file(words: list[int]) -> bytes:
    front = b"".join(word.to_bytes(8, "little", signed=True) for word in words)
    return front.ljust(_whole()[Word.FILE_BYTES], b"\0")


FILES: dict[str, Callable[[], bytes]] = {
    "a block file of version 2": _with(Word.VERSION, 2),
    "a file with another magic": _with(Word.MAGIC, int.from_bytes(b"NOBLOCKS", "little")),
    "a file of another byte order": _with(Word.BYTE_ORDER, 0x0807060504030201),
    "a file with another clock": _with(Word.CLOCK, 7),
    "a file that was cut in half": lambda: _file(_whole())[: _whole()[Word.FILE_BYTES] // 2],
    "a file that is shorter than its header": lambda: _file(_whole())[: 8 * HEADER_WORDS - 8],
    "an empty file": lambda: b"",
}
"""What a worker has to refuse, by what it is called in the fault."""


def refuses_files(asked: Asked) -> None:
    """Refuse a file that is no block file of this version, with code 1."""
    for what, content in FILES.items():
        path = block_folder() / f"gclab-check-{time.time_ns():x}.block"
        path.write_bytes(content())
        try:
            code = _refused(asked, asked.spec(), path, what)
        finally:
            path.unlink(missing_ok=True)
        assert code == ErrorCode.BAD_HEADER, f"{what}: refused with code {code}, not 1"


def refuses_what_it_does_not_have(asked: Asked) -> None:
    """Refuse a layout, a policy and a store that nobody has."""
    for what, changed in (
        ("a layout that there is not", {"layout": "no-such-layout", "options": {}}),
        ("a policy that there is not", {"policy": "no-such-policy"}),
        ("a store that there is not", {"store": {"name": "no-such-store"}}),
    ):
        path = block_folder() / f"gclab-check-{time.time_ns():x}.block"
        path.write_bytes(_file(_whole()))
        try:
            _refused(asked, asked.spec(**changed), path, what)
        finally:
            path.unlink(missing_ok=True)


def _refused(asked: Asked, spec: dict[str, Any], path: Path, what: str) -> object:
    """Start the worker, see that it refuses, and return the code that it gives."""
    with WorkerProcess(asked.command, {**spec, "block_file": str(path)}) as worker:
        code = worker.ended(asked.limit_s)
        if code is None:
            worker.kill()
            raise AssertionError(f"{what} is not refused within {asked.limit_s:g} s")
        lines = worker.lines()
    failed = next((line for line in lines if line.get("event") == "failed"), None)
    assert failed is not None, f"{what}: no 'failed' answer, exit code {code}"
    _check_reason(failed, what)
    assert code == 1, f"{what}: refused with exit code {code}, not 1"
    return failed.get("code")


def _check_reason(failed: dict[str, Any], what: str) -> None:
    reason = failed.get("reason")
    assert isinstance(reason, str), f"{what}: refused without a reason"
    assert reason.strip(), f"{what}: refused without a reason"
    assert len(reason.splitlines()) == 1, f"{what}: the reason has more than one line"
    assert len(reason) <= _REASON_MAX, f"{what}: the reason has {len(reason)} characters"


def refuses_a_spec_that_is_none(asked: Asked) -> None:
    """End with exit code 1 at garbage, or nothing, in the place of the spec."""
    for what, text in (
        ("a spec that is no JSON", b"{garbage\n"),
        ("a spec that is no object", b"[1, 2]\n"),
        ("a spec without any key", b"{}\n"),
        ("no spec at all", b""),
    ):
        try:
            done = subprocess.run(
                asked.command, input=text, capture_output=True, timeout=asked.limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{what} is not refused within {asked.limit_s:g} s") from None
        assert done.returncode == 1, f"{what}: exit code {done.returncode}, not 1"
        assert b'"failed"' in done.stdout, f"{what}: no 'failed' answer"


def ends_when_the_runner_is_gone(asked: Asked) -> None:
    """End when the ready pipe is closed: at once after the start, and between blocks."""
    with Session(asked.command, asked.spec(), asked.limit_s) as session:
        session.answer("ready")
        session.worker.hang_up()
        session.exit_code("though the runner is gone")
    with Session(asked.command, asked.spec(), asked.limit_s) as session:
        session.answer("ready")
        session.end_phase(Phase.FILL)
        session.worker.hang_up()
        session.exit_code("though the runner is gone after a block")
