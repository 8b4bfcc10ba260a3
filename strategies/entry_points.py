"""What other packages register with this lab: entry points, loaded one by one and only by name.

A package declares in its ``pyproject.toml``, for instance::

    [project.entry-points."gclab.layouts"]
    ring = "their_package.ring:Ring"

The groups are `LAYOUTS`, `POLICIES` and `TRACE_FORMATS`; the name is what is written on the
command line and what the class itself declares.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from strategies.errors import UsageError

LAYOUTS, POLICIES, TRACE_FORMATS = "gclab.layouts", "gclab.policies", "gclab.trace_formats"


@dataclass(frozen=True)
class EntryPoint:
    """One line of a package's metadata; nothing of that package is imported yet."""

    name: str
    package: str
    value: str
    """``module:Class``."""

    def load(self) -> Any:
        """Import the class.

        Raises
        ------
        UsageError
            It cannot be imported, for whatever reason; one line that names the package.
        """
        module, _, attribute = self.value.partition(":")
        what = f"{self.name!r} of the package {self.package!r} ({self.value})"
        try:
            return getattr(importlib.import_module(module), attribute)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - another package's import may raise anything
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"{what} cannot be imported: {reason}") from None


def registered(group: str) -> list[EntryPoint]:
    """Return what the installed packages register in a group, by name, then by package.

    A package that is on the path twice counts once.
    """
    # imported here: it brings a few hundred functions and classes into the process that asks,
    # and a measured process that runs a built-in strategy does not ask
    from importlib import metadata  # noqa: PLC0415

    found = {
        EntryPoint(each.name, each.dist.name if each.dist else "?", each.value)
        for each in metadata.entry_points(group=group)
    }
    return sorted(found, key=lambda each: (each.name, each.package, each.value))
