"""Builds HTML from values: whatever is not markup already is escaped here, and only here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, TypeAlias


class Markup(str):
    """A string that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Markup | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | bool | None"
_VOID = frozenset({"br", "meta", "col"})


def el(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return an element.

    Parameters
    ----------
    name : str
        Such as ``p``.
    *children : str, Markup, None or iterables of these
        Text is escaped, markup is not, None is left out.
    **attributes : str, int, bool or None
        ``class_`` is written ``class``, ``aria_label`` is written ``aria-label``. True stands
        without a value, False and None are left out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def join(children: Iterable[Child]) -> Markup:
    """Return children one after the other."""
    return Markup("".join(_written(child) for child in children))


def _written(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return str(child)
    if isinstance(child, str):
        return escape(child)
    return join(child)


def lines(text: str) -> Markup:
    """Return text with its line breaks."""
    parts: list[Child] = []
    for number, line in enumerate(text.split("\n")):
        parts += [el("br")] if number else []
        parts.append(line)
    return join(parts)


def table(
    caption: str,
    head: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    *,
    words: Sequence[int] = (0,),
    class_: str = "",
) -> Markup:
    """Return a table that can be scrolled sideways by keyboard as well.

    Parameters
    ----------
    caption : str
        What it shows: read out first.
    head : sequence of str or Markup
        A heading per column.
    rows : iterable of sequences
        The first cell of each is its heading.
    words : sequence of int
        Columns of words; the others hold figures and stand on the right.
    """
    body = [
        el("tr", [_cell(number, cell, number in words) for number, cell in enumerate(row)])
        for row in rows
    ]
    heads = [
        el("th", name, scope="col", class_=None if number in words else "n")
        for number, name in enumerate(head)
    ]
    inner = el(
        "table",
        el("caption", caption),
        el("thead", el("tr", heads)),
        el("tbody", body),
        class_=class_ or None,
    )
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _cell(number: int, cell: Child, is_words: bool) -> Markup:
    kind = None if is_words else "n"
    if number == 0:
        return el("th", cell, scope="row", class_=kind)
    return el("td", cell, class_=kind)


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Return names and values as a list of descriptions."""
    return el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in pairs])


def fold(summary: Child, *content: Child, **attributes: Attribute) -> Markup:
    """Return something that opens when its summary is clicked."""
    return el("details", el("summary", summary), *content, **attributes)


def embedded_json(value: Any) -> Markup:
    """Return JSON for a script element: nothing in it can end that element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
