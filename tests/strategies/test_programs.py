"""Workers in other languages: what is declared, where they are kept, how they are built."""

from __future__ import annotations

import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lab.testing import conformance
from strategies.catalogue import list_layouts, load_layout, parse, unavailable
from strategies.errors import UsageError
from strategies.native import programs
from strategies.native.programs import PROGRAMS, Program, cache_folder, program_named

LAYOUTS = {
    "go": ("go", "go-flat", "go-null", "go-known-pause"),
    "rust": ("rust", "rust-flat", "rust-null", "rust-known-pause"),
}
EVERY = [(program, name) for program, names in LAYOUTS.items() for name in names]


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# --- what is declared ---------------------------------------------------------------------------


@pytest.mark.parametrize(("program", "name"), EVERY)
def test_a_layout_names_its_program(program: str, name: str) -> None:
    facts = load_layout(name).facts
    assert facts.program == program
    assert (facts.eviction == "none") == name.endswith(("-null", "-known-pause"))
    if facts.eviction != "none":
        assert facts.use
        assert facts.avoid


def test_no_other_layout_has_one() -> None:
    named = [each.name for each in list_layouts() if getattr(each.facts, "program", "")]
    assert sorted(named) == sorted(name for _, name in EVERY)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            "go",
            {
                "update": "replace",
                "pending": "record",
                "gogc": "100",
                "memlimit": "",
                "forced": 0,
                "procs": 1,
            },
        ),
        (
            "go:in-place,coalesce,off,512MiB,2s,2",
            {
                "update": "in-place",
                "pending": "coalesce",
                "gogc": "off",
                "memlimit": "512MiB",
                "forced": 2_000_000_000,
                "procs": 2,
            },
        ),
        (
            "go-flat:gogc=400",
            {"pending": "record", "gogc": "400", "memlimit": "", "forced": 0, "procs": 1},
        ),
        ("go-null:2", {"procs": 2}),
        ("go-known-pause:10ms", {"pause": 10_000_000, "every": 1_000_000_000}),
        ("rust:in-place", {"update": "in-place", "pending": "record"}),
        ("rust-flat", {"pending": "record"}),
        ("rust-null", {}),
        ("rust-known-pause", {"pause": 50_000_000, "every": 1_000_000_000}),
    ],
)
def test_a_program_is_told_every_option_with_its_value(
    text: str, options: dict[str, object]
) -> None:
    told = parse(text).to_json()
    assert told == {
        "layout": text.partition(":")[0],
        "options": options,
        "policy": {"name": "default", "options": {}},
    }


@pytest.mark.parametrize("name", [each.name for each in list_layouts() if each.facts])
def test_what_a_worker_is_told_of_any_layout_is_json(name: str) -> None:
    told = parse(name).to_json()
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "go+freeze",
            "strategy 'go+freeze': policies are CPython's; go takes update=replace|in-place "
            "pending=record|coalesce gogc=100 memlimit= forced=0ns procs=1",
        ),
        ("rust-null+freeze", "strategy 'rust-null+freeze': policies are CPython's; rust-null ta"),
        ("go:gogc=of", "strategy 'go:gogc=of': gogc 'of': a percentage, such as 100 or 400, or o"),
        ("go:gogc=0", "strategy 'go:gogc=0': gogc '0': a percentage"),
        ("go-flat:gogc=-5", "strategy 'go-flat:gogc=-5': gogc '-5': a percentage"),
        ("go:memlimit=1GB2", "strategy 'go:memlimit=1GB2': memlimit '1GB2': a number of bytes"),
        ("go:procs=0", "strategy 'go:procs=0': option procs '0'"),
        ("rust-flat:in-place", "strategy 'rust-flat:in-place': option pending is one of record"),
        ("go-flat:update=in-place", "strategy 'go-flat:update=in-place': unknown option 'update'"),
    ],
)
def test_what_a_program_would_refuse_is_refused_before_it_is_started(
    text: str, message: str
) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize("text", ["go+default", "rust+default", "go:memlimit=2GiB"])
def test_what_it_takes_is_taken(text: str) -> None:
    parse(text)


def test_nothing_of_it_is_in_python() -> None:
    with pytest.raises(UsageError, match="served by a program in another language"):
        parse("go").build_layout(4, 0)
    with pytest.raises(UsageError, match="check_worker"):
        conformance("go")


# --- where they are -----------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GCLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "native"


def test_the_cache_is_the_users_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCLAB_CACHE", "/here")
    assert cache_folder() == Path("/here/native")
    monkeypatch.delenv("GCLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/there")
    assert cache_folder() == Path("/there/gclab/native")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/gclab/native")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_sources_are_here(name: str) -> None:
    sources = program_named(name).sources
    assert any(path.suffix in (".go", ".rs") for path in sources.rglob("*"))


def test_an_unknown_program_is_met_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'rust'"):
        program_named("rusty")


# --- building, with a compiler that is a shell script -------------------------------------------

