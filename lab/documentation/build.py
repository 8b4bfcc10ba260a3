"""Puts the documentation together, and writes it or says what of it is stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from lab.documentation import experiments_page, strategies_page, validity_page
from lab.documentation.blocks import block
from lab.documentation.checkout import Checkout
from lab.documentation.commands_page import PAGE as COMMANDS
from lab.documentation.commands_page import commands_page
from lab.documentation.marks import renewed
from lab.documentation.pictures import LIST, draw, picture_list, stored
from lab.documentation.single import single
from strategies.errors import UsageError

Make = Callable[[], str]
README = Path("README.md")


@dataclass(frozen=True)
class Outcome:
    """What became of the documentation.

    Attributes
    ----------
    changed : tuple of Path
        Pages and images that were written, or are stale, from the root of the checkout.
    problems : tuple of str
        What could not be made, one line each, with the page.
    """

    changed: tuple[Path, ...]
    problems: tuple[str, ...]


def check(checkout: Checkout, app: typer.Typer) -> Outcome:
    """Compare every page with what it should be; write nothing.

    Parameters
    ----------
    checkout : Checkout
    app : typer.Typer
        The command line to document.
    """
    texts, problems = _made(_pages(checkout, app, stored(checkout)))
    stale = [page for page, text in texts.items() if checkout.read(page) != text]
    return Outcome(tuple(stale), tuple(problems))


def write(checkout: Checkout, app: typer.Typer) -> Outcome:
    """Write every page and image that is not as it should be; what cannot be made stays."""
    images: Mapping[Path, bytes] = stored(checkout)
    problems = []
    try:
        images = draw(checkout)
    except UsageError as error:
        problems.append(f"{LIST.parent}: {error}")
    texts, more = _made(_pages(checkout, app, images))
    files = {**images, **{page: text.encode() for page, text in texts.items()}}
    changed = [page for page, content in files.items() if _put(checkout.root / page, content)]
    return Outcome(tuple(changed), (*problems, *more))


def _pages(checkout: Checkout, app: typer.Typer, images: Mapping[Path, bytes]) -> dict[Path, Make]:
    """Return how each page is made; those that are written by hand have marks at most."""
    generated: dict[Path, Make] = {
        strategies_page.PAGE: lambda: strategies_page.strategies_page(checkout),
        validity_page.PAGE: validity_page.validity_page,
        COMMANDS: lambda: commands_page(app, checkout.read(README) or ""),
        experiments_page.PAGE: experiments_page.experiments_page,
        LIST: lambda: picture_list(checkout, images),
    }
    by_hand = [page for page in checkout.pages() if page not in generated]
    return {**{page: _marked(checkout, page) for page in by_hand}, **generated}


def _marked(checkout: Checkout, page: Path) -> Make:
    def make() -> str:
        return renewed(
            checkout.read(page) or "",
            lambda asked: block(checkout, asked),
            lambda asked: single(checkout, asked),
        )

    return make


def _made(pages: Mapping[Path, Make]) -> tuple[dict[Path, str], list[str]]:
    """Make all pages; return them, and a line for each that cannot be made."""
    texts, problems = {}, []
    for page, make in pages.items():
        try:
            texts[page] = make()
        except UsageError as error:
            problems.append(f"{page}: {error}")
    return texts, problems


def _put(path: Path, content: bytes) -> bool:
    """Write a file unless it is there with that content; return whether it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True
