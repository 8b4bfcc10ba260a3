"""``gclab check``: holds a stored run against service levels and another run, for a CI job."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer

from lab.analysis.levels import LevelError, judge, parse_allowance, parse_level
from lab.cli.options import AsJson, Force, print_json
from lab.report.levels import level_remarks, level_tables, levels_json
from lab.report.page import output_console
from lab.store import find_run, load_run
from strategies.errors import UsageError

Rule = TypeVar("Rule")
_USAGE = 2


def check(
    run: Annotated[
        str, typer.Argument(help="A run's folder, its name in results/, or 'latest'.")
    ] = "latest",
    slo: Annotated[
        list[str] | None,
        typer.Option(
            help="A service level, such as 'p99.9<5ms', 'gc.max<=10ms', 'bytes_per_entry<100' or "
            "'slots: p99<2ms'. Repeatable.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="An earlier run to compare with.", show_default=False),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="How much larger a figure may be than in that run, such as p99.9:10%. Repeatable.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Say whether a run keeps its service levels, and whether it became worse than another.

    Exit codes: 0 all passed, 5 a trial is not valid or lacks a figure, 3 a level was missed, 4 a
    figure regressed; where several apply, the first named here.
    """
    levels = _parsed("--slo", parse_level, slo or ())
    allowances = _parsed("--allow", parse_allowance, allow or ())
    if allowances and against is None:
        raise UsageError("--allow needs the run to compare with: --against RUN")
    if against is not None and not allowances:
        raise UsageError("--against needs what may change: --allow p99.9:10%")
    if force and against is None:
        raise UsageError("--force is for a comparison: it needs --against RUN")
    if not levels and not allowances:
        raise UsageError("nothing to check: give --slo 'p99.9<5ms', or --against with --allow")
    earlier = load_run(find_run(against)) if against is not None else None
    found = judge(load_run(find_run(run)), levels, earlier, allowances, force=force)
    if as_json:
        print_json(levels_json(found))
    else:
        console = output_console()
        for table in level_tables(found):
            console.print(table)
        for remark in level_remarks(found):
            console.print(f"- {remark}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(found.exit_code)


def _parsed(option: str, parse: Callable[[str], Rule], texts: Sequence[str]) -> list[Rule]:
    """Read rules; of a wrong one, the character is pointed at in a second line."""
    try:
        return [parse(text) for text in texts]
    except LevelError as error:
        sys.stderr.write(error.pointed(f"gclab: {option} ") + "\n")
        raise typer.Exit(_USAGE) from None
