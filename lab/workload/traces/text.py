"""Lines of text from a stream, in bounded memory, with every line checked to be text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from lab.workload.traces.interface import (
    NAME_TRUE_FORMAT,
    MalformedError,
    Stream,
    TruncatedError,
)

_BLOCK_BYTES = 256 * 1024
_LINE_BYTES = 1024 * 1024

T = TypeVar("T")


def line_batches(stream: Stream) -> Iterator[list[str]]:
    """Yield the lines in order, without their newlines, some hundred kilobytes at a time.

    The last line needs no newline, unless the data is cut: then it is left out. A byte order
    mark is removed. Only a newline ends a line, so a carriage return stays at a line's end.

    Raises
    ------
    MalformedError
        A line that is not UTF-8, holds a NUL or is longer than 1 MiB.
    TruncatedError, DamagedError
        From the stream, after all whole lines have been yielded.
    """
    number = 1
    rest = b""
    for block in stream.blocks(_BLOCK_BYTES):
        data = rest + block
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            lines = _decode(data[:end], number).split("\n")
            lines.pop()
            number += len(lines)
            yield lines
        if len(rest) > _LINE_BYTES:
            raise MalformedError(
                f"line {number:,} is longer than 1 MiB, so this is no text: {NAME_TRUE_FORMAT}"
            )
    if rest:
        yield [_decode(rest, number)]


def _decode(data: bytes, number: int) -> str:
    """Decode whole lines, the first of which has this number."""
    at = data.find(b"\0")
    if at < 0:
        try:
            return data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            at = error.start
    line = number + data.count(b"\n", 0, at)
    raise MalformedError(
        f"line {line:,} holds bytes that are not UTF-8 text, so this is binary data or text in "
        f"another encoding: {NAME_TRUE_FORMAT}"
    )


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`; if they end in `TruncatedError`, first what there is."""
    batch: list[T] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except TruncatedError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
