"""What a person reads of an examination."""

from __future__ import annotations

import io

from rich.console import Console

from lab.report.doctor import show_examination
from lab.runner.doctor import Examination, Finding

NOTHING: dict[str, float | None] = {"3": None, "5": None, "10": None}
EXAMINATION = Examination(
    findings=(
        Finding("cores", "2 usable of 2", "good"),
        Finding("swap", "5 of 9 MB used", "warn", "sudo swapoff -a"),
        Finding("odd", "[bold]not markup[/bold]", "info"),
    ),
    spin_ns={"p99": 1_000, "p99.9": 250_000, "p99.99": None, "max": 4_000_000},
    null_ns=None,
    core=1,
    seconds=5.0,
    ratios={
        "p99": {"3": 1.5, "5": 1.25, "10": 1.125},
        "p99.9": NOTHING,
        "p99.99": NOTHING,
        "max": {"3": 20.0, "5": 4.0, "10": 2.0},
    },
)


def shown(examination: Examination) -> list[str]:
    out = io.StringIO()
    show_examination(Console(file=out, width=120), examination)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_advice_stands_below_what_it_improves() -> None:
    lines = shown(EXAMINATION)
    at = next(number for number, line in enumerate(lines) if line.startswith(" swap"))
    assert lines[at].split() == ["swap", "warn", "5", "of", "9", "MB", "used"]
    assert lines[at + 1].strip() == "-> sudo swapoff -a"
    assert any("[bold]not markup[/bold]" in line for line in lines)


def test_the_floor_and_the_ratios_stand_by_their_figure() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in shown(EXAMINATION) if line.split()}
    assert rows["p99"] == ["1.00", "us", "1.50x", "1.25x", "1.12x"]
    assert rows["p99.9"] == ["250", "us", "-", "-", "-"]
    assert rows["p99.99"] == ["-", "-", "-", "-"]
    assert rows["max"] == ["4.00", "ms", "20.00x", "4.00x", "2.00x"]


def test_the_remarks_say_how_to_read_it() -> None:
    text = "\n".join(shown(EXAMINATION))
    assert "cannot be ranked" in text
    assert "5 slices of 1 s" in text
    assert "--seconds 25" in text
