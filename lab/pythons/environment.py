"""Which variables reach another interpreter: none that say where this one's code lies."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_OF_THIS_ONE = (
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONSAFEPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "__PYVENV_LAUNCHER__",
)
_OF_ITS_CONDA = "CONDA_"


def environment_of(program: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for a program: this interpreter's own, or without what is this one's.

    What changes how an interpreter works stays: ``PYTHONMALLOC``, ``PYTHON_GIL``, ``PYPY_GC_*``.
    """
    if program == sys.executable:
        return dict(inherited)
    return {
        name: value
        for name, value in inherited.items()
        if name not in _OF_THIS_ONE and not name.startswith(_OF_ITS_CONDA)
    }
