"""Lists layouts and policies, and builds strategies from what was written.

Where they are found: `strategies.discovery`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strategies.collector import lacking
from strategies.discovery import LAYOUT, POLICY, Kind, load_file
from strategies.entry_points import registered
from strategies.errors import UsageError
from strategies.interface import Layout, LayoutFacts, Policy, PolicyFacts
from strategies.options import bind, describe, filled, parameters, split

_NOT_OPTIONS = ("payload_bytes",)
_FILE = re.compile(r".*?\.py(?=[:+]|$)")
"""A layout given by its file, up to its options or the policy; the path may hold both signs."""


@dataclass(frozen=True)
class Listed:
    """One line of a listing: a layout or policy, and why it cannot be used where it cannot.

    Without its package a layout cannot be read, and has no facts; without its program it has.
    """

    name: str
    facts: LayoutFacts | PolicyFacts | None
    options: str
    unavailable: str | None
    package: str | None = None
    """The package that registers it; None for what is built in."""


@dataclass(frozen=True)
class Strategy:
    """A layout and a policy with their options, ready to be built."""

    name: str
    layout_class: type[Any]
    layout_options: dict[str, object]
    policy_class: type[Any]
    policy_options: dict[str, object]

    @property
    def layout_facts(self) -> LayoutFacts:
        facts: LayoutFacts = self.layout_class.facts
        return facts

    @property
    def policy_facts(self) -> PolicyFacts:
        facts: PolicyFacts = self.policy_class.facts
        return facts

    def to_json(self) -> dict[str, object]:
        """Return both names with all options, defaults filled in, as a worker is told them."""
        policy = filled(self.policy_class, self.policy_options)
        return {
            "layout": self.layout_facts.name,
            "options": filled(self.layout_class, self.layout_options, _NOT_OPTIONS),
            "policy": {"name": self.policy_facts.name, "options": policy},
        }

    def build_layout(self, capacity: int, payload_bytes: int) -> Layout:
        """Construct the layout.

        Raises
        ------
        UsageError
            It is served by a program of its own, and there is nothing of it in Python.
        """
        if self.layout_facts.program:
            raise UsageError(
                f"layout {self.layout_facts.name!r} is served by a program in another language: "
                "there is nothing of it in a Python process"
            )
        built: Layout = self.layout_class(
            capacity, payload_bytes=payload_bytes, **self.layout_options
        )
        return built

    def build_policy(self) -> Policy:
        """Construct the policy."""
        built: Policy = self.policy_class(**self.policy_options)
        return built


def layout_names() -> list[str]:
    """Return the names of all layouts, available or not."""
    return LAYOUT.names()


def policy_names() -> list[str]:
    """Return the names of all policies."""
    return POLICY.names()


def load_layout(name: str) -> type[Any]:
    """Import the one layout class of that name, or of the file where ``name`` ends in ``.py``."""
    return load_file(Path(name)) if name.endswith(".py") else LAYOUT.load(name)


def load_policy(name: str) -> type[Any]:
    """Import the one policy class of that name."""
    return POLICY.load(name)


def _parts(text: str) -> tuple[str, tuple[str, str, str]]:
    """Take a strategy apart: the file, if it is one; the layout's text, the plus, the policy's."""
    file = _FILE.match(text)
    path = file[0] if file else ""
    return path, text[len(path) :].partition("+")


def parse(text: str) -> Strategy:
    """Read ``layout[:option,...][+policy[:option,...]]``.

    A layout is given by its name, or by the file that declares it: ``./ring.py+freeze``.

    Raises
    ------
    UsageError
        An unknown layout, policy or option, or a mode that the layout does not have; one line,
        with the nearest right name.
    """
    path, (layout_text, plus, policy_text) = _parts(text)
    layout_name, layout_written = split(layout_text)
    layout_name = path or layout_name
    policy_name, policy_written = split(policy_text if plus else "default")
    layout_class, policy_class = load_layout(layout_name), load_policy(policy_name)
    layout_options = bind(
        f"strategy {text!r}", layout_written, parameters(layout_class, _NOT_OPTIONS)
    )
    policy_options = bind(f"strategy {text!r}", policy_written, parameters(policy_class))
    update = layout_options.get("update", "replace")
    if update not in layout_class.facts.updates:
        has = " or ".join(layout_class.facts.updates)
        raise UsageError(f"strategy {text!r}: {layout_name} has update={has} only")
    if lacks := lacking(policy_class.facts.needs):
        raise UsageError(f"policy {policy_name!r} needs {lacks}")
    if layout_options.get("pending") == "coalesce" and layout_options.get("drain") == "rolling":
        raise UsageError(f"strategy {text!r}: drain=rolling goes with pending=record")
    if layout_class.facts.program:
        _check_program(text, layout_class, layout_options, policy_name)
    return Strategy(text, layout_class, layout_options, policy_class, policy_options)


def _check_program(
    text: str, layout_class: type[Any], options: dict[str, object], policy_name: str
) -> None:
    """Refuse a value that the program would refuse, and policies: it has no such collector."""
    if policy_name != "default":
        takes = describe(layout_class).replace(",", " ") or "no options"
        name = layout_class.facts.name
        raise UsageError(f"strategy {text!r}: policies are CPython's; {name} takes {takes}")
    try:
        layout_class(**options)
    except UsageError as error:
        raise UsageError(f"strategy {text!r}: {error}") from None


def unavailable(text: str) -> str | None:
    """Say in one line why a strategy's layout cannot be used here, and what helps; else None.

    Raises
    ------
    UsageError
        There is no layout of that name.
    """
    path, (layout_text, _, _) = _parts(text)
    name = path or split(layout_text)[0]
    if path or name not in layout_names():
        load_layout(name)  # a file is there or it is not
        return None
    try:
        facts: LayoutFacts = load_layout(name).facts
    except UsageError as error:
        return str(error)
    return _without_program(name, facts.program)


def _without_program(name: str, program: str) -> str | None:
    if not program:
        return None
    # not at the top: whatever a worker imports lies on the heap that is measured
    from strategies.native.programs import program_named  # noqa: PLC0415

    missing = program_named(program).missing()
    return f"layout {name!r} {missing}" if missing else None


def list_layouts() -> list[Listed]:
    """List every layout with its facts, or with the reason why it cannot be used here."""
    return _list(LAYOUT)


def list_policies() -> list[Listed]:
    """List every policy with its facts, or with the reason why it cannot be used here."""
    return _list(POLICY)


def _list(kind: Kind) -> list[Listed]:
    takes = dict.fromkeys(kind.built_in(), f"the built-in {kind.noun}")
    listed = [_listed(kind, name) for name in takes]
    for each in registered(kind.group):
        if each.name in takes:
            clash = f"the name is taken by {takes[each.name]}, which is used"
            listed.append(Listed(each.name, None, "", clash, each.package))
        else:
            takes[each.name] = f"the package {each.package!r}"
            listed.append(_listed(kind, each.name, each.package))
    return sorted(listed, key=lambda line: line.name)


def _listed(kind: Kind, name: str, package: str | None = None) -> Listed:
    try:
        found = kind.load(name)
        options = describe(found, _NOT_OPTIONS)
    except UsageError as error:
        return Listed(name, None, "", str(error), package)
    missing = _without_program(name, getattr(found.facts, "program", ""))
    return Listed(name, found.facts, options, missing, package)
