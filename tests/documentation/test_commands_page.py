from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from markdown_pages import ROOT

from lab.cli import app
from lab.documentation.commands_page import commands_page
from lab.documentation.verbs import verbs_of
from strategies.errors import UsageError

README = (ROOT / "README.md").read_text(encoding="utf-8")
USE = "# x\n## Use it\n\nText.\n\n```sh\n{}\n```\n"


class Kind(StrEnum):
    RED = "red"
    BLUE = "blue"


Often = Annotated[list[str] | None, typer.Option("-s", "--strategy", help="Which.")]


def paint(
    context: typer.Context,
    where: Annotated[Path, typer.Argument(help="A wall.")],
    kind: Annotated[Kind, typer.Argument(help="Which paint.")] = Kind.RED,
    strategy: Often = None,
    coats: Annotated[int, typer.Option(help="How many.", min=1)] = 2,
    none: Annotated[float, typer.Option(help="Zero is a default too.")] = 0,
    hidden: Annotated[str, typer.Option(show_default=False, help="Quiet.")] = "x",
    dry: Annotated[bool, typer.Option("--dry", help="A|B.", rich_help_panel="Later")] = False,
) -> None:
    """Paint a wall.

    Twice.
    """


def made_app() -> typer.Typer:
    made = typer.Typer()
    made.command("paint")(paint)
    made.command("wash")(lambda: None)
    return made


def test_a_declaration_is_read_as_it_is_written() -> None:
    verb, _ = verbs_of(made_app())
    assert verb.usage == "gclab paint [OPTIONS] WHERE [KIND]"
    assert verb.help == "Paint a wall.\n\nTwice."
    read = {p.names: (p.option, p.value, p.required, p.many, p.default) for p in verb.parameters}
    assert read == {
        ("WHERE",): (False, "PATH", True, False, ""),
        ("KIND",): (False, "red|blue", False, False, "red"),
        ("-s", "--strategy"): (True, "TEXT", False, True, ""),
        ("--coats",): (True, "INTEGER", False, False, "2"),
        ("--none",): (True, "NUMBER", False, False, "0"),
        ("--hidden",): (True, "TEXT", False, False, ""),
        ("--dry",): (True, "", False, False, ""),
    }


def test_the_page_has_tables_and_the_examples_of_the_readme() -> None:
    page = commands_page(made_app(), USE.format("gclab paint a -s b\ngclab paint c"))
    assert "| [`gclab paint`](#gclab-paint) | Paint a wall. |" in page
    assert "| `KIND` | `red` | Which paint. One of red, blue. |" in page
    assert "| `WHERE` | (required) | A wall. |" in page
    assert "| `-s`, `--strategy` `TEXT` |  | Which. |" in page
    assert page.index("`--coats` `INTEGER`") < page.index("Later:") < page.index("`--dry`")
    assert "A\\|B." in page
    assert "```sh\ngclab paint a -s b\ngclab paint c\n```" in page
    assert page.count("```sh") == 1


def test_an_example_of_a_verb_that_there_is_not_is_named() -> None:
    with pytest.raises(UsageError, match=r"README\.md shows 'gclab pain a', and there is no such"):
        commands_page(made_app(), USE.format("gclab pain a"))


def test_a_readme_without_examples_is_named() -> None:
    with pytest.raises(UsageError, match=r"README\.md has no examples"):
        commands_page(made_app(), "# x\n```sh\ngclab paint\n```\n")


def test_the_page_lists_every_verb_and_every_option_of_the_application() -> None:
    page = commands_page(app, README)
    sections = dict(
        re.findall(r"^## gclab (\S+)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    )
    group = typer.main.get_command(app)
    assert list(sections) == list(group.commands)  # type: ignore[attr-defined]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                continue
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert option == "--help" or f"`{option}`" in sections[name], (name, option)


def test_every_example_of_the_readme_stands_below_its_verb() -> None:
    page = commands_page(app, README)
    lines = README.partition("## Use it")[2].partition("```sh\n")[2].partition("```")[0]
    for line in lines.splitlines():
        section = page.partition(f"\n## gclab {line.split()[1]}\n")[2].partition("\n## ")[0]
        assert line in section
