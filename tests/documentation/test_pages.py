"""The pages as they are: what they link to is there, what they tell people to type can be typed."""

from __future__ import annotations

import contextlib
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer
from markdown_pages import NAMES, ROOT, anchors, commands, links, mentioned

from lab.cli import app
from lab.documentation.verbs import verbs_of
from lab.experiments import experiment_names
from strategies.catalogue import parse

EVERY_PAGE = pytest.mark.parametrize("name", NAMES)
VERBS = {verb.name: verb for verb in verbs_of(app)}
PLACEHOLDERS = {"NAME", "FILE", "EXPERIMENT"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(words: list[str]) -> dict[str, object]:
    """Let typer read a command's words without calling it; what it cannot read, it raises for."""
    group = typer.main.get_command(app)
    context = group.make_context("gclab", list(words))  # type: ignore[attr-defined]
    name, command, rest = group.resolve_command(context, list(words))  # type: ignore[attr-defined]
    return dict(command.make_context(name, rest, parent=context).params)


@cache
def missing_parameter() -> type[BaseException]:
    """Return what typer raises then: where that is defined differs from version to version."""
    with pytest.raises(Exception, match="Missing parameter") as refused:
        parsed(["export"])
    return refused.type


@EVERY_PAGE
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for link in links(text_of(name)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{name}: {link}"


def test_links_are_found_where_there_are_some() -> None:
    text = "[a](b.md#c) ![d](e.png) [f](https://g)\n```sh\n[h](i)\n```\n`[j](k)`\n"
    assert links(text) == ["b.md#c", "e.png"]
    assert anchors("## gclab run\n### L1: A spike, `x`\n") == {"gclab-run", "l1-a-spike-x"}


@EVERY_PAGE
def test_every_command_line_can_be_read(name: str) -> None:
    for line in commands(text_of(name)):
        found = parsed(shlex.split(line)[1:])
        for strategy in found.get("strategy") or ():  # type: ignore[attr-defined]
            assert strategy == "all" or parse(strategy)
        if shlex.split(line)[1] == "run" and found["experiment"]:
            experiment = str(found["experiment"])
            assert experiment in experiment_names() or experiment.endswith(".toml")


@EVERY_PAGE
def test_every_command_within_a_sentence_can_be_read(name: str) -> None:
    for call in mentioned(text_of(name)):
        _, *words = shlex.split(call)
        if not words or words[0] in ("VERB", "--help"):
            continue
        assert words[0] in VERBS, f"{name}: {call}"
        if len(words) > 1 and "--help" not in words:
            with contextlib.suppress(missing_parameter()):  # a sentence need not name the run
                parsed(words)
        if words[0] == "run" and len(words) == 2 and words[1] not in PLACEHOLDERS:
            assert words[1] in experiment_names() or words[1].startswith("-")


def test_a_command_line_that_nobody_can_type_is_refused() -> None:
    for words in (["report", "--no-such"], ["nosuch"], ["run", "--repeats", "many"]):
        with pytest.raises(Exception, match=r"(?i)no such|invalid|a valid"):
            parsed(words)


def test_the_index_lists_every_page() -> None:
    index = text_of("docs/README.md")
    for name in NAMES:
        path = Path(name)
        if path.parent == Path("docs") and path.name != "README.md":
            assert f"({path.name})" in index


def test_every_generated_page_says_which_command_writes_it() -> None:
    for name in ("commands", "experiments", "strategies", "validity", "images/README", "findings"):
        head = text_of(f"docs/{name}.md")[:600]
        assert re.search(r"written by\s+`gclab docs`", head), name
