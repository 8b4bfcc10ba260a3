"""Which module may import which, read from the source: one direction, no way back."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    ("strategies",),
    ("lab.stores",),
    ("lab.trial",),
    ("lab.collectors", "lab.histogram", "lab.pythons", "lab.workload", "lab.testing"),
    ("lab.spec",),
    ("lab.causes", "lab.validity"),
    ("lab.environment", "lab.experiments", "lab.plan", "lab.runnable", "lab.store"),
    ("lab.runner",),
    ("lab.testing.workers",),
    ("lab.analysis",),
    ("lab.findings",),
    ("lab.report",),
    ("lab.documentation",),
    ("lab.cli",),
)
"""The way of the data; a module imports from its own layer or from an earlier one."""
IN_THE_MEASURED_PROCESS = ("strategies", "lab.stores", "lab.trial")
WRAPPERS = ("strategies.parts.flat_kernels",)
"""Beside the layouts, what one of them is made of: imported by that layout only."""
LINES_PER_MODULE, LINES_PER_FUNCTION = 330, 60


def sources() -> list[Path]:
    return sorted(path for name in ("strategies", "lab") for path in (ROOT / name).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


MODULES = {module_name(path): path for path in sources()}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file names in its imports, the innermost that exists."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}: relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def layer(module: str) -> int | None:
    """Return the layer of the innermost package that is listed."""
    numbers = {package: number for number, packages in enumerate(LAYERS) for package in packages}
    listed = [package for package in numbers if within(module, package)]
    return numbers[max(listed, key=len)] if listed else None


def third_party(path: Path) -> set[str]:
    tops = {name.partition(".")[0] for name in imported(path)}
    return {top for top in tops if top not in sys.stdlib_module_names | {"lab", "strategies"}}


def in_the_project(path: Path) -> set[str]:
    return {name for name in imported(path) if name.partition(".")[0] in ("lab", "strategies")}


EVERY_MODULE = pytest.mark.parametrize("module", MODULES)


@EVERY_MODULE
def test_a_module_has_a_layer_and_imports_nothing_later(module: str) -> None:
    own = layer(module)
    if module == "lab":
        assert in_the_project(MODULES[module]) == set()
        return
    assert own is not None, f"{module} stands in no layer of {Path(__file__).name}"
    later = {}
    for name in in_the_project(MODULES[module]) - {"lab"}:
        other = layer(name)
        assert other is not None, f"{module} imports {name}, which stands in no layer"
        if other > own:
            later[name] = LAYERS[other]
    assert later == {}


@EVERY_MODULE
def test_a_module_imports_only_what_is_there(module: str) -> None:
    assert in_the_project(MODULES[module]) <= set(MODULES)


@EVERY_MODULE
def test_the_measured_process_has_only_the_standard_library(module: str) -> None:
    packages = third_party(MODULES[module])
    if module == "lab" or any(within(module, name) for name in IN_THE_MEASURED_PROCESS):
        assert packages == set() or within(module, "strategies.layouts") or module in WRAPPERS


@EVERY_MODULE
def test_only_the_histogram_imports_hdrh(module: str) -> None:
    assert "hdrh" not in third_party(MODULES[module]) or within(module, "lab.histogram")


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: in_the_project(path) - {module} for module, path in MODULES.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert set(order) == set(MODULES)


@EVERY_MODULE
def test_a_module_is_short(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_PER_MODULE


@EVERY_MODULE
def test_functions_are_short(module: str) -> None:
    long = {}
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # a signature and a docstring may be long: they are read, not followed
            body = node.body[ast.get_docstring(node) is not None :]
            lines = sum((each.end_lineno or 0) - each.lineno + 1 for each in body)
            if lines > LINES_PER_FUNCTION:
                long[node.name] = lines
    assert long == {}


def test_the_rules_see_what_they_are_for() -> None:
    assert third_party(ROOT / "lab/histogram/core.py") == {"hdrh", "numpy"}
    assert third_party(ROOT / "strategies/layouts/flat.py") == {"numpy"}
    assert "lab.trial.block" in in_the_project(ROOT / "lab/trial/service.py")
    assert "lab.histogram.core" in in_the_project(ROOT / "lab/histogram/hlog.py")
    assert "strategies.layouts" in in_the_project(ROOT / "strategies/discovery.py")
    assert layer("lab.stores.memory") == 1
    assert layer("lab.store") == 6
    assert layer("lab.testing.checks") < layer("lab.runner") < layer("lab.testing.workers")
    assert layer("laboratory") is None
