"""A run for the tools that people already use: one module per format, found by looking in here.

A format is a module with a NAME, a TITLE, a PACKAGE and ``parts(stored, lanes)``. Add a file and
``gclab export --format NAME`` writes it; nothing else has to be edited.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.report.export.folder import ExportFolder
from lab.report.export.model import LANES, ExportFile, Format, Note
from lab.store import StoredRun
from strategies.errors import UsageError, unknown

__all__ = ["LANES", "ExportFile", "Exported", "Format", "Note", "available", "export"]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    files : tuple of Path
        In the order of writing.
    notes : tuple of str
        What must be known of them: what was left out, and why.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def available() -> dict[str, Format]:
    """Find the formats: name to module, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    formats = [module for module in modules if isinstance(module, Format)]
    return {each.NAME: each for each in sorted(formats, key=lambda each: each.NAME)}


def export(
    stored: StoredRun, names: Sequence[str], folder: Path, *, lanes: int = LANES
) -> Exported:
    """Write a run in other formats; files of an earlier export of the same run are replaced.

    Parameters
    ----------
    stored : StoredRun
        The run; its own files are only read.
    names : sequence of str
        Formats, each written once.
    folder : Path
        Where to: made if it is not there.
    lanes : int
        At most so many tracks of slow requests per trial, for formats that draw requests.

    Raises
    ------
    UsageError
        An unknown format, a package that is missing, a run without a trial or with a damaged
        file, a folder that cannot be written, or that holds files which are no export of this run.
    """
    formats = [_named(name) for name in dict.fromkeys(names)]
    if not stored.trials:
        raise UsageError(f"{stored.folder} has no trial that ended: there is nothing to export")
    target = ExportFolder(folder, stored)
    files: list[Path] = []
    notes: list[str] = []
    for each in formats:
        try:
            parts, told = target.write(each.NAME, each.parts(stored, lanes))
        except ValueError as error:
            raise UsageError(f"{stored.folder}: a stored file is damaged: {error}") from error
        files += parts
        notes += told
    return Exported(tuple(files), tuple(dict.fromkeys(notes)))


def _named(name: str) -> Format:
    formats = available()
    if name not in formats:
        raise unknown("format", name, formats)
    package = formats[name].PACKAGE
    if package and importlib.util.find_spec(package) is None:
        raise UsageError(
            f"format {name!r} needs the package {package!r}: pip install 'gclab[{name}]', "
            f"or pip install {package}"
        )
    return formats[name]
