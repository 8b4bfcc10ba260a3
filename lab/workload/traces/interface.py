"""What a trace format is: a name, its parameters, and a reader that yields chunks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

CHUNK_ACCESSES = 65_536
"""The most accesses in one chunk: what bounds the memory of reading a trace of any length."""

NAME_TRUE_FORMAT = "name the file's true format (gclab list traces)"
"""The advice that ends every message about data of another format."""


class MalformedError(Exception):
    """The data is not what the format says: what and where, without the path."""


class TruncatedError(Exception):
    """The data ends too early; all whole accesses before that point have been yielded."""


class DamagedError(Exception):
    """The compressed data cannot be decoded from here on."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A run of consecutive accesses, at most `CHUNK_ACCESSES`, at least one.

    Attributes
    ----------
    keys
        Shape (n,): the 64-bit pattern of each key.
    times_ns
        Shape (n,): nanoseconds since the first access of the trace, never decreasing; None if
        the trace has no times.
    texts
        The n keys as written, where some of them is not a signed 64-bit number; None where each
        key is its own number.
    """

    keys: NDArray[np.int64]
    times_ns: NDArray[np.int64] | None = None
    texts: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One option of a format, given by position or as ``name=value``.

    Attributes
    ----------
    value
        What to write for the value in a usage line, such as ``COLUMN``; for a parameter with
        choices, they are written instead.
    choices
        The only values allowed; empty: any.
    """

    name: str
    description: str
    value: str = "VALUE"
    required: bool = False
    choices: tuple[str, ...] = ()


class Stream(Protocol):
    """The decompressed bytes of a trace file."""

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the data in blocks of `size` bytes; the last one may be shorter.

        Raises
        ------
        TruncatedError
            The compressed data ends too early; all that could be decoded was yielded before.
        DamagedError
            The compressed data cannot be decoded.
        """
        ...


class TraceFormat(ABC):
    """How the accesses lie in the file. Subclass, declare, decorate with `@trace_format`.

    An instance holds its options and no state of a reading: `read` may be called many times.

    Parameters
    ----------
    options
        The values by parameter name, already checked against `parameters`.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, options: Mapping[str, str]) -> None:
        self.options = dict(options)

    @abstractmethod
    def read(self, stream: Stream) -> Iterator[Chunk]:
        """Yield the accesses in order, never holding more than a chunk or so of them.

        Raises
        ------
        MalformedError
            The data is not of this format.
        TruncatedError
            The data ends within a record; the whole records before it were yielded.
        """

    @classmethod
    def usage(cls) -> str:
        """Say how to write this format: ``csv:COLUMN[,time=COLUMN][,unit=s|ms|us|ns]``."""
        text = cls.name
        separator = ":"
        for parameter in cls.parameters:
            value = "|".join(parameter.choices) or parameter.value
            text += (
                separator + value
                if parameter.required
                else f"[{separator}{parameter.name}={value}]"
            )
            separator = ","
        return text


FormatT = TypeVar("FormatT", bound=type[TraceFormat])

_registered: dict[str, type[TraceFormat]] = {}


def trace_format(cls: FormatT) -> FormatT:
    """Register a format under its name; meant as a class decorator."""
    if cls.name in _registered:
        raise ValueError(f"two trace formats are named {cls.name!r}")
    _registered[cls.name] = cls
    return cls


def registered() -> dict[str, type[TraceFormat]]:
    """Return the formats registered so far, by name (a copy)."""
    return dict(_registered)
