"""``gclab plot``: which charts there are of a run, and where they are written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.cli import app
from strategies.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
RUN = "results/reference/discord-spikes"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / RUN, tmp_path / "run"))


def plot(*arguments: str) -> None:
    app(["plot", *arguments], standalone_mode=False)


def test_one_chart_in_one_format(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pictures"
    plot(str(run), "--chart", "mmu", "--format", "png", "--out", str(out))
    assert [path.name for path in out.iterdir()] == ["mmu.png"]
    assert capsys.readouterr().out.split() == [str(out / "mmu.png")]


def test_all_that_apply_are_drawn_into_the_run(run: Path) -> None:
    plot(str(run), "--format", "svg")
    drawn = {path.stem for path in (run / "charts").glob("*.svg")}
    assert drawn == {
        "timeline",
        "percentiles",
        "causes",
        "mmu",
        "period",
        "tradeoff",
        "before-after",
        "decay",
    }


def test_an_unknown_chart_is_named_with_the_nearest(run: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown chart 'timelime': did you mean 'timeline'\?"):
        plot(str(run), "--chart", "timelime")


def test_a_chart_without_its_data_says_what_it_needs(run: Path) -> None:
    with pytest.raises(UsageError, match="no chart 'heatmap' of this run: it needs") as caught:
        plot(str(run), "--chart", "heatmap")
    assert "\n" not in str(caught.value)
    assert not (run / "charts").exists()


def test_the_list_says_which_apply(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot(str(run), "--list")
    said = capsys.readouterr().out
    assert "heatmap" in said
    assert "no: it needs" in " ".join(said.split())
    assert not (run / "charts").exists()
