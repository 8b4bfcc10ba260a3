"""docs/commands.md: every verb with its options, and the README's examples of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from lab.documentation.tables import markdown_table
from lab.documentation.verbs import Parameter, Verb, verbs_of
from strategies.errors import UsageError

PAGE = Path("docs/commands.md")
_HEAD = """# Commands

This page is written by `gclab docs` from the commands' own declarations; `gclab VERB --help` prints
the same. A run is named by its folder, by its name in `results/`, or as `latest`. Sizes and rates
take `k`, `M` and `G`, durations `ns`, `us`, `ms`, `s`, `m` and `h`. A wrong input is one line on
standard error and exit code 2.
"""
_USE = re.compile(r"^## Use it\n.*?```sh\n(?P<lines>.*?)```", re.DOTALL | re.MULTILINE)


def commands_page(app: typer.Typer, readme: str) -> str:
    """Return the page.

    Raises
    ------
    UsageError
        The README has no examples, or one of a verb that there is not.
    """
    verbs, examples = verbs_of(app), _examples(readme)
    names = [verb.name for verb in verbs]
    for line in examples:
        if _verb_of(line) not in names:
            raise UsageError(f"README.md shows {line!r}, and there is no such verb")
    parts = [_HEAD, _contents(verbs)]
    parts += [_section(v, [line for line in examples if _verb_of(line) == v.name]) for v in verbs]
    return "\n".join(parts)


def _examples(readme: str) -> list[str]:
    found = _USE.search(readme)
    lines = found["lines"].splitlines() if found else []
    if not lines:
        raise UsageError("README.md has no examples: a block of sh under '## Use it'")
    return lines


def _verb_of(line: str) -> str:
    return shlex.split(line)[1]


def _contents(verbs: Sequence[Verb]) -> str:
    rows = [
        [f"[`gclab {verb.name}`](#gclab-{verb.name})", verb.help.partition("\n")[0]]
        for verb in verbs
    ]
    return markdown_table(("command", "what it does"), rows) + "\n"


def _section(verb: Verb, examples: Sequence[str]) -> str:
    lines = [f"## gclab {verb.name}", "", f"    {verb.usage}", "", verb.help, ""]
    arguments = [parameter for parameter in verb.parameters if not parameter.option]
    if arguments:
        rows = [[f"`{each.names[0]}`", _default(each), _about(each)] for each in arguments]
        lines += [markdown_table(("argument", "default", "what it is"), rows), ""]
    for panel, options in _by_panel(verb):
        if panel:
            lines += [f"{panel}:", ""]
        rows = [[_names(each), _default(each), _about(each)] for each in options]
        lines += [markdown_table(("option", "default", "what it does"), rows), ""]
    if examples:
        lines += ["```sh", *examples, "```", ""]
    return "\n".join(lines)


def _by_panel(verb: Verb) -> Iterator[tuple[str, list[Parameter]]]:
    options = [parameter for parameter in verb.parameters if parameter.option]
    # those of no group first, as --help has them
    for panel in sorted(dict.fromkeys(each.panel for each in options), key=bool):
        yield panel, [each for each in options if each.panel == panel]


def _names(option: Parameter) -> str:
    names = ", ".join(f"`{name}`" for name in option.names)
    return f"{names} `{option.value}`" if option.value else names


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "(required)"
    return f"`{parameter.default}`" if parameter.default else ""


def _about(parameter: Parameter) -> str:
    choices = "" if parameter.option or "|" not in parameter.value else parameter.value
    listed = f" One of {choices.replace('|', ', ')}." if choices else ""
    return parameter.help + listed
