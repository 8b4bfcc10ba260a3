"""What is known of an interpreter."""

from __future__ import annotations

from dataclasses import dataclass

ALL = "all"
"""Stands for every interpreter that is found, in a matrix and on the command line."""
OLDEST = (3, 11)
CPYTHON = "CPython"


@dataclass(frozen=True)
class Interpreter:
    """A Python that starts.

    Attributes
    ----------
    path : str
        Where it was found, and how it is started.
    commands : tuple of str
        The names of the file there and of the links to it: ``python3``, ``python3.14``.
    implementation, version, release : str
        ``CPython`` or ``PyPy``; the language's full version; PyPy's own version, else "".
    numbers : tuple of int, shape (3,)
        The version's.
    collector : str
        The kind of its collector, see `strategies.collector`.
    thresholds : tuple of int
        Its collector's; empty where there are none.
    """

    path: str
    commands: tuple[str, ...]
    implementation: str
    version: str
    release: str
    numbers: tuple[int, int, int]
    collector: str
    thresholds: tuple[int, ...]
    free_threaded: bool = False

    @property
    def short(self) -> str:
        """Implementation and version as people write them: ``3.14``, ``3.14t``, ``pypy3.11``."""
        return self._written(2)

    @property
    def full(self) -> str:
        """The same with the patch version: ``3.14.8``."""
        return self._written(3)

    @property
    def title(self) -> str:
        """Its name in a sentence: ``CPython 3.14.8``."""
        return f"{self.implementation} {self.version}"

    @property
    def too_old(self) -> bool:
        """Whether the worker cannot run in it."""
        return self.numbers[:2] < OLDEST

    def _written(self, parts: int) -> str:
        prefix = "" if self.implementation == CPYTHON else self.implementation.lower()
        suffix = "t" if self.free_threaded else ""
        return prefix + ".".join(map(str, self.numbers[:parts])) + suffix
