"""Where interpreters are looked for: folders, in the order in which they count."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

VARIABLE = "GCLAB_PYTHONS"
"""Names folders with interpreters in them, before all others."""

_COMMAND = re.compile(r"(python|pypy)(3(\.\d+)?t?)?")
_CONDA = ("anaconda3", "mambaforge", "micromamba", "miniconda3", "miniforge3")
_CONDA_LIST = Path(".conda") / "environments.txt"
_SHIMS = "shims"
"""pyenv's folder of commands that choose a version anew each time: the versions count."""


def candidates(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the files that are called like an interpreter and may be run, once each by path."""
    files = (file for folder in folders(environment) for file in _commands(folder))
    return list(dict.fromkeys(files))


def folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where interpreters lie: `VARIABLE`, PATH, then what pyenv, uv and conda installed."""
    home = Path(environment.get("HOME") or Path.home())
    for name in (VARIABLE, "PATH"):
        for folder in filter(None, environment.get(name, "").split(os.pathsep)):
            if Path(folder).name != _SHIMS:
                yield Path(folder).expanduser().absolute()
    yield from _below(_folder(environment, "PYENV_ROOT", home / ".pyenv") / "versions")
    data = _folder(environment, "XDG_DATA_HOME", home / ".local" / "share")
    yield from _below(_folder(environment, "UV_PYTHON_INSTALL_DIR", data / "uv" / "python"))
    for root in _conda_roots(environment, home):
        yield root / "bin"
        yield from _below(root / "envs")
    for line in _lines(home / _CONDA_LIST):
        yield Path(line) / "bin"


def _conda_roots(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    if "CONDA_PREFIX" in environment:
        yield Path(environment["CONDA_PREFIX"])
    yield Path("/opt/conda")
    for parent in (home, Path("/opt")):
        yield from (parent / name for name in _CONDA)


def _folder(environment: Mapping[str, str], name: str, otherwise: Path) -> Path:
    return Path(environment[name]) if environment.get(name) else otherwise


def _below(folder: Path) -> Iterator[Path]:
    """Yield the ``bin`` of everything installed in a folder."""
    yield from (each / "bin" for each in _listed(folder))


def _commands(folder: Path) -> Iterator[Path]:
    for file in _listed(folder):
        if _COMMAND.fullmatch(file.name) and file.is_file() and os.access(file, os.X_OK):
            yield file


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
