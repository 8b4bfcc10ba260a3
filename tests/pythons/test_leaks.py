"""What of this interpreter's surroundings reaches another one: nothing that says where code is."""

from __future__ import annotations

import sys

from lab.pythons import environment_of

OURS = {
    "PYTHONPATH": "/ours",
    "PYTHONHOME": "/ours",
    "VIRTUAL_ENV": "/ours",
    "PYTHONUSERBASE": "/ours",
    "CONDA_PREFIX": "/ours",
    "CONDA_DEFAULT_ENV": "ours",
    "__PYVENV_LAUNCHER__": "/ours",
}
EVERYBODY_S = {"PATH": "/bin", "HOME": "/root", "PYTHON_GIL": "0", "PYPY_GC_NURSERY": "4M"}


def test_another_interpreter_is_not_told_where_this_one_s_code_lies() -> None:
    assert environment_of("/elsewhere/python3", {**OURS, **EVERYBODY_S}) == EVERYBODY_S


def test_this_interpreter_keeps_its_environment() -> None:
    both = {**OURS, **EVERYBODY_S}
    assert environment_of(sys.executable, both) == both
