"""The page's file: whole or not at all, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.report.html import PAGE_NAME, html_page, write_page
from strategies.errors import UsageError
from tests.report.html.made_page import finding, page_run


def test_the_page_goes_into_the_runs_folder_and_replaces_an_older_one(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")
    path = write_page(stored, [finding()])

    assert path == stored.folder / PAGE_NAME
    assert "Title of L1" in path.read_text()
    assert write_page(stored) == path
    assert path.read_text() == html_page(stored)
    assert sorted(each.name for each in stored.folder.iterdir()) == [
        "report.html",
        "run.json",
        "trials",
    ]


def test_another_file_is_left_as_it_is(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")
    mine = tmp_path / "mine.html"
    mine.write_text("<!doctype html><title>mine</title>")

    with pytest.raises(UsageError, match=r"mine\.html is no page of gclab's.*--out FILE"):
        write_page(stored, path=mine)
    assert mine.read_text() == "<!doctype html><title>mine</title>"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")

    with pytest.raises(UsageError, match=r"is a folder: use --out FILE"):
        write_page(stored, path=tmp_path)
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere; use --out FILE"):
        write_page(stored, path=tmp_path / "nowhere" / "page.html")


def test_a_read_only_run_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = page_run(tmp_path / "run")
    # root may write everywhere: the answer that others get is made up
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(UsageError, match=r"its folder is read-only; use --out FILE"):
        write_page(stored)


def test_a_disk_that_fails_leaves_the_older_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = page_run(tmp_path / "run")
    before = write_page(stored).read_text()

    def full(self: Path, *arguments: object, **options: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UsageError, match="No space left on device; use --out FILE"):
        write_page(stored, [finding()])
    assert (stored.folder / PAGE_NAME).read_text() == before
