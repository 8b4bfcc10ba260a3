"""Reads Markdown as far as the tests of the documentation need it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_SPAN = re.compile(r"`(gclab(?: [^`]*)?)`")


def without_code(text: str) -> str:
    """Leave fenced blocks out."""
    return _FENCED.sub("", text)


def links(text: str) -> list[str]:
    """Return the targets of all links and images but those of other sites."""
    found = _LINK.findall(re.sub(r"`[^`]*`", "", without_code(text)))
    return [target for target in found if "://" not in target]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(without_code(text))
    }


def commands(text: str) -> list[str]:
    """Return the lines of shell and CI blocks that call gclab."""
    lines = [
        line.strip().removeprefix("- run: ")
        for language, block in _FENCED.findall(text)
        if language in ("sh", "yaml")
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("gclab ")]


def mentioned(text: str) -> list[str]:
    """Return the calls of gclab within sentences; a line break may lie in one."""
    return [" ".join(span.split()) for span in _SPAN.findall(without_code(text))]
