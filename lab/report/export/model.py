"""What an exporter is, and what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from lab.store import StoredRun

LANES = 20
"""Tracks of slow requests per trial unless told otherwise: a screen's height."""


@dataclass(frozen=True)
class ExportFile:
    """One file to write, whole.

    Attributes
    ----------
    name : str
        Its name, without a folder.
    content : bytes
        All of it.
    """

    name: str
    content: bytes


@dataclass(frozen=True)
class Note:
    """What a reader must know of an export: something that is not in it, or not exact."""

    message: str


@runtime_checkable
class Format(Protocol):
    """What a module of this package needs in order to be a format."""

    NAME: str
    TITLE: str
    PACKAGE: str | None
    """A package that it needs beyond those of gclab, which the extra of its own name installs."""

    def parts(self, stored: StoredRun, lanes: int) -> Iterator[ExportFile | Note]:
        """Yield the files of a run one by one, and what must be known of them.

        ``lanes`` is how many requests at once a format may draw that draws them; others ignore it.
        """
