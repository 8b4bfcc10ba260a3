"""The stored reference runs stay small: everyone who clones the project fetches them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"
DRAWN_AGAIN = "charts"


def test_all_of_them_together_are_below_three_megabytes() -> None:
    """Charts that somebody drew beside them do not count, since git ignores them."""
    assert f"/results/reference/*/{DRAWN_AGAIN}/" in (ROOT / ".gitignore").read_text().split()
    sizes = {
        path: path.stat().st_size
        for path in REFERENCE.rglob("*")
        if path.is_file() and DRAWN_AGAIN not in path.parts
    }

    largest = sorted(sizes, key=lambda path: sizes[path])[-3:]
    assert sum(sizes.values()) < 3_000_000, f"largest: {largest}"
