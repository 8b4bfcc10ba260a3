"""`gclab docs` on a checkout: writes, finds what is stale, and refuses what it cannot make."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from made_checkout import FINDINGS, ROOT, SPIKES, made_checkout

import lab.documentation.pictures
from lab.documentation.pictures import NOT_DRAWN, PICTURES, Picture
from lab.report.charts import available
from tests.cli.in_process import gclab

IMAGE = "docs/images/percentiles.png"


@pytest.fixture(scope="module", autouse=True)
def _one_picture() -> Iterator[None]:
    """Draw one image only: each takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.documentation.pictures, "PICTURES", (Picture("percentiles", SPIKES),))
        yield


@pytest.fixture(scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = made_checkout(tmp_path_factory.mktemp("checkout"))
    done = gclab("docs", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def checkout(_written: Path, tmp_path: Path) -> Path:
    """A checkout whose documentation is fresh, for one test to spoil."""
    shutil.copytree(_written, tmp_path / "checkout", symlinks=True)
    return tmp_path / "checkout"


def docs(checkout: Path, *arguments: str) -> CompletedProcess[str]:
    return gclab("docs", *arguments, cwd=checkout)


def files(checkout: Path) -> dict[str, bytes]:
    names = [checkout / "README.md", *(checkout / "docs").rglob("*")]
    return {str(p.relative_to(checkout)): p.read_bytes() for p in names if p.is_file()}


def spoil(page: Path, old: str, new: str) -> None:
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")


def own(checkout: Path, run: str) -> Path:
    """Make a run of a checkout its own, to be changed."""
    folder = checkout / run
    folder.unlink()
    shutil.copytree(ROOT / run, folder)
    return folder


def test_writing_twice_gives_the_same_bytes(checkout: Path) -> None:
    before = files(checkout)
    done = docs(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert files(checkout) == before


def test_what_is_fresh_passes_the_check_from_anywhere(checkout: Path, tmp_path: Path) -> None:
    for done in (docs(checkout, "--check"), gclab("docs", "--check", str(checkout), cwd=tmp_path)):
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


SPOILED = {
    "README.md": (" (response time) ", " (response times) "),
    "docs/findings.md": ("100 times (100 to 100)", "900 times (100 to 100)"),
    "docs/strategies.md": ("| `slots` |", "| `slot` |"),
    "docs/validity.md": ("| `failed` |", "| `fail` |"),
    "docs/commands.md": ("`--repeats`", "`--repeat`"),
    "docs/experiments.md": ("above 10", "above 1"),
    "docs/how-it-measures.md": (" ms<!-- end -->", "0 ms<!-- end -->"),
    "docs/reading-results.md": ("Spikes: full", "Spikes: few"),
    "docs/images/README.md": ("| `results/", "| `result/"),
}


def test_every_changed_figure_is_found_and_written_anew(checkout: Path) -> None:
    before = files(checkout)
    for page, (old, new) in SPOILED.items():
        spoil(checkout / page, old, new)
    spoiled = files(checkout)

    done = docs(checkout, "--check")
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == [
        f"gclab: {page} is not what its sources say: gclab docs" for page in sorted(SPOILED)
    ]
    assert files(checkout) == spoiled

    done = docs(checkout)
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == sorted(SPOILED)
    assert files(checkout) == before


def test_one_figure_within_a_sentence_is_enough(checkout: Path) -> None:
    page = "docs/reading-results.md"
    spoil(checkout / page, " times<!-- end -->", "9 times<!-- end -->")
    done = docs(checkout, "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"gclab: {page} is not what its sources say: gclab docs\n"


def test_a_changed_run_makes_all_that_quotes_it_stale(checkout: Path) -> None:
    path = own(checkout, SPIKES) / "trials" / "01-slots" / "trial.json"
    trial = json.loads(path.read_text())
    trial["response_ns"]["p99.9"] *= 2
    path.write_text(json.dumps(trial))

    done = docs(checkout, "--check")

    assert done.returncode == 1
    stale = [line.split()[1] for line in done.stderr.splitlines()]
    assert {"README.md", "docs/reading-results.md", "docs/images/README.md"} <= set(stale)
    assert "docs/strategies.md" not in stale
    assert "docs/findings.md" not in stale


def test_what_is_deleted_or_edited_is_missed_and_written_again(checkout: Path) -> None:
    before = files(checkout)
    image = checkout / IMAGE
    image.write_bytes(image.read_bytes() + b"\0")
    done = docs(checkout, "--check")
    assert (done.returncode, done.stderr.split()[1]) == (1, "docs/images/README.md")
    for name in (IMAGE, "docs/commands.md"):
        (checkout / name).unlink()
    done = docs(checkout, "--check")
    assert done.returncode == 1
    assert {line.split()[1] for line in done.stderr.splitlines()} == {
        "docs/commands.md",
        "docs/images/README.md",
    }
    assert docs(checkout).returncode == 0
    assert files(checkout) == before


def test_an_unknown_run_is_named_with_its_page_and_the_rest_is_written(checkout: Path) -> None:
    page = checkout / "docs" / "reading-results.md"
    spoil(page, f"figures: gclab report {SPIKES}", "figures: gclab report results/reference/nope")
    spoil(checkout / "docs" / "validity.md", "| `failed` |", "| `fail` |")
    text = page.read_text(encoding="utf-8")
    for arguments in (("--check",), ()):
        done = docs(checkout, *arguments)
        assert done.returncode == 2
        assert (
            "gclab: docs/reading-results.md: mark 'gclab report results/reference/nope --details': "
            "results/reference/nope is no run: run.json: No such file or directory\n" in done.stderr
        )
        assert "Traceback" not in done.stderr
    assert page.read_text(encoding="utf-8") == text
    assert done.stdout == "docs/validity.md\n"


def test_a_run_that_is_missing_altogether_is_named_for_every_page(checkout: Path) -> None:
    shutil.rmtree(checkout / FINDINGS)
    done = docs(checkout, "--check")
    assert done.returncode == 2
    assert "gclab: docs/findings.md: mark " in done.stderr
    assert f"{FINDINGS} is no run" in done.stderr


@pytest.mark.parametrize("missing", ["docs", "results/reference", "README.md"])
def test_a_folder_that_is_no_checkout_is_one_line(checkout: Path, missing: str) -> None:
    path = checkout / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    for arguments in ((), ("--check",)):
        done = docs(checkout, *arguments)
        assert done.returncode == 2
        assert done.stderr == (
            f"gclab: . is no checkout of gclab: it has no {missing}; give the folder of one\n"
        )


def test_every_chart_has_an_image_of_one_run_or_a_reason() -> None:
    charts = [*(picture.chart for picture in PICTURES), *NOT_DRAWN]
    assert sorted(charts) == list(available())
