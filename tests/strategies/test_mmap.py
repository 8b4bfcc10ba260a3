"""What the mapped layout leaves in its file, whichever instruction a crash strikes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

from strategies.errors import UsageError
from strategies.layouts.mmap import MappedFlat, reopen

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_process_leaves_every_acknowledged_state(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    program = """
import json, random, sys
from strategies.layouts.mmap import MappedFlat
cache, draw, evicted = MappedFlat(50, path=sys.argv[1]), random.Random(3), None
for step in range(3_000):
    key, message_id = draw.randrange(-60, 60), draw.getrandbits(64)
    if not cache.ack(key, message_id) and cache.insert(key, message_id, step, True):
        evicted = (cache.victim[0], cache.victim[1] % 2**64, cache.victim[2])
print(json.dumps([evicted, *cache.items()]), flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    acknowledged = [tuple(state) for state in json.loads(process.stdout.readline())]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(acknowledged) == 51
    assert reopen(path)[-50:] == acknowledged[1:]
    assert reopen(path)[:-50] in ([], acknowledged[:1])  # inserted again since, or not


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("payload_bytes", [0, 20])
def test_stopped_at_any_line_the_states_are_those_before_or_after(
    tmp_path: Path, payload_bytes: int
) -> None:
    """Stops an operation at each of its lines in turn, as a kill would, and reads the file."""
    draw, stops = Random(5), 0
    for trial in range(150):
        path = tmp_path / f"cache-{trial}"
        cache = MappedFlat(4, payload_bytes=payload_bytes, path=str(path))
        truth: dict[int, tuple[int, int]] = {}
        cached: OrderedDict[int, None] = OrderedDict()
        for _ in range(draw.randrange(12)):
            operate(cache, truth, cached, draw.randrange(7), draw.getrandbits(64))
        key, message_id = draw.randrange(7), draw.getrandbits(64)
        # those in the cache, and the one that the unfinished operation may have put out
        guarded = {held: truth[held] for held in cached}
        stopped = stop_at_line(draw.randrange(45), cache, key, message_id)
        stops += stopped
        found = {held: (seen, mentions) for held, seen, mentions in reopen(path)}
        for held, state in guarded.items():
            allowed = {state, (message_id, 0)} if held == key else {state}
            assert found.get(held) in allowed, (trial, held)
        if not stopped:
            assert found[key] == (message_id, 0)
    assert stops > 50


def operate(
    cache: MappedFlat,
    truth: dict[int, tuple[int, int]],
    cached: OrderedDict[int, None],
    key: int,
    message_id: int,
) -> None:
    if not cache.ack(key, message_id) and cache.insert(key, message_id, 0, changed=True):
        del cached[cache.victim[0]]
    truth[key] = (message_id, 0)
    cached[key] = None


def stop_at_line(lines: int, cache: MappedFlat, key: int, message_id: int) -> bool:
    left = lines

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left < 0:
                raise StoppedError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        if not cache.ack(key, message_id):
            cache.insert(key, message_id, 0, changed=True)
    except StoppedError:
        return True
    finally:
        sys.settrace(before)
    return False


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    MappedFlat(4, path=str(path)).insert(-1, 2**64 - 1, 2**32 - 1, changed=True)
    with pytest.raises(UsageError, match="reopen or delete"):
        MappedFlat(4, path=str(path))
    assert reopen(path) == [(-1, 2**64 - 1, 2**32 - 1)]


def test_close_removes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    cache = MappedFlat(4, path=str(path))
    cache.close()
    cache.close()
    assert not path.exists()


def test_a_path_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory; name another path"):
        MappedFlat(4, path=str(tmp_path / "none" / "cache"))


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "holds no cache"), (b"x" * 500, "holds no cache")]
)
def test_reopen_refuses_what_is_not_its_own(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        reopen(path)
    with pytest.raises(UsageError, match="No such file"):
        reopen(tmp_path / "none")


def test_reopen_refuses_a_file_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    cache = MappedFlat(100, path=str(path))
    short = tmp_path / "short"
    short.write_bytes(path.read_bytes()[:900])
    cache.close()
    with pytest.raises(UsageError, match="cut short"):
        reopen(short)
