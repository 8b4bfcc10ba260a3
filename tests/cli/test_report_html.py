"""``gclab report --html`` on stored runs whose figures are made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import gclab

from tests.report.html.made_page import page_run


def test_the_page_is_written_and_its_path_printed(tmp_path: Path) -> None:
    page_run(tmp_path / "mine")
    done = gclab("report", "mine", "--html", cwd=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "mine/report.html\n", "")
    assert "<h1>Does it?</h1>" in (tmp_path / "mine/report.html").read_text()
    assert not (tmp_path / "mine" / "charts").exists()


def test_the_page_can_be_written_elsewhere(tmp_path: Path) -> None:
    page_run(tmp_path / "mine")
    done = gclab("report", "mine", "--html", "--out", "page.html", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, "page.html\n")
    assert (tmp_path / "page.html").exists()
    assert not (tmp_path / "mine/report.html").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--out", "page.html"), "--out names the file of the page: give --html as well"),
        (("--html", "--json"), "--html writes the page alone"),
        (("--html", "--details"), "--html writes the page alone"),
        (("--html", "--rates", "5k"), "--html writes the page alone"),
        (("--html", "--out", "mine"), "mine is a folder: use --out FILE"),
        (("--html", "--out", "mine/run.json"), "mine/run.json is no page of gclab's"),
        (("--html", "--out", "no/page.html"), "there is no folder no"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    page_run(tmp_path / "mine")
    before = sorted(tmp_path.rglob("*"))
    done = gclab("report", "mine", *options, cwd=tmp_path)

    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
