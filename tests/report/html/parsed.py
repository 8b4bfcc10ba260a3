"""Reads a page as a browser would: elements, their texts, and whether all of them are closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "col", "link", "img", "input", "hr"}


@dataclass(eq=False)
class Element:
    name: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that can be read in it, blanks run together."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def all(self, name: str | None = None, **attributes: str) -> list[Element]:
        """Return the elements within of a name and with attributes (``class_`` by its words)."""
        return [each for each in self._within() if each.matches(name, attributes)]

    def one(self, name: str | None = None, **attributes: str) -> Element:
        (found,) = self.all(name, **attributes)
        return found

    def _within(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._within()

    def matches(self, name: str | None, attributes: dict[str, str]) -> bool:
        if name is not None and self.name != name:
            return False
        for key, wanted in attributes.items():
            value = self.attributes.get(key.rstrip("_").replace("_", "-"))
            if value is None or (wanted not in value.split() and wanted != value):
                return False
        return True


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment in the page: {data[:40]}")


def parse(page: str) -> Element:
    """Return the page's root; every element that is opened has to be closed in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert [each.name for each in reader.open] == [""]
    return reader.root
