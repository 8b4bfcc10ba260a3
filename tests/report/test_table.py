"""The lines below a run's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.report.table import remarks
from lab.store import StoredRun


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"skipped": 0, "hashed_keys": 0, "collisions": 0, "has_operations": False}, []),
        ({}, []),
        (
            {"skipped": 1_234, "hashed_keys": 5, "collisions": 2, "has_operations": True},
            [
                "trace t: its own operations were played, not the mix; accesses that are no "
                "request, skipped: 1,234; keys that are no 64-bit number, hashed: 5; keys that "
                "cannot be told from another: 2"
            ],
        ),
    ],
)
def test_what_of_a_trace_was_not_played(facts: dict[str, Any], expected: list[str]) -> None:
    stored = StoredRun(Path("run"), {"experiment": {"trials": []}, "traces": {"t": facts}}, ())
    assert list(remarks(stored)) == expected
