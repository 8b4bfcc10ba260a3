"""The main job, with real workers at a small scale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gclab import SMALL, gclab
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "schema-1.json"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One run of three strategies; its folder and its JSON."""
    cwd = tmp_path_factory.mktemp("run")
    done = gclab(
        *("run", "-s", "slots", "-s", "slots+freeze", "-s", "flat", *SMALL),
        *("--repeats", "2", "--json", "--keep-requests"),
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    return cwd, json.loads(done.stdout)


def misfits(value: Any, golden: Any, where: str = "") -> Iterator[str]:
    """Yield the places where a JSON value has other keys or kinds than the golden one.

    ``number?`` may be null; a list holds any number of what its one element shows.
    """
    if isinstance(golden, dict):
        if not isinstance(value, dict) or set(value) != set(golden):
            yield where
            return
        for key, inner in golden.items():
            yield from misfits(value[key], inner, f"{where}/{key}")
    elif isinstance(golden, list):
        for each in value:
            yield from misfits(each, golden[0], f"{where}[]")
    elif not (golden.endswith("?") and value is None) and kind(value) != golden.rstrip("?"):
        yield where


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "bool" if isinstance(value, bool) else "null"
    return "text" if isinstance(value, str) else "number"


def test_the_json_has_the_golden_shape_of_schema_1(stored: tuple[Path, dict[str, Any]]) -> None:
    _, result = stored
    golden = json.loads(GOLDEN.read_text())

    assert result["schema"] == 1
    slots = next(trial for trial in result["trials"] if trial["strategy"] == "slots")
    assert list(misfits(slots, golden)) == []
    assert list(slots) == list(golden)


def test_repeats_are_interleaved_and_answers_are_equal(
    stored: tuple[Path, dict[str, Any]],
) -> None:
    _, result = stored
    trials = result["trials"]

    assert [trial["repeat"] for trial in trials] == [1, 1, 1, 2, 2, 2]
    names = {"slots", "slots+freeze", "flat"}
    assert all({t["strategy"] for t in part} == names for part in (trials[:3], trials[3:]))
    for repeat in (1, 2):
        of_repeat = [trial for trial in trials if trial["repeat"] == repeat]
        assert len({trial["checksum"] for trial in of_repeat}) == 1
        assert len({trial["operations"] for trial in of_repeat}) == 1
    assert trials[0]["checksum"] != trials[3]["checksum"], "repeats draw other operations"
    assert all(trial["status"] == "ok" and trial["verified"] for trial in trials)


def test_hits_misses_and_percentiles_are_consistent(stored: tuple[Path, dict[str, Any]]) -> None:
    _, result = stored
    for trial in result["trials"]:
        assert trial["hits"] + trial["misses"] == trial["operations"] > 1_000
        assert trial["evictions"] == trial["misses"] > 0, "a full cache evicts at every miss"
        assert trial["commits"] >= trial["operations"] * 0.9 // 250 - 1
        for name in ("response_ns", "service_ns"):
            figures = trial[name]
            assert figures["p50"] <= figures["p90"] <= figures["p99"] <= figures["max"]
            assert figures["p99.99"] is None, "2,000 requests hold no p99.99"
        assert trial["response_ns"]["max"] >= trial["service_ns"]["max"] > 0


def test_files_are_those_of_the_contract(stored: tuple[Path, dict[str, Any]]) -> None:
    cwd, result = stored
    run = cwd / result["run"]

    assert run.parent == cwd / "results"
    assert json.loads((run / "run.json").read_text())["status"] == "complete"
    for chart in ("timeline", "percentiles"):
        assert (run / "charts" / f"{chart}.png").stat().st_size > 5_000
        assert b"<svg" in (run / "charts" / f"{chart}.svg").read_bytes()[:2_000]
    folders = sorted((run / "trials").iterdir())
    expected = [f"{n:02}-{trial['strategy']}" for n, trial in enumerate(result["trials"], 1)]
    assert [folder.name for folder in folders] == expected
    for folder, trial in zip(folders, result["trials"], strict=True):
        assert {path.name for path in folder.iterdir()} == {
            *("trial.json", "response.hlog", "service.hlog", "gc.csv", "slow.csv"),
            *("resources.csv", "requests.npy", "noise.csv"),
        }
        assert read_total(folder / "response.hlog") == trial["operations"]
        assert read_total(folder / "service.hlog") == trial["operations"]


def read_total(path: Path) -> int:
    """Count a log's values with the reader of HdrHistogram's own package."""
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000_000, 3))
    total = 0
    while (histogram := reader.get_next_interval_histogram()) is not None:
        total += histogram.get_total_count()
    return total


