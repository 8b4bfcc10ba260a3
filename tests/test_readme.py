"""What the README says to type works, at a small scale."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line
    for language, block in BLOCKS
    if language == "sh"
    for line in block.splitlines()
    if line.startswith("gclab ")
]
SMALL = ["--entries", "1k", "--rate", "5k", "--duration", "200ms"]


def gclab(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab.cli", *command],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: with a trace of their own, and one stored run."""
    folder = tmp_path_factory.mktemp("user")
    with gzip.open(folder / "requests.csv.gz", "wt", encoding="ascii") as trace:
        trace.write("key,size\n" + "".join(f"{n * n % 97},1\n" for n in range(500)))
    assert gclab(["run", "-s", "null", *SMALL, "--quiet"], folder).returncode == 0
    return folder


def test_the_readme_shows_the_commands_that_people_need() -> None:
    assert len(COMMANDS) >= 10


def words_of(command: str) -> list[str]:
    """Return a command's words, made small where it measures."""
    words = shlex.split(command)[1:]
    if words[0] == "run" and "--ramp" in words:
        words += [*SMALL[:2], "--duration", "600ms"]
    elif words[0] == "run":
        words += SMALL
    if words[0] == "reproduce" and "--dry-run" not in words:
        words += ["--entries", "1k", "--duration", "300ms", "--repeats", "1", "--claim", "L1"]
    if words[0] == "inspect":
        words += ["--entries", "1k"]
    return words


def make_way(words: list[str], folder: Path) -> None:
    """Make what a command needs from those before it, and take away what it must make itself."""
    if words[:2] == ["run", "my.toml"] and not (folder / "my.toml").exists():
        gclab(["init", "my.toml"], folder)
    if words[0] == "init":
        (folder / "my.toml").unlink(missing_ok=True)
    if "--out" in words:
        shutil.rmtree(folder / words[words.index("--out") + 1], ignore_errors=True)
    if words[0] in ("compare", "check") and not (folder / "five").exists():
        five = next(command for command in COMMANDS if command.endswith("--out five"))
        gclab(words_of(five), folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command: str, folder: Path) -> None:
    words = words_of(command)
    make_way(words, folder)

    done = gclab(words, folder)

    # figures of such small runs are real: a level may be missed, a measurement may not be valid
    may_be = {"check": (0, 3, 5), "build": (0, 2)}.get(words[0], (0,))
    assert done.returncode in may_be, done.stderr
    assert done.stdout or " has it" in done.stderr  # a compiler that is not on this path


def test_the_layout_of_the_readme_is_a_layout() -> None:
    source = next(block for language, block in BLOCKS if language == "python")
    namespace: dict[str, object] = {"__name__": "readme"}
    exec(compile(source, "README.md", "exec"), namespace)
    layout_class = namespace["Lists"]
    cache = layout_class(2, payload_bytes=4)  # type: ignore[operator]

    assert not cache.ack(1, 10)
    assert not cache.insert(1, 10, 0, True)
    assert not cache.insert(2, 20, 3, False)
    assert cache.mention(1)
    assert cache.read(2) == (20, 3)
    assert cache.insert(3, 30, 0, True)
    assert list(cache.victim) == [1, 10, 1]
    assert list(cache.items()) == [(2, 20, 3), (3, 30, 0)]
    assert cache.payload(3) == (30).to_bytes(4, "little")


def test_every_figure_of_the_documentation_comes_from_a_stored_run() -> None:
    done = gclab(["docs", "--check"], ROOT)
    assert done.returncode == 0, done.stderr
