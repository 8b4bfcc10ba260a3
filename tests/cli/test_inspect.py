"""``gclab inspect``: figures that are known from what the layouts are made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gclab import gclab

NAMES = ("slots", "flat-array", "slots+freeze", "null", "./hides.py")
ENTRIES = 20_000
HIDES = '''
from array import array
from strategies.interface import layout
from strategies.layouts.null import Null

kept = []  # in the module, which the walk does not enter; it stands for a C structure

@layout("hides", sees="nothing", eviction="approximate", rehash="unseen")
class Hides(Null):
    """Keeps every key where the collector sees it, and says nothing of it itself."""

    def insert(self, key, message_id, mentions, changed):
        kept.append(key)
        return False

    def __len__(self):
        return len(kept)
'''


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("inspect")
    (folder / "hides.py").write_text(HIDES)
    done = gclab("inspect", *NAMES, "--entries", str(ENTRIES), "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema"], found["entries"]) == (1, ENTRIES)
    return {row["strategy"]: row for row in found["strategies"]}


def test_tracked_objects_and_bytes(inspected: dict[str, dict[str, Any]]) -> None:
    slots, flat = inspected["slots"], inspected["flat-array"]
    assert slots["entries"] == flat["entries"] == ENTRIES
    assert slots["tracked_per_entry"] == pytest.approx(1, abs=0.01)
    assert flat["tracked_per_entry"] == pytest.approx(0, abs=0.01)
    # 40 bytes of columns and an index of 4 bytes a place; 150 is less than any object with a dict
    assert 30 < flat["traced_bytes_per_entry"] < 60
    assert slots["traced_bytes_per_entry"] > 150
    assert slots["rss_bytes_per_entry"] > flat["rss_bytes_per_entry"]


def test_what_the_collector_walks(inspected: dict[str, dict[str, Any]]) -> None:
    walked = {name: row["walked"] for name, row in inspected.items()}
    assert walked == {
        "slots": True,
        "slots+freeze": True,
        "flat-array": False,
        "null": False,
        "./hides.py": False,
    }


def test_cycles(inspected: dict[str, dict[str, Any]]) -> None:
    cycles = {
        name: (row["cycle_through_key"], row["cycle_through_value"])
        for name, row in inspected.items()
    }
    assert cycles["slots"] == ("freed", "freed")
    assert cycles["flat-array"] == cycles["null"] == ("not kept", "not kept")
    assert cycles["./hides.py"] == ("leaks", "not kept")


def test_how_far_re_hashes_are_known(inspected: dict[str, dict[str, Any]]) -> None:
    assert {name: row["rehash"] for name, row in inspected.items()} == {
        "slots": "counted",
        "slots+freeze": "counted",
        "flat-array": "none",
        "null": "none",
        "./hides.py": "unseen",
    }
    assert inspected["./hides.py"]["rehash_ns"] is None


def test_the_table_tells_unseen_re_hashes_from_none(tmp_path: Path) -> None:
    (tmp_path / "hides.py").write_text(HIDES)
    done = gclab("inspect", "null", "./hides.py", "--entries", "2k", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if "ns" in line or "us" in line]
    seen = {row[0]: "seen" in row for row in rows if row[0] in ("null", "./hides.py")}
    assert seen == {"null": False, "./hides.py": True}


def test_times(inspected: dict[str, dict[str, Any]]) -> None:
    slots, flat, frozen = (inspected[name] for name in ("slots", "flat-array", "slots+freeze"))
    assert slots["aged_full_ns"] > slots["process_full_ns"] > 0
    assert slots["aged_full_ns_per_entry"] > flat["aged_full_ns_per_entry"]
    assert frozen["aged_full_ns"] < frozen["fresh_full_ns"]
    assert flat["rehash_ns"] is None
    assert slots["rehash_ns"] > 0
    assert slots["drop_ns"] > 0


def test_the_table_and_a_strategy_that_fails(tmp_path: Path) -> None:
    (tmp_path / "hides.py").write_text(HIDES.replace("kept.append(key)", "raise OSError('full')"))
    done = gclab("inspect", "slots", "./hides.py", "--entries", "2k", cwd=tmp_path)
    assert done.returncode == 1
    assert "2k entries" in done.stdout
    assert "freed" in done.stdout
    assert "./hides.py failed: full" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["slts"], "did you mean 'slots'?"),
        (["slots", "--entries", "0"], "above 0"),
        (["slots", "--entries", "900G"], "fewer --entries"),
        (["./nowhere.py"], "no layout file"),
        ([], "strategies"),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = gclab("inspect", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
