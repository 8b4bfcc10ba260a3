"""Starts the worker like the lab does, with the broken layouts among the others.

Arguments: the lab's bootstrap script, the folder of ``strategies``, and a folder of more layouts.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    bootstrap, strategies_folder, more = (Path(argument) for argument in sys.argv[1:])
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    offer = load(bootstrap).offer
    offer("lab", bootstrap.parent.parent)
    offer("strategies", strategies_folder)

    import strategies.layouts

    strategies.layouts.__path__.append(str(more))
    from lab.trial.worker import main

    sys.exit(main())
