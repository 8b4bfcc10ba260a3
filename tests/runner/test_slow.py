from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.causes.kinds import CAUSES, KINDS
from lab.runner import slow
from lab.runner.slow import COLUMNS, FIRST, SAMPLE, SlowRequests

Rows = NDArray[np.int64]


def rows(begin: int, end: int) -> Rows:
    """Return rows of these request numbers; column c of request r is 100 r + c, causes in turn."""
    numbers = np.arange(begin, end, dtype=np.int64)
    table = numbers[:, None] * 100 + np.arange(len(COLUMNS))
    table[:, 0] = numbers
    for name, different in (("cause", len(CAUSES)), ("kind", len(KINDS)), ("queued", 2)):
        table[:, COLUMNS.index(name)] = numbers % different
    return table


def written(path: Path) -> tuple[list[str], Rows]:
    header, *lines = path.read_text(encoding="ascii").splitlines()
    table = np.array([_numbers(line.split(",")) for line in lines], np.int64)
    return header.split(","), table.reshape(-1, len(COLUMNS) + 1)


def _numbers(fields: list[str]) -> list[int]:
    named = {"cause": CAUSES, "kind": KINDS}
    for column, names in named.items():
        place = COLUMNS.index(column)
        fields[place] = str(names.index(fields[place]))
    return [int(field) for field in fields]


def collected(path: Path, count: int, seed: int = 1, cuts: tuple[int, ...] = ()) -> Rows:
    requests = SlowRequests(path, seed)
    for part in np.split(rows(0, count), cuts):
        requests.add(part)
    requests.close()
    assert requests.count == count
    return written(path)[1]


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "FIRST", 4)
    monkeypatch.setattr(slow, "SAMPLE", 10)


def test_the_file_names_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "slow.csv"
    SlowRequests(path, 1).close()
    header, table = written(path)
    assert header == [*COLUMNS, "sampled"]
    assert len(table) == 0


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "slow.csv"
    path.write_text("mine", encoding="ascii")
    with pytest.raises(FileExistsError):
        SlowRequests(path, 1)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("count", [1, 4, 5, 14])
def test_a_few_are_all_kept_whole(tmp_path: Path, count: int) -> None:
    table = collected(tmp_path / "slow.csv", count, cuts=(0, 2, 3))
    assert table[:, :-1].tolist() == rows(0, count).tolist()
    assert table[:, -1].tolist() == [0] * min(count, 4) + [1] * max(count - 4, 0)


@pytest.mark.usefixtures("_small")
def test_the_rest_is_sampled_in_the_order_of_the_requests(tmp_path: Path) -> None:
    table = collected(tmp_path / "slow.csv", 500, cuts=(3, 6, 300))
    assert table[:4, 0].tolist() == [0, 1, 2, 3]
    assert table[:, -1].tolist() == [0] * 4 + [1] * 10
    sampled = table[4:]
    assert np.all(np.diff(sampled[:, 0]) > 0)
    assert sampled[0, 0] >= 4
    for row in sampled:  # a row stays together
        assert row[:-1].tolist() == rows(int(row[0]), int(row[0]) + 1)[0].tolist()


@pytest.mark.usefixtures("_small")
def test_the_sample_does_not_depend_on_how_the_rows_came(tmp_path: Path) -> None:
    whole = collected(tmp_path / "whole.csv", 200)
    parts = collected(tmp_path / "parts.csv", 200, cuts=(1, 2, 5, 6, 13, 15, 16, 100, 199))
    assert parts.tolist() == whole.tolist()


@pytest.mark.usefixtures("_small")
def test_the_seed_decides_the_sample(tmp_path: Path) -> None:
    first = collected(tmp_path / "a.csv", 200, seed=1).tolist()
    assert collected(tmp_path / "b.csv", 200, seed=1).tolist() == first
    assert collected(tmp_path / "c.csv", 200, seed=2).tolist() != first


@pytest.mark.usefixtures("_small")
def test_each_later_request_is_sampled_with_the_same_probability(tmp_path: Path) -> None:
    later, trials = 50, 2_000
    chosen = np.zeros(later, np.int64)
    for seed in range(trials):
        path = tmp_path / f"{seed}.csv"
        table = collected(path, 4 + later, seed=seed, cuts=(10, 20, 21, 40))
        chosen += np.bincount(table[4:, 0] - 4, minlength=later)
        path.unlink()
    share = 10 / later
    expected, spread = trials * share, trials * share * (1 - share)
    assert chosen.sum() == trials * 10
    assert ((chosen - expected) ** 2 / spread).sum() < later + 4 * (2 * later) ** 0.5
    # the early and the late ones alike: this is what a wrong reservoir gets wrong
    assert chosen[:10].sum() == pytest.approx(10 * expected, rel=0.04)
    assert chosen[-10:].sum() == pytest.approx(10 * expected, rel=0.04)


def test_the_sizes_in_earnest(tmp_path: Path) -> None:
    count = FIRST + 3 * SAMPLE
    table = collected(tmp_path / "slow.csv", count, cuts=(FIRST - 1, FIRST + 2, FIRST + SAMPLE))
    assert len(table) == FIRST + SAMPLE
    assert table[:FIRST, 0].tolist() == list(range(FIRST))
    assert table[:, -1].sum() == SAMPLE
    assert len(set(table[:, 0].tolist())) == FIRST + SAMPLE
    # a third of the later ones, and of their late half as many as of the early one
    late = int((table[FIRST:, 0] >= FIRST + 3 * SAMPLE // 2).sum())
    assert late == pytest.approx(SAMPLE / 2, abs=5 * (SAMPLE / 4) ** 0.5)
