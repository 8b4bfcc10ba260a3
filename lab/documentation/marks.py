"""Finds the marks of a page and replaces what stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable

from strategies.errors import UsageError

Says = Callable[[str], str]
"""Takes what a mark asks for, and returns what is to stand behind it."""

_BLOCK = re.compile(
    r"(?P<begin><!-- figures: (?P<asked>[^\n]*?) -->\n)(?P<text>.*?)"
    r"(?P<end><!-- end of figures -->)",
    re.DOTALL,
)
_SINGLE = re.compile(
    r"(?P<begin><!--\s+figure:\s+(?P<asked>[^>]*?)\s+-->)(?P<text>[^<]*)(?P<end><!--\s+end\s+-->)"
)
_BEGINNINGS = re.compile(r"<!--\s*(?:figures?\s*:|end\b)")


def renewed(page: str, block: Says, single: Says) -> str:
    """Return a page with all that stands between marks as it is now.

    Raises
    ------
    UsageError
        A mark that cannot be read, or without its end, with its line; or as ``block`` and
        ``single`` do, with the mark.
    """
    _check(page)
    page = _BLOCK.sub(lambda match: _put(match, f"{_asked(match, block)}\n"), page)
    return _SINGLE.sub(lambda match: _put(match, _asked(match, single)), page)


def _put(match: re.Match[str], text: str) -> str:
    return match["begin"] + text + match["end"]


def _asked(match: re.Match[str], says: Says) -> str:
    words = " ".join(match["asked"].split())
    try:
        return says(words)
    except UsageError as error:
        raise UsageError(f"mark {words!r}: {error}") from None


def _check(page: str) -> None:
    """Refuse a page in which some mark has no partner: it would never be renewed again."""
    good = set()
    for kind in (_BLOCK, _SINGLE):
        for match in kind.finditer(page):
            good |= {match.start("begin"), match.start("end")}
    for match in _BEGINNINGS.finditer(page):
        if match.start() not in good:
            line = page.count("\n", 0, match.start()) + 1
            raise UsageError(
                f"line {line}: a mark that cannot be read or is not ended: "
                f"{page[match.start() :].splitlines()[0][:60]!r}"
            )
