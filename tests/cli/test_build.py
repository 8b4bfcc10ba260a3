"""``gclab build`` and what the other verbs say where nothing is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gclab import COMMAND, ENVIRONMENT, SMALL

from strategies.native.programs import PROGRAMS

COPIES = "#!/bin/sh\ncase $1 in version) echo 'made up 1.2';; *) cp go.mod worker;; esac\n"
REFUSES = "#!/bin/sh\necho 'main.go:7: error: no such thing'; exit 2\n"


def gclab(
    *arguments: str, cwd: Path, path: str = "/usr/bin:/bin", home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    places = {"PATH": path, "GCLAB_CACHE": str(home or cwd / "cache")}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, **places},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def compiler(folder: Path, script: str) -> str:
    """Put a compiler of Go that is a shell script on a path."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "go").write_text(script)
    (tools / "go").chmod(0o700)
    return f"{tools}:/usr/bin:/bin"


def test_what_was_built_is_said_with_its_place_and_compiler(tmp_path: Path) -> None:
    done = gclab("build", "go", cwd=tmp_path, path=compiler(tmp_path, COPIES))
    (worker,) = (tmp_path / "cache").rglob("worker")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"go: {worker}, ")
    assert done.stdout.endswith(" s, made up 1.2\n")


def test_without_a_name_all_that_there_is_a_toolchain_for(tmp_path: Path) -> None:
    done = gclab("build", "--json", cwd=tmp_path, path=compiler(tmp_path, COPIES))
    (row,) = json.loads(done.stdout)
    assert (row["program"], row["compiler"]) == ("go", "made up 1.2")
    assert Path(row["path"]).is_file()
    assert done.stderr == "left out: rust: no cargo here: https://rustup.rs has it\n"


def test_sources_that_do_not_compile_are_one_line_and_exit_1(tmp_path: Path) -> None:
    done = gclab("build", cwd=tmp_path, path=compiler(tmp_path, REFUSES))
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("gclab: go: the build failed: main.go:7: error: no such thing; all of ")
    assert Path(line.rpartition(" ")[2]).read_text() == "main.go:7: error: no such thing\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build",), "go: no go here: https://go.dev/dl has it; rust: no cargo here"),
        (("build", "rust"), "rust: no cargo here: https://rustup.rs has it"),
        (("build", "zig"), "zig"),
        (("run", "-s", "go", *SMALL), "layout 'go' needs its program: install Go (https://go.dev"),
        (("run", "-s", "rust-null"), "layout 'rust-null' needs its program: install Rust (https"),
        (("run", "-s", "go+freeze"), "policies are CPython's; go takes update=replace|in-place"),
        (
            ("inspect", "slots", "go"),
            "go is served by a program in another language: gclab in",
        ),
    ],
)
def test_what_is_not_there_is_one_line_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = gclab(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_a_list_names_the_command(tmp_path: Path) -> None:
    done = gclab("list", "strategies", "--json", cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["go-flat"]["what it is"].startswith("unavailable: layout 'go-flat' needs its")
    assert rows["go-flat"]["what it is"].endswith("then gclab build go")
    assert rows["go"]["options"].startswith("update=replace|in-place pending=record|coalesce gogc=")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_trial_of_each_program(tmp_path: Path, name: str) -> None:
    program = PROGRAMS[name]
    if not program.built:
        if not program.has_toolchain:
            pytest.skip(f"no {program.tool} here")
        program.build()
    home = program.path.parents[2]
    done = gclab(
        *("run", "-s", name, "-s", f"{name}-flat", "-s", "slots", *SMALL),
        *("--payload", "16", "--miss-penalty", "5us", "--workers", "1", "--json"),
        cwd=tmp_path,
        home=home,
    )
    assert done.returncode == 0, done.stderr
    first, flat, slots = json.loads(done.stdout)["trials"]
    assert [each["status"] for each in (first, flat, slots)] == ["ok"] * 3
    assert first["checksum"] == flat["checksum"] == slots["checksum"]
    assert first["verified"]
    assert first["runtime"]["name"] == program.language
    assert first["runtime"]["version"]
    assert not any(warning["code"] == "clock_fault" for warning in first["warnings"])
    assert set(first["gc"]) == set(slots["gc"])
    if name == "go":
        assert set(first["gc_cpu"]) == {"assist_s", "background_s", "pause_s"}
        assert first["gc"]["explicit"] >= 1  # the one after warm-up
    else:
        assert (first["gc_cpu"], first["gc"]["pauses"], first["gc"]["cycles"]) == (None, 0, 0)
    assert os.listdir(tmp_path / "results")


def test_several_workers_of_a_program_are_one_trial(tmp_path: Path) -> None:
    program = PROGRAMS["rust"]
    if not program.built and not program.has_toolchain:
        pytest.skip(f"no {program.tool} here")
    if not program.built:
        program.build()
    home = program.path.parents[2]
    done = gclab(
        *("run", "-s", "rust", *SMALL, "--workers", "2", "--json"), cwd=tmp_path, home=home
    )
    assert done.returncode == 0, done.stderr
    (trial,) = json.loads(done.stdout)["trials"]
    assert (trial["status"], trial["workers"]) == ("ok", 2)


def test_a_worker_that_is_no_program_fails_and_the_others_go_on(tmp_path: Path) -> None:
    path = compiler(tmp_path, COPIES)
    gclab("build", "go", cwd=tmp_path, path=path)
    (worker,) = (tmp_path / "cache").rglob("worker")
    worker.write_text(f"#!{sys.executable}\nprint('hello', flush=True)\ninput()\n")
    worker.chmod(0o700)
    done = gclab("run", "-s", "go", "-s", "slots", *SMALL, "--json", cwd=tmp_path, path=path)
    assert done.returncode == 1
    go, slots = json.loads(done.stdout)["trials"]
    assert (go["status"], slots["status"]) == ("failed", "ok")
    assert go["reason"] == "the worker answered b'hello', not a JSON object"
