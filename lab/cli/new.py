"""``gclab new``: write a file to start from."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import strategies.layouts
from strategies.catalogue import layout_names
from strategies.errors import UsageError

TEMPLATE = '''\
"""{name}: an OrderedDict of tuples, to start from. Say here what it is."""

from __future__ import annotations

from strategies.interface import MENTIONS_MAX, layout, payload_for
from strategies.parts.object_lru import ObjectLRU

Entry = tuple[int, int, bytes]


# sees: what the collector sees of it, for 'gclab list strategies -v'
# updates: add "in-place" where an entry can be changed instead of replaced
# rehash: "none" where the index never is, "unseen" where `index_epoch` cannot count it
# bytes_per_entry: an estimate, for the check that a trial fits in memory
@layout({quoted}, sees="every tuple, and every node of the OrderedDict", bytes_per_entry=300)
class {cls}(ObjectLRU):
    """What it is: this line is the summary in 'gclab list strategies'.

    `ObjectLRU` has order, evictions and pending commits; for another structure write all methods of
    `strategies.interface.Layout`. Keyword-only parameters of the constructor are its options.

    Source: who uses it, or where it is described: a file, a project, a document.
    Left out: what the real thing has and this one has not.
    """

    def new_entry(self, message_id: int, mentions: int) -> Entry:
        return message_id, mentions, payload_for(message_id, self._payload_bytes)

    def unpack(self, entry: Entry) -> tuple[int, int]:
        return entry[0], entry[1]

    def payload_of(self, entry: Entry) -> bytes:
        return entry[2]

    # the three methods that are timed: a key that is not there is a miss

    def read(self, key: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0], entry[1]

    def ack(self, key: int, message_id: int) -> bool:
        return key in self._entries and self._replace(key, message_id, 0)

    def mention(self, key: int) -> bool:
        entry = self._entries.get(key)
        return entry is not None and self._replace(key, entry[0], min(entry[1] + 1, MENTIONS_MAX))

    def _replace(self, key: int, message_id: int, mentions: int) -> bool:
        entry = self._entries[key] = self.new_entry(message_id, mentions)
        self._entries.move_to_end(key)
        self._remember(key, entry)  # pending from now on
        return True
'''


class What(StrEnum):
    """What can be written."""

    LAYOUT = "layout"


def new(
    what: Annotated[What, typer.Argument(help="What to write.")],  # noqa: ARG001 - one kind so far
    name: Annotated[str, typer.Argument(help="Its name, such as ring or linked-list.")],
) -> None:
    """Write a commented layout that already runs and passes the conformance suite.

    It goes into the current folder, or into strategies/layouts/ in a checkout's root.
    """
    in_checkout = _is_checkout(Path.cwd())
    module = _module_name(name, in_checkout)
    path = Path("strategies/layouts" if in_checkout else ".") / f"{module}.py"
    text = TEMPLATE.format(name=name, quoted=f'"{name}"', cls=module.title().replace("_", ""))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists: nothing is overwritten") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    known = path.parent.resolve() in map(Path.resolve, map(Path, strategies.layouts.__path__))
    strategy = name if known else f"./{path}"
    typer.echo(f"wrote {path}; run it with: gclab run -s {strategy} -s slots")
    check = f"from lab.testing import conformance; conformance('{strategy}')"
    typer.echo(f'check it with: python -c "{check}"')


def _is_checkout(folder: Path) -> bool:
    try:
        with (folder / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file).get("project")
    except (OSError, ValueError):
        return False
    named = isinstance(project, dict) and project.get("name") == "gclab"
    return named and (folder / "strategies" / "layouts" / "__init__.py").is_file()


def _module_name(name: str, in_checkout: bool) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"layout name {name!r}: write lower-case letters, digits and single dashes, "
            "such as linked-list"
        )
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or (not in_checkout and module in sys.stdlib_module_names):
        raise UsageError(f"layout name {name!r} is a name of Python's own: choose another")
    if name in layout_names():
        raise UsageError(f"there is a layout {name!r} already: choose another name")
    return module
