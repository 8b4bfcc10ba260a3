"""Open a trace file, plain or compressed, as a stream of blocks.

The compression is told by the file's first bytes, never by its name.
"""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from lab.workload.traces.interface import DamagedError, TruncatedError
from lab.workload.traces.zstd import BadZstdFileError, ZstdFile
from strategies.errors import UsageError


@dataclass(frozen=True, slots=True)
class Compression:
    """One way to compress a file.

    Attributes
    ----------
    magic
        The bytes that every such file begins with.
    open
        Wraps the raw file in one that decompresses; an ImportError where `package` is missing.
    damage
        What reading raises on data that cannot be decoded.
    ending
        The bytes that a whole file ends with, zero padding aside; empty: not defined.
    package
        What to install where the standard library cannot open it.
    """

    name: str
    magic: bytes
    open: Callable[[BinaryIO], io.BufferedIOBase]
    damage: tuple[type[Exception], ...]
    ending: bytes = b""
    package: str = ""


def _open_gzip(raw: BinaryIO) -> io.BufferedIOBase:
    return gzip.GzipFile(fileobj=raw, mode="rb")


def _open_xz(raw: BinaryIO) -> io.BufferedIOBase:
    return lzma.LZMAFile(raw)


# Magic numbers: RFC 1952 (with method 8, deflate), the .xz format 1.2 (2.1.1, 2.1.2), RFC 8878.
# The ending of xz is checked because LZMAFile passes over a following stream that it cannot read.
COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b\x08", _open_gzip, (zlib.error, gzip.BadGzipFile)),
    Compression("xz", b"\xfd7zXZ\x00", _open_xz, (lzma.LZMAError,), ending=b"YZ"),
    Compression("zstd", b"\x28\xb5\x2f\xfd", ZstdFile, (BadZstdFileError,), package="zstandard"),
)


class FileStream:
    """The decompressed bytes of a file, read once from the beginning; a context manager.

    Raises
    ------
    UsageError
        The file is missing, not a regular file, unreadable, or compressed in a way that needs a
        package which is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closing = ExitStack()
        try:
            # Before opening it: a pipe would block, and could not be read a second time.
            if not stat.S_ISREG(path.stat().st_mode):
                kind = "a directory" if path.is_dir() else "not a regular file"
                raise UsageError(f"trace {path}: {kind}: give the path of the trace file itself")
            self._raw = self._closing.enter_context(path.open("rb"))
            start = self._raw.read(max(len(known.magic) for known in COMPRESSIONS))
            self._raw.seek(0)
        except FileNotFoundError:
            raise UsageError(f"trace {path}: no such file: check the path") from None
        except OSError as error:
            raise self._unreadable(error) from None
        self._file: io.BufferedIOBase = self._raw
        self._compression = next(
            (known for known in COMPRESSIONS if start.startswith(known.magic)), None
        )
        if self._compression is not None:
            self._file = self._decompressed(self._compression)

    def _decompressed(self, compression: Compression) -> io.BufferedIOBase:
        try:
            return self._closing.enter_context(compression.open(self._raw))
        except ImportError:
            self._closing.close()
            raise UsageError(
                f"trace {self._path}: compressed with {compression.name}, which cannot be read "
                f"here: pip install {compression.package}, or decompress the file"
            ) from None

    def _unreadable(self, error: OSError) -> UsageError:
        return UsageError(
            f"trace {self._path}: cannot be read ({error.strerror or error}): "
            "check the file and its permissions"
        )

    def __enter__(self) -> FileStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def blocks(self, size: int) -> Iterator[bytes]:
        """Yield the data in blocks of `size` bytes; see `Stream.blocks`."""
        held = bytearray()
        while True:
            # read1, as read() would throw away what it has when the end comes too early.
            part, failure = self._read1(size - len(held))
            held += part
            if len(held) == size or (held and not part):
                yield bytes(held)
                held.clear()
            if failure is not None:
                raise failure
            if not part:
                return

    def _read1(self, size: int) -> tuple[bytes, Exception | None]:
        """Read up to `size` bytes; none at the end, with the failure if the end is not a good one.

        A failure is returned, not raised, so that the caller can first yield what it holds.
        """
        compression = self._compression
        damage = compression.damage if compression else ()
        name = compression.name if compression else "plain"
        try:
            part = self._file.read1(size)
            if not part and compression and not self._ends_with(compression.ending):
                return b"", DamagedError(f"what follows the {name} data is no {name} data")
        except EOFError:
            return b"", TruncatedError(f"the {name} data ends before its end mark")
        except damage as error:
            return b"", DamagedError(f"the {name} data is corrupt ({error})")
        except OSError as error:
            return b"", self._unreadable(error)
        return part, None

    def _ends_with(self, ending: bytes) -> bool:
        if not ending:
            return True
        self._raw.seek(max(0, self._path.stat().st_size - 4096))
        return self._raw.read().rstrip(b"\0").endswith(ending)