def test_report_shows_a_stored_run_again(stored: tuple[Path, dict[str, Any]]) -> None:
    cwd, result = stored
    for name in (result["run"], Path(result["run"]).name, "latest"):
        done = gclab("report", name, cwd=cwd)
        assert done.returncode == 0, done.stderr
        assert "slots+freeze" in done.stdout
        assert "medians over 2 trials" in done.stdout
    again = gclab("report", result["run"], "--json", cwd=cwd)
    assert json.loads(again.stdout) == result


def test_a_closed_loop_is_labelled_in_every_output(tmp_path: Path) -> None:
    done = gclab("run", "-s", "null", *SMALL, "--closed-loop", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "service time" in done.stdout
    assert "coordinated omission" in done.stdout
    run = next((tmp_path / "results").iterdir())
    trial = json.loads(next(run.glob("trials/*/trial.json")).read_text())
    assert trial["load"]["closed_loop"] is True
    assert set(trial["response_ns"].values()) == {None}
    assert "closed_loop" in [warning["code"] for warning in trial["warnings"]]
    assert "losed loop" in (run / "charts" / "percentiles.svg").read_text()


def test_quiet_says_nothing_and_no_color_means_none(tmp_path: Path) -> None:
    quiet = gclab("run", "-s", "null", *SMALL, "--quiet", cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")

    plain = gclab("run", "-s", "null", *SMALL, cwd=tmp_path)
    assert "\x1b[" not in plain.stdout + plain.stderr
    assert "[1/1] null: started" in plain.stderr


def test_a_trace_is_served_whole_once_from_an_empty_cache(tmp_path: Path) -> None:
    keys = [*range(1, 6), *range(1, 6), 9, 1]
    (tmp_path / "t.lirs").write_text("\n".join(map(str, keys)) + "\n*\n")

    done = gclab(
        *("run", "--trace", "t.lirs", "--trace-format", "lirs", "-s", "dict", "-s", "flat"),
        *("--entries", "5", "--rate", "100", "--json"),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    for trial in json.loads(done.stdout)["trials"]:
        # 1-5 miss, 1-5 hit, 9 misses and evicts 1, 1 misses and evicts 2
        assert (trial["operations"], trial["hits"], trial["misses"]) == (12, 5, 7)
        assert trial["evictions"] == 2


def test_a_measurement_that_is_not_valid_is_shown_and_under_strict_exits_with_5(
    tmp_path: Path,
) -> None:
    overload = ("run", "-s", "slots", "--entries", "1k", "--rate", "2M", "--duration", "200ms")
    relaxed = gclab(*overload, cwd=tmp_path)
    strict = gclab(*overload, "--strict", "--json", cwd=tmp_path)

    assert relaxed.returncode == 0, relaxed.stderr
    assert "slots (not valid)" in relaxed.stdout
    assert strict.returncode == 5, strict.stderr
    trial = json.loads(strict.stdout)["trials"][0]
    assert (trial["status"], trial["valid"]) == ("ok", False)
    assert "overloaded" in {w["code"] for w in trial["warnings"] if w["invalidates"]}


def test_saturation_is_a_closed_loop_beside_the_open_one(tmp_path: Path) -> None:
    done = gclab("run", "-s", "flat", *SMALL, "--saturation", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)["trials"]
    assert [(t["label"], t["load"]["closed_loop"]) for t in trials] == [
        ("flat", False),
        ("flat closed_loop", True),
    ]
    details = gclab("report", "latest", "--details", cwd=tmp_path)
    assert details.returncode == 0, details.stderr
    assert "/s" in details.stdout
