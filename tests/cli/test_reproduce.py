"""gclab reproduce end to end: real trials, verdicts, files, and going on after an interruption."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from lab.cli import run as run_verb
from lab.experiments import experiments_folder
from lab.findings import asked as asked_module
from lab.findings import scales as scales_module
from lab.runner import run as runner
from lab.store import load_run
from tests.cli import in_process
from tests.cli.gclab import gclab, start

TINY = ("--entries", "2k", "--duration", "0.5s", "--repeats", "1", "--again", "0")
L1 = ("slots", "slots entries=50", "slots mix=read:100 duration=0.35s")
KEYS = {
    *("id", "title", "statement", "source", "experiment", "verdict", "sentence"),
    *("quantity", "quantity_name", "unit", "interval", "evidence"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run of L1 and L7; the folder where it was begun, and its JSON."""
    cwd = tmp_path_factory.mktemp("reproduce")
    done = gclab("reproduce", *TINY, "-c", "L1", "-c", "l7", "--out", "run", "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return cwd, json.loads(done.stdout)


@pytest.fixture
def copied(ran: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of that run; the folder that it is in."""
    shutil.copytree(ran[0] / "run", tmp_path / "run")
    return tmp_path


def digests(run: Path) -> dict[str, str]:
    """Return a digest of every file of every trial."""
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.glob("trials/*/*"))
    }


def listed(run: Path) -> list[str]:
    names: list[str] = json.loads((run / "run.json").read_text())["trials"]
    return names


# --- a run --------------------------------------------------------------------------------------


def test_the_json_has_a_verdict_a_quantity_and_an_interval_for_each_claim(
    ran: tuple[Path, dict[str, Any]],
) -> None:
    _, result = ran
    assert set(result) == {"claims"}
    assert [claim["id"] for claim in result["claims"]] == ["L1", "L7"]
    for claim in result["claims"]:
        assert set(claim) == KEYS
        assert claim["verdict"] in ("reproduced", "refuted", "inconclusive")
        assert len(claim["interval"]) == 2
        assert claim["sentence"]
        assert claim["source"]
    first = result["claims"][0]["evidence"]
    pairs = [["slots", L1[1]], ["slots", L1[2]], [L1[2], "slots"]]
    assert [one["of"] for one in first] == pairs
    assert [one["must_be"] for one in first] == ["above 5", "above 5", "below 0.9"]


def test_one_round_decides_nothing_and_says_what_would(ran: tuple[Path, dict[str, Any]]) -> None:
    _, result = ran
    claim = result["claims"][0]
    assert claim["verdict"] == "inconclusive"
    assert claim["interval"] == [None, None]
    assert claim["sentence"].startswith("Not decided: ")
    # on a busy machine a trial may not even be valid, on any it may be too short for a p99.9: then
    # that is what is said
    would = ("--repeats 3", "no valid trial", "a longer --duration")
    for one in claim["evidence"]:
        assert any(words in one["missing"] for words in would), one["missing"]


def test_the_folder_has_the_findings_the_charts_and_the_page(
    ran: tuple[Path, dict[str, Any]],
) -> None:
    cwd, result = ran
    run = cwd / "run"
    stored = load_run(run)

    assert json.loads((run / "findings.json").read_text()) == result
    text = (run / "FINDINGS.md").read_text()
    assert text.startswith("# Findings\n\nOf 2 claims: 2 inconclusive.\n")
    assert "## L1: Spikes need a large cache and many allocating updates" in text
    assert "Command: `gclab reproduce --entries 2k" in text
    page = (run / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "Spikes need a large cache" in page
    assert list((run / "charts").glob("*.svg"))
    assert stored.run["status"] == "complete"
    assert [trial.label for trial in stored.trials] == list(L1)
    assert stored.run["suite"] == {
        "scale": "quick",
        "claims": ["L1", "l7"],
        "entries": "2k",
        "duration": "0.5s",
        "repeats": 1,
        "again": 0,
    }


def test_a_table_and_the_files_are_shown_and_the_estimate_before(tmp_path: Path) -> None:
    done = gclab("reproduce", *TINY, "-c", "L7", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("scale quick: 1 trials, about ")
    for words in ("CPython is among the languages", "inconclusive", "Of 1 claims: 1 inconclusive."):
        assert words in done.stdout
    for name in ("FINDINGS.md", "findings.json", "report.html"):
        assert name in done.stdout
    (run,) = (tmp_path / "results").iterdir()
    assert run.name.startswith("reproduce-quick-")


def test_a_dry_run_runs_nothing(tmp_path: Path) -> None:
    done = in_process.gclab("reproduce", "-c", "L1", "--dry-run", cwd=tmp_path)

    assert done.returncode == 0
    assert done.stderr.startswith("scale quick: 9 trials, about ")
    lines = done.stdout.splitlines()
    assert len(lines) == 9
    assert sorted(line for line in lines if line.endswith("round 1")) == [
        "slots entries=5k, round 1",
        "slots mix=read:100 duration=9.1s, round 1",
        "slots, round 1",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_stored_run_is_judged_again_and_nothing_is_run(
    copied: Path, ran: tuple[Path, dict[str, Any]]
) -> None:
    before = digests(copied / "run")
    for name in ("findings.json", "FINDINGS.md", "report.html"):
        (copied / "run" / name).unlink()
    done = in_process.gclab("reproduce", "--judge", "run", "--json", cwd=copied)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ran[1]
    assert digests(copied / "run") == before
    for name in ("findings.json", "FINDINGS.md", "report.html"):
        assert (copied / "run" / name).exists()
    shown = in_process.gclab("reproduce", "--judge", "run", cwd=copied)
    assert "Of 2 claims: 2 inconclusive." in shown.stdout
    quiet = in_process.gclab("reproduce", "--judge", "run", "--quiet", cwd=copied)
    assert (quiet.returncode, quiet.stdout) == (0, "")


# --- going on -----------------------------------------------------------------------------------


def wait_for(run: Path, trials: int, seconds: float = 90) -> None:
    """Wait until that many trials are finished and the next one is under way."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        under_way = list(run.glob("trials/.unfinished-*/*"))
        if (run / "run.json").exists() and len(listed(run)) == trials and under_way:
            return
        time.sleep(0.05)
    pytest.fail(f"{trials} trials were never finished")


def test_an_interrupted_suite_goes_on_and_leaves_what_it_has_as_it_is(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start("reproduce", *TINY, "-c", "L1", "--out", "run", cwd=tmp_path)
    wait_for(run, 1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "interrupted: what was measured is in run" in error
    assert not (run / "findings.json").exists()
    stored = load_run(run)
    assert stored.run["status"] == "interrupted"
    assert [trial.ok for trial in stored.trials] == [True, False]
    finished, interrupted = (trial.folder.name for trial in stored.trials)
    before = digests(run)

    done = gclab("reproduce", "--resume", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [claim["id"] for claim in json.loads(done.stdout)["claims"]] == ["L1"]
    stored = load_run(run)
    assert stored.run["status"] == "complete"
    assert [trial.label for trial in stored.trials] == list(L1)
    assert all(trial.ok for trial in stored.trials)
    after = digests(run)
    for path, digest in before.items():
        if path.startswith(f"trials/{finished}/"):
            assert after[path] == digest
        else:
            aside = path.replace(interrupted, f".replaced-{interrupted}")
            assert after[aside] == digest
    assert "[1/3]" not in done.stderr, "the first trial is not run again"


class Counted:
    """Stands in for the runner of a single trial, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.labels: list[str] = []
        self._real = runner._run_trial
        monkeypatch.setattr(runner, "_run_trial", self)

    def __call__(self, planned: Any, *rest: Any) -> Any:
        self.labels.append(planned.spec.label)
        return self._real(planned, *rest)


def test_a_whole_run_goes_on_with_nothing(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    before = digests(copied / "run")
    done = in_process.gclab("reproduce", "--resume", "run", cwd=copied)

    assert done.returncode == 0, done.stderr
    assert counted.labels == []
    assert digests(copied / "run") == before
    assert load_run(copied / "run").run["status"] == "complete"


def test_a_trial_that_failed_is_run_again_alone(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copied / "run"
    name = listed(run)[1]
    path = run / "trials" / name / "trial.json"
    result = json.loads(path.read_text())
    path.write_text(json.dumps(result | {"status": "failed", "reason": "it broke"}))
    counted = Counted(monkeypatch)
    done = in_process.gclab("reproduce", "--resume", "run", "--quiet", cwd=copied)

    assert done.returncode == 0, done.stderr
    assert counted.labels == [L1[1]]
    aside = run / "trials" / f".replaced-{name}" / "trial.json"
    assert json.loads(aside.read_text())["reason"] == "it broke"
    assert sorted(listed(run)) == sorted(p.name for p in (run / "trials").glob("[0-9]*"))


def test_a_process_that_died_between_two_writes_is_gone_on_with(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copied / "run"
    described = json.loads((run / "run.json").read_text())
    lost = described["trials"].pop()
    described["status"] = "running"
    (run / "run.json").write_text(json.dumps(described))
    (run / "trials" / ".unfinished-09-x").mkdir()
    counted = Counted(monkeypatch)
    done = in_process.gclab("reproduce", "--resume", "run", "--quiet", cwd=copied)

    assert done.returncode == 0, done.stderr
    assert counted.labels == [L1[2]]
    assert lost in listed(run)
    assert (run / "trials" / f".replaced-{lost}").is_dir()
    assert (run / "trials" / ".replaced-09-x").is_dir()
    # and once more: what was put aside stays where it is
    again = in_process.gclab("reproduce", "--resume", "run", "--quiet", cwd=copied)
    assert again.returncode == 0
    assert (run / "trials" / f".replaced-{lost}").is_dir()


def test_a_run_of_other_trials_is_not_gone_on_with(copied: Path) -> None:
    path = copied / "run" / "run.json"
    described = json.loads(path.read_text())
    described["experiment"]["trials"][0]["seed"] = 99
    path.write_text(json.dumps(described))
    before = digests(copied / "run")
    done = in_process.gclab("reproduce", "--resume", "run", "--quiet", cwd=copied)

    assert done.returncode == 2
    assert done.stderr == ("gclab: run is a run of other trials: it cannot be gone on with here\n")
    assert digests(copied / "run") == before


# --- what a person can get wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-c", "freze"), "unknown claim 'freze': did you mean 'freeze'?"),
        (("--scale", "quik"), "unknown scale 'quik': did you mean 'quick'?"),
        (("--entries", "many"), "--entries 'many': write a number above 0"),
        (("--duration", "long"), "--duration 'long': write a duration above 0"),
        (("-c", "L5"), "none of these claims can be tested: no trials of it at this scale"),
        (("--resume", "nowhere"), "no run 'nowhere'"),
        (("--judge", "nowhere"), "no run 'nowhere'"),
        (("--resume", "a", "--judge", "b"), "give one of them"),
        (("--resume", "a", "--repeats", "5"), "leave --scale, --claim, --entries"),
        (("--resume", "a", "--out", "b"), "--resume takes claims, sizes and folder from"),
        (("--judge", "a", "-c", "L1"), "--judge takes claims, sizes and folder from"),
        (("--judge", "a", "--scale", "full"), "--judge takes claims, sizes and folder from"),
    ],
)
def test_a_wrong_input_is_one_line(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = in_process.gclab("reproduce", *arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.startswith("gclab: ")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    done = in_process.gclab("reproduce", "-c", "L7", "--out", "out", "--quiet", cwd=tmp_path)

    assert done.returncode == 2
    assert "out exists and is not empty: nothing is overwritten" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_run_of_something_else_has_no_claims(copied: Path) -> None:
    path = copied / "run" / "run.json"
    described = json.loads(path.read_text())
    del described["suite"]
    path.write_text(json.dumps(described))
    for option in ("--judge", "--resume"):
        done = in_process.gclab("reproduce", option, "run", cwd=copied)
        assert done.returncode == 2
        assert "run is no run of 'gclab reproduce': it has no claims" in done.stderr


def test_a_claim_of_ones_own_is_one_file(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("findings", "scales"):
        shutil.copytree(experiments_folder() / folder, tmp_path / "own" / folder)
    text = (tmp_path / "own" / "findings" / "L7.toml").read_text()
    (tmp_path / "own" / "findings" / "L9.toml").write_text(
        text.replace("CPython is among the languages with such spikes", "My own claim")
    )
    for module in (asked_module, scales_module):
        monkeypatch.setattr(module, "experiments_folder", lambda: tmp_path / "own")
    path = copied / "run" / "run.json"
    described = json.loads(path.read_text())
    described["suite"]["claims"] = ["L9"]
    path.write_text(json.dumps(described))
    done = in_process.gclab("reproduce", "--judge", "run", "--json", cwd=copied)

    assert done.returncode == 0, done.stderr
    (claim,) = json.loads(done.stdout)["claims"]
    assert (claim["id"], claim["title"]) == ("L9", "My own claim")


def test_a_failed_trial_is_exit_1_and_judged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run_verb.measure

    def failing(*arguments: Any, **options: Any) -> Any:
        stored = real(*arguments, **options)
        path = stored.trials[0].folder / "trial.json"
        result = json.loads(path.read_text())
        broken = {"status": "failed", "reason": "it broke", "valid": False}
        path.write_text(json.dumps(result | broken))
        return load_run(stored.folder)

    monkeypatch.setattr("lab.cli.reproduce.measure", failing)
    done = in_process.gclab(
        "reproduce", *TINY, "-c", "L7", "--out", "run", "--json", "--quiet", cwd=tmp_path
    )

    assert done.returncode == 1
    (claim,) = json.loads(done.stdout)["claims"]
    assert claim["sentence"] == "Not decided: slots: failed in round 1: it broke."
