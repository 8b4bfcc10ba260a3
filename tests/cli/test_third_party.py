"""Layouts, policies and trace formats of other packages, found by their entry points."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from gclab import COMMAND, ENVIRONMENT, ROOT, SMALL

EXAMPLE = ROOT / "tests" / "third_party"
Groups = Mapping[str, Mapping[str, str]]


def install(site: Path, name: str, groups: Groups) -> None:
    """Leave what an installer leaves: the metadata of a package beside its modules."""
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in groups.items()
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on the path with the example package installed."""
    site = tmp_path / "site"
    shutil.copytree(EXAMPLE / "gclab_example", site / "gclab_example")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    install(site, project["name"], project["entry-points"])
    return site


def gclab(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=site.parent,
        env={**ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{site}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def listing(site: Path, what: str) -> dict[tuple[str, str], str]:
    """Return what is listed: (name, package) -> what it is."""
    done = gclab(site, "list", what, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    return {(row["name"], row.get("package", "")): row["what it is"] for row in rows}


def test_they_are_listed_with_their_package(site: Path) -> None:
    layouts, policies = listing(site, "strategies"), listing(site, "policies")
    assert layouts["two-lists", "gclab-example"].startswith("OrderedDict of (numbers, payload)")
    assert layouts["slots", ""].startswith("OrderedDict of objects")
    assert policies["big-young", "gclab-example"] == "Raise the first threshold alone."
    assert listing(site, "traces")["hex-lines", ""] == "one key per line, in hexadecimal"
    assert "gclab-example" in gclab(site, "list", "strategies").stdout


def test_they_run_and_answer_like_the_others(site: Path) -> None:
    strategies = ("-s", "two-lists:pending=coalesce+big-young:50k", "-s", "slots")
    done = gclab(site, "run", *strategies, *SMALL, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(done.stdout)["trials"]
    assert ours["status"] == "ok"
    assert ours["verified"]
    for figure in ("operations", "hits", "misses", "evictions", "checksum"):
        assert ours[figure] == theirs[figure]


def test_a_trace_in_their_format_is_played(site: Path) -> None:
    (site.parent / "keys").write_text("ff\n1f\nff\n")
    trace = ("--trace", "keys", "--trace-format", "hex-lines")
    done = gclab(site, "run", "-s", "slots", *trace, *SMALL[:4], "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    (trial,) = json.loads(done.stdout)["trials"]
    assert (trial["operations"], trial["misses"]) == (3, 2)


def test_they_pass_the_public_suite(site: Path) -> None:
    code = (
        "from lab.testing import Budget, conformance; conformance('two-lists', Budget(5, 30, 300))"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code],
        cwd=site.parent,
        env={**ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{site}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_used_is_listed_with_the_reason(site: Path) -> None:
    install(
        site,
        "gclab-faulty",
        {
            "gclab.layouts": {
                "slots": "gclab_example.two_lists:TwoLists",
                "two-lists": "gclab_example.two_lists:TwoLists",
                "absent": "no_such_module:Absent",
                "other": "gclab_example.two_lists:TwoLists",
                "number": "gclab_example:__path__",
            },
            "gclab.policies": {"torn": "gclab_example.big_young:Torn"},
            "gclab.trace_formats": {
                "lirs": "gclab_example.hex_lines:HexLines",
                "gone": "no_such_module:Gone",
            },
        },
    )
    layouts, policies = listing(site, "strategies"), listing(site, "policies")
    assert layouts["slots", ""].startswith("OrderedDict of objects")
    assert "taken by the built-in layout" in layouts["slots", "gclab-faulty"]
    assert layouts["two-lists", "gclab-example"].startswith("OrderedDict of (numbers")
    assert "taken by the package 'gclab-example'" in layouts["two-lists", "gclab-faulty"]
    assert "No module named 'no_such_module'" in layouts["absent", "gclab-faulty"]
    assert "calls itself 'two-lists'" in layouts["other", "gclab-faulty"]
    assert "is no layout" in layouts["number", "gclab-faulty"]
    assert "has no attribute 'Torn'" in policies["torn", "gclab-faulty"]
    assert "no_such_module" in listing(site, "traces")["gone", ""]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("run -s absent", "No module named 'no_such_module'"),
        ("run -s two-list", "did you mean 'two-lists'?"),
        ("run -s two-lists:update=in-place", "two-lists has update=replace only"),
        ("run -s two-lists+big-yung", "did you mean 'big-young'?"),
        ("run -s slots --trace keys --trace-format gone", "No module named 'no_such_module'"),
    ],
)
def test_a_wrong_input_is_one_line(command: str, says: str, site: Path) -> None:
    install(
        site,
        "gclab-faulty",
        {
            "gclab.layouts": {"absent": "no_such_module:Absent"},
            "gclab.trace_formats": {"gone": "no_such_module:Gone"},
        },
    )
    (site.parent / "keys").write_text("1\n")
    done = gclab(site, *command.split())
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_built_in_layout_looks_at_no_other_package(site: Path) -> None:
    code = (
        "import sys; from strategies.catalogue import parse; parse('slots+freeze'); "
        "assert 'importlib.metadata' not in sys.modules"
    )
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{ROOT}:{site}"}
    subprocess.run([COMMAND[0], "-c", code], env=environment, check=True)
