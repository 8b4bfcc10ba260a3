"""Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

RIGHT = ">"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table; a column whose title begins with ``>`` is set to the right.

    A line break or a bar in a cell would end it: both are written so that they do not.

    >>> print(markdown_table(["what", ">how many"], [["a|b", "3"]]))
    | what | how many |
    |---|---:|
    | a\|b | 3 |
    """
    titles = [column.removeprefix(RIGHT) for column in columns]
    rules = ["---:" if column.startswith(RIGHT) else "---" for column in columns]
    lines = [_line(titles), "|" + "|".join(rules) + "|"]
    return "\n".join([*lines, *(_line([escaped(cell) for cell in row]) for row in rows)])


def escaped(text: str) -> str:
    """Return a text that may stand in a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
