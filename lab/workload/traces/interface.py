"""What a trace format is: a name, its parameters, and a reader that yields chunks."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from strategies.options import parameters

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
    """A run of n consecutive accesses, at most `CHUNK_ACCESSES`; none only where some were skipped.

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
    operations
        Shape (n,): 0 read, 1 ack, 2 mention, as in `lab.trial.block.Operation`; None if the trace
        does not say.
    sizes_bytes
        Shape (n,): the size of each access's value; None if the trace does not say. A trial has
        one payload size for all of its entries, so the sizes are reported and not played.
    skipped
        How many accesses that are no request, such as deletions, were left out of this run.
    """

    keys: NDArray[np.int64]
    times_ns: NDArray[np.int64] | None = None
    texts: Sequence[str] | None = None
    operations: NDArray[np.uint8] | None = None
    sizes_bytes: NDArray[np.int64] | None = None
    skipped: int = 0


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

    Its options are the keyword-only parameters of its constructor, read by their annotations as
    those of a layout are (`strategies.options`); one without a default must be given. An instance
    holds its options and no state of a reading: `read` may be called many times.
    """

    name: ClassVar[str]
    description: ClassVar[str]

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
        """Say how to write this format: ``csv:COLUMN[,time=TIME][,unit=s|ms|us|ns]``."""
        signature = inspect.signature(cls)
        text = cls.name
        separator = ":"
        for name, kind in parameters(cls).items():
            choices = "|".join(map(str, get_args(kind)) if get_origin(kind) is Literal else ())
            value = choices or name.upper()
            required = signature.parameters[name].default is inspect.Parameter.empty
            text += separator + value if required else f"[{separator}{name}={value}]"
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
