"""Starts the worker, or another module, in any interpreter, with that interpreter's packages.

Run by path. The folders of ``lab`` and ``strategies`` are made importable by themselves, without
the folder that they lie in: that one may be another interpreter's site-packages.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path


def offer(name: str, folder: Path) -> None:
    """Make the package in ``folder`` importable as ``name``."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    offer("lab", here.parent)
    offer("strategies", Path(sys.argv[1]))
    module = sys.argv[2] if sys.argv[2:] else "lab.trial.worker"
    sys.exit(importlib.import_module(module).main())
