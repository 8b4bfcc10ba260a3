"""Where layouts and policies are found: in this package, in other packages, in a file.

A layout called ``flat-array`` is the one class declared under that name in
``strategies/layouts/flat_array.py``. Only that module is imported: importing every layout (and
numpy with them) into the measured process would put their objects on the heap that is measured.
For the same reason other packages are looked at only for a name that is not built in.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import strategies.layouts
import strategies.policies
from strategies.entry_points import LAYOUTS, POLICIES, EntryPoint, registered
from strategies.errors import MissingPackageError, UsageError, unknown
from strategies.interface import LayoutFacts, PolicyFacts

_INSTALLED_AS = {"lru": "lru-dict"}
"""Distributions that are not called like the module that they install."""


@dataclass(frozen=True)
class Kind:
    """What is looked for: layouts or policies."""

    noun: str
    package: ModuleType
    group: str
    facts: type[LayoutFacts] | type[PolicyFacts]

    def built_in(self) -> list[str]:
        """Return the names that this package has."""
        modules = pkgutil.iter_modules(self.package.__path__)
        return sorted(info.name.replace("_", "-") for info in modules)

    def names(self) -> list[str]:
        """Return all names, built in or of other packages, available or not."""
        return sorted({*self.built_in(), *(each.name for each in registered(self.group))})

    def load(self, name: str) -> type[Any]:
        """Import the one class of that name.

        Raises
        ------
        UsageError
            An unknown name, a package that is missing, an import that fails, or a class that
            does not declare itself under that name.
        """
        if name in self.built_in():
            return self._load_built_in(name)
        for each in registered(self.group):
            if each.name == name:
                return self.load_entry_point(each)
        raise unknown(self.noun, name, self.names())

    def _load_built_in(self, name: str) -> type[Any]:
        try:
            module = importlib.import_module(f"{self.package.__name__}.{name.replace('-', '_')}")
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            raise MissingPackageError(
                f"{self.noun} {name!r} needs the package {missing!r}",
                _INSTALLED_AS.get(missing, missing),
            ) from None
        except ImportError as error:
            raise UsageError(f"{self.noun} {name!r} cannot be imported: {error}") from None
        for value in vars(module).values():
            if getattr(self.declared(value), "name", None) == name:
                found: type[Any] = value
                return found
        raise UsageError(f"{self.noun} {name!r}: {module.__name__} declares no class of that name")

    def load_entry_point(self, entry_point: EntryPoint) -> type[Any]:
        """Import the class that another package registered."""
        found: type[Any] = entry_point.load()
        declares = getattr(self.declared(found), "name", None)
        if declares != entry_point.name:
            what = f"calls itself {declares!r}" if declares else f"is no {self.noun}"
            raise UsageError(
                f"{self.noun} {entry_point.name!r} of the package {entry_point.package!r}: "
                f"{entry_point.value} {what}: declare it with @{self.noun}({entry_point.name!r})"
            )
        return found

    def declared(self, value: object) -> LayoutFacts | PolicyFacts | None:
        """Return what a class itself declares, not what it inherits; None for anything else."""
        facts = vars(value).get("facts") if isinstance(value, type) else None
        return facts if isinstance(facts, self.facts) else None


LAYOUT = Kind("layout", strategies.layouts, LAYOUTS, LayoutFacts)
POLICY = Kind("policy", strategies.policies, POLICIES, PolicyFacts)


def load_file(path: Path) -> type[Any]:
    """Import the one layout class that a Python file declares.

    Reading the same file again gives the same class. The file's folder is not made importable.

    Raises
    ------
    UsageError
        No such file, an import that fails, or not exactly one layout in it.
    """
    name = str(path.resolve())
    module = sys.modules.get(name) or _run_file(path, name)
    found = [
        value
        for value in vars(module).values()
        if LAYOUT.declared(value) and value.__module__ == name
    ]
    if len(found) != 1:
        raise UsageError(f"{path} declares {len(found)} layouts: one class under @layout is needed")
    one: type[Any] = found[0]
    return one


def _run_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UsageError(f"no layout file {path}: 'gclab new layout NAME' writes one")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        if isinstance(error, UsageError):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"{path} cannot be imported: {reason}") from None
    return module
