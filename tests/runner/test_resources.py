"""Cores for workers, on machines of several sizes and on one that refuses."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from lab.runner.resources import Cores, Placement


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Return what the process is bound to, call after call; nothing is really bound."""
    bound: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: bound.append(set(cores)))
    return bound


def test_workers_get_the_last_cores_and_the_lab_keeps_off_them(four_cores: list[set[int]]) -> None:
    with Cores().for_workers(2) as placement:
        assert placement == Placement([2, 3])
        assert four_cores == [{0, 1}]
    assert four_cores[-1] == {0, 1, 2, 3}


def test_as_many_workers_as_cores_share_them(four_cores: list[set[int]]) -> None:
    with Cores().for_workers(4) as placement:
        assert placement == Placement([None] * 4)
    assert four_cores == []


def test_what_is_refused_is_said_of_every_trial_that_had_cores_enough(
    four_cores: list[set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cores = Cores()

    def refuse(pid: int, wanted: Iterable[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    for _ in range(2):
        with cores.for_workers(1) as placement:
            assert placement == Placement([None], "Operation not permitted")
    with cores.for_workers(4) as placement:
        assert placement == Placement([None] * 4)