COMPILES = "#!/bin/sh\ncp main.src worker\nchmod +x worker\n"
REFUSES = "#!/bin/sh\necho 'compiling'\necho 'main.src:3: error: no such thing'\nexit 1\n"
FORGETS = "#!/bin/sh\necho 'all is well'\n"


@pytest.fixture
def made(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program of one file."""
    sources = tmp_path / "toy"
    sources.mkdir()
    (sources / "main.src").write_text("#!/bin/sh\necho one\n")
    monkeypatch.setattr(programs, "__file__", str(tmp_path / "programs.py"))
    return replace(
        PROGRAMS["go"],
        name="toy",
        language="Toy",
        install="https://toy.example",
        tool=str(tmp_path / "toyc"),
        version_command=(str(tmp_path / "toyc"), "--version"),
        arguments=(),
        output="worker",
    )


def install(made: Program, script: str) -> None:
    Path(made.tool).write_text(script)
    Path(made.tool).chmod(0o700)


def test_a_program_lies_under_the_hash_of_its_sources(made: Program, cache: Path) -> None:
    install(made, COMPILES)
    first = made.build()
    assert first == cache / f"toy-{made.digest()}" / "worker"
    assert first.stat().st_mode & stat.S_IXUSR
    assert made.built
    assert made.missing() is None
    (made.sources / "main.src").write_text("#!/bin/sh\necho two\n")
    assert not made.built
    assert made.build() != first
    assert first.read_text() == "#!/bin/sh\necho one\n"  # whoever runs it goes on


def test_what_a_toolchain_leaves_behind_is_no_source(made: Program) -> None:
    before = made.digest()
    (made.sources / "target").mkdir()
    (made.sources / "target" / "x").write_text("x")
    (made.sources / "Cargo.lock").write_text("x")
    (made.sources / ".gitignore").write_text("x")
    assert made.digest() == before
    (made.sources / "inner").mkdir()
    (made.sources / "inner" / "x").write_text("x")
    assert made.digest() != before


def test_nothing_is_left_of_a_build_but_the_program(made: Program, cache: Path) -> None:
    install(made, COMPILES)
    path = made.build()
    assert sorted(found for found in cache.rglob("*") if found.is_file()) == [path]
    assert os.listdir(made.sources) == ["main.src"]


def test_sources_that_do_not_compile_are_one_line_and_a_log(made: Program, cache: Path) -> None:
    install(made, REFUSES)
    with pytest.raises(UsageError) as refused:
        made.build()
    log = made.path.with_name("build.log")
    assert str(refused.value) == (
        "toy: the build failed: main.src:3: error: no such thing; all of it is in " + str(log)
    )
    assert log.read_text() == "compiling\nmain.src:3: error: no such thing\n"
    assert not made.built


def test_a_failed_build_leaves_the_program_that_was_there(made: Program) -> None:
    install(made, COMPILES)
    path = made.build()
    install(made, REFUSES)
    with pytest.raises(UsageError):
        made.build()
    assert made.built
    assert path.read_text() == "#!/bin/sh\necho one\n"


def test_a_compiler_that_makes_nothing_has_failed(made: Program) -> None:
    install(made, FORGETS)
    with pytest.raises(UsageError, match="the build failed: all is well"):
        made.build()


def test_without_a_toolchain_one_line_says_where_it_is(made: Program) -> None:
    assert made.missing() == (
        "needs its program: install Toy (https://toy.example), then gclab build toy"
    )
    with pytest.raises(UsageError, match=r"no .*toyc here: https://toy\.example has it"):
        made.build()
    assert made.compiler() == ""
    install(made, COMPILES)
    assert made.missing() == "needs its program: gclab build toy"


def test_a_built_program_needs_no_toolchain(made: Program) -> None:
    install(made, COMPILES)
    made.build()
    Path(made.tool).unlink()
    assert made.missing() is None


def test_a_cache_that_cannot_be_written_is_one_line(
    made: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(made, COMPILES)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GCLAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="GCLAB_CACHE names another folder"):
        made.build()


def test_builds_at_the_same_time_do_not_meet(made: Program) -> None:
    install(made, COMPILES.replace("chmod", "sleep 0.2\nchmod"))
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(made.build())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [made.path] * 4
    assert made.path.read_text() == "#!/bin/sh\necho one\n"


# --- what is not built --------------------------------------------------------------------------


def test_a_layout_without_its_program_is_listed_with_the_command(cache: Path) -> None:
    listed = {each.name: each for each in list_layouts()}
    for program, name in EVERY:
        line = str(listed[name].unavailable)
        assert line.startswith(f"layout {name!r} needs its program: ")
        assert line.endswith(f"gclab build {program}")
        assert listed[name].facts is not None  # it can be described all the same
        assert unavailable(f"{name}") == line


def test_what_there_is_is_available() -> None:
    assert unavailable("slots:in-place+freeze") is None
    with pytest.raises(UsageError, match="did you mean 'slots'"):
        unavailable("slot")
