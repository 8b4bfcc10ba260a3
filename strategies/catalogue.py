"""Finds layouts and policies by name, and builds strategies from what was written.

A layout called ``flat-array`` is the one class declared under that name in
``strategies/layouts/flat_array.py``. Only that module is imported: importing every layout (and
numpy with them) into the measured process would put their objects on the heap that is measured.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from typing import Any

import strategies.layouts
import strategies.policies
from strategies.errors import UsageError, unknown
from strategies.interface import Layout, LayoutFacts, Policy, PolicyFacts
from strategies.options import bind, describe, parameters, split

_NOT_OPTIONS = ("payload_bytes",)


@dataclass(frozen=True)
class Listed:
    """One line of a listing: a layout or policy that is there, or why it is not."""

    name: str
    facts: LayoutFacts | PolicyFacts | None
    options: str
    unavailable: str | None


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

    def build_layout(self, capacity: int, payload_bytes: int) -> Layout:
        """Construct the layout."""
        built: Layout = self.layout_class(
            capacity, payload_bytes=payload_bytes, **self.layout_options
        )
        return built

    def build_policy(self) -> Policy:
        """Construct the policy."""
        built: Policy = self.policy_class(**self.policy_options)
        return built


def _names(package: Any) -> list[str]:
    return sorted(info.name.replace("_", "-") for info in pkgutil.iter_modules(package.__path__))


def layout_names() -> list[str]:
    """Return the names of all layouts, available or not."""
    return _names(strategies.layouts)


def policy_names() -> list[str]:
    """Return the names of all policies."""
    return _names(strategies.policies)


def _load(package: Any, kind: str, name: str) -> type[Any]:
    if name not in _names(package):
        raise unknown(kind, name, _names(package))
    try:
        module = importlib.import_module(f"{package.__name__}.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{kind} {name!r} needs the package {error.name!r}: pip install {error.name}"
        ) from None
    for value in vars(module).values():
        facts = vars(value).get("facts") if isinstance(value, type) else None
        if getattr(facts, "name", None) == name:
            found: type[Any] = value
            return found
    raise UsageError(f"{kind} {name!r}: {module.__name__} declares no class of that name")


def load_layout(name: str) -> type[Any]:
    """Import the one layout class of that name."""
    return _load(strategies.layouts, "layout", name)


def load_policy(name: str) -> type[Any]:
    """Import the one policy class of that name."""
    return _load(strategies.policies, "policy", name)


def parse(text: str) -> Strategy:
    """Read ``layout[:option,...][+policy[:option,...]]``.

    Raises
    ------
    UsageError
        An unknown layout, policy or option, or a mode that the layout does not have; one line,
        with the nearest right name.
    """
    layout_text, plus, policy_text = text.partition("+")
    layout_name, layout_written = split(layout_text)
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
    if layout_options.get("pending") == "coalesce" and layout_options.get("drain") == "rolling":
        raise UsageError(f"strategy {text!r}: drain=rolling goes with pending=record")
    return Strategy(text, layout_class, layout_options, policy_class, policy_options)


def list_layouts() -> list[Listed]:
    """List every layout with its facts, or with the reason why it cannot be used here."""
    return [_listed(strategies.layouts, "layout", name) for name in layout_names()]


def list_policies() -> list[Listed]:
    """List every policy with its facts."""
    return [_listed(strategies.policies, "policy", name) for name in policy_names()]


def _listed(package: Any, kind: str, name: str) -> Listed:
    try:
        found = _load(package, kind, name)
    except UsageError as error:
        return Listed(name, None, "", str(error))
    return Listed(name, found.facts, describe(found, _NOT_OPTIONS), None)
