"""``gclab docs``: the documentation of a checkout, from its reference runs and its code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

STALE, USAGE = 1, 2


def docs_of(app: typer.Typer) -> Callable[..., None]:
    """Make the verb, which documents the application that it belongs to."""

    def docs(
        folder: Annotated[Path, typer.Argument(help="A checkout of the project.")] = Path(),
        check: Annotated[
            bool,
            typer.Option("--check", help="Write nothing; exit with 1 if a page or image is stale."),
        ] = False,
    ) -> None:
        """Write the documentation's generated pages, figures and images.

        They come from the stored runs in results/reference and from the code; no figure is typed
        by hand. Nothing is measured. Prints what it wrote.
        """
        # imported here: nothing of it is needed by the other verbs
        from lab.documentation import Checkout, write  # noqa: PLC0415
        from lab.documentation import check as check_docs  # noqa: PLC0415

        outcome = (check_docs if check else write)(Checkout(folder), app)
        for page in outcome.changed:
            if check:
                sys.stderr.write(f"gclab: {page} is not what its sources say: gclab docs\n")
            else:
                sys.stdout.write(f"{page}\n")
        for problem in outcome.problems:
            sys.stderr.write(f"gclab: {problem}\n")
        if outcome.problems:
            raise typer.Exit(USAGE)
        if check and outcome.changed:
            raise typer.Exit(STALE)

    return docs
