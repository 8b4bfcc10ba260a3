"""Zstandard files (RFC 8878), by the standard library from Python 3.14 on, else by a package."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import BinaryIO, Protocol

MODULES = ("compression.zstd", "zstandard")

# A block of 4 bytes may stand for 128 KiB: the most that one step can make of this is 128 MiB.
_INPUT_BYTES = 4096


class BadZstdFileError(OSError):
    """The data is no zstd data, or does not agree with its checksum."""


class _Frame(Protocol):
    """Decompresses one frame; what the two modules have in common."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, /) -> bytes: ...


def _zstd() -> tuple[Callable[[], _Frame], type[Exception]]:
    """Return what begins a frame, and what it raises on data that cannot be decoded."""
    standard, package = MODULES
    try:
        module = importlib.import_module(standard)
    except ImportError:
        module = importlib.import_module(package)
        return module.ZstdDecompressor().decompressobj, module.ZstdError
    return module.ZstdDecompressor, module.ZstdError


class ZstdFile(io.BufferedIOBase):
    """The decompressed bytes of a file of one or more frames.

    Frame by frame, because the package's own stream reader takes the end of a truncated file
    for the end of its data.

    Raises
    ------
    ImportError
        Neither module is there.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._begin, self._error = _zstd()
        self._frame = self._begin()
        self._output = memoryview(b"")

    def read1(self, size: int = -1, /) -> bytes:
        """Return at least one byte and at most `size`; none at the end.

        Raises
        ------
        EOFError
            The file ends within a frame; all that could be decoded was returned before.
        BadZstdFileError
            The data cannot be decoded.
        """
        while not self._output:
            unused = self._frame.unused_data if self._frame.eof else b""
            data = unused or self._raw.read(_INPUT_BYTES)
            if not data and self._frame.eof:
                return b""
            if not data:
                raise EOFError
            if self._frame.eof:
                self._frame = self._begin()
            try:
                self._output = memoryview(self._frame.decompress(data))
            except self._error as error:
                raise BadZstdFileError(str(error)) from None
        end = len(self._output) if size < 0 else size
        part, self._output = bytes(self._output[:end]), self._output[end:]
        return part
