"""``gclab report`` on stored runs whose figures are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import gclab

from tests.analysis.test_details import TWO, computed_run, constant, played, store

TITLES = (
    "Spikes: full collections",
    "Minimum mutator utilisation",
    "Deadlines: requests that took longer",
    "Cost: what the worker did",
)


def test_details_come_after_the_table_and_the_charts(tmp_path: Path) -> None:
    store(tmp_path / "mine", [(played("slots"), TWO), (played("flat"), [])])
    plain = gclab("report", "mine", cwd=tmp_path)
    done = gclab("report", "mine", "--details", cwd=tmp_path)

    assert (plain.returncode, done.returncode) == (0, 0), done.stderr
    assert "Does it?" in plain.stdout
    assert not any(title in plain.stdout for title in TITLES)
    assert done.stdout.startswith(plain.stdout)
    places = [done.stdout.index(title) for title in TITLES]
    assert places == sorted(places)
    assert list((tmp_path / "mine" / "charts").glob("*.png"))


def test_rates_are_labelled_as_computed(tmp_path: Path) -> None:
    computed_run(tmp_path / "mine", constant())
    done = gclab("report", "mine", "--rates", "5k, 10k,5k", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    table = done.stdout.partition("computed, not measured (Lindley recursion")[2]
    assert [table.count(f" {rate}/s ") for rate in ("5k", "10k")] == [1, 1]
    assert TITLES[0] not in done.stdout


def test_json_gains_what_was_asked_for_and_nothing_else(tmp_path: Path) -> None:
    stored = computed_run(tmp_path / "mine", constant())

    def keys(*options: str) -> set[str]:
        done = gclab("report", "mine", "--json", *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (trial,) = json.loads(done.stdout)["trials"]
        return set(trial)

    before = set(stored.to_json()["trials"][0])
    assert keys() == before
    assert keys("--details") - before == {"spikes", "mmu", "deadlines", "cost"}
    assert keys("--rates", "1k") - before == {"computed"}
    assert len(keys("--rates", "1k", "--details") - before) == 5
    assert not (tmp_path / "mine" / "charts").exists()


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        ("fast", "--rates 'fast'"),
        ("5k,,10k", "--rates ''"),
        ("", "--rates ''"),
        ("0", "--rates '0'"),
        ("-5k", "--rates '-5k'"),
        ("5k,1e400", "--rates '1e400'"),
        ("5x", "above 0, such as 20000, 20k or 1.5M"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_wrong_rate_is_one_line(
    tmp_path: Path, rates: str, says: str, form: tuple[str, ...]
) -> None:
    computed_run(tmp_path / "mine", constant())
    done = gclab("report", "mine", f"--rates={rates}", *form, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_run_that_rates_cannot_be_computed_from_is_one_line(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    store(tmp_path / "none", [(played(), TWO)])
    computed_run(tmp_path / "two", constant(workers=2))
    for run, says in {"none": "--keep-requests", "two": "--workers 1"}.items():
        done = gclab("report", run, "--rates", "5k", *form, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert says in line
        assert not (tmp_path / run / "charts").exists()


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reading-results.md").read_text("utf-8")
    block = page.partition("```sh\n")[2].partition("```")[0]
    computed_run(tmp_path / "my-run", constant())
    for command in block.splitlines():
        done = gclab(*command.split()[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert len(block.splitlines()) == 6


def test_every_key_of_the_json_stands_on_the_page(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reading-results.md").read_text("utf-8")
    computed_run(tmp_path / "mine", constant())
    done = gclab("report", "mine", "--json", "--details", "--rates", "1k", cwd=tmp_path)
    (trial,) = json.loads(done.stdout)["trials"]
    points = trial["computed"]["points"][0]
    for part in (trial["spikes"], trial["deadlines"][0], trial["cost"], trial["computed"], points):
        assert [key for key in part if f"`{key}`" not in page] == []
