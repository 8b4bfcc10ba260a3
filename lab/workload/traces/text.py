"""Lines of text from a stream, in bounded memory, with every line checked to be text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.interface import (
    NAME_TRUE_FORMAT,
    MalformedError,
    Stream,
    TruncatedError,
)

_BLOCK_BYTES = 256 * 1024
_LINE_BYTES = 1024 * 1024
_NUMBER_DIGITS = 19
_QUOTED = 80

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


def whole_number(text: str, most: int, what: str, line: int) -> int:
    """Read a number from 0 to `most`, below 10^19, that stands in this line.

    Raises
    ------
    MalformedError
        It is none; ``what`` names the field.
    """
    # The length first: int() refuses thousands of digits, by an exception of its own.
    if text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS and int(text) <= most:
        return int(text)
    raise MalformedError(
        f"line {line:,}: {what} {text[:_QUOTED]!r} is not a whole number from 0 to {most:,}: "
        f"correct the line, or {NAME_TRUE_FORMAT}"
    )


def whole_numbers(
    texts: Sequence[str], most: int, what: str, lines: Sequence[int]
) -> NDArray[np.int64]:
    """Read n numbers from 0 to `most`, below 2^63, the i-th of which stands in line ``lines[i]``.

    Raises
    ------
    MalformedError
        One of them is none; ``what`` names the field.
    """
    # All at once what is nearly always so: a check for each would take longer than the rest.
    if all(map(str.isdecimal, texts)) and max(map(len, texts), default=0) <= _NUMBER_DIGITS:
        numbers = list(map(int, texts))
        if max(numbers, default=0) <= most and "".join(texts).isascii():
            return np.array(numbers, np.int64)
    checked = [
        whole_number(text, most, what, line) for text, line in zip(texts, lines, strict=True)
    ]
    return np.array(checked, np.int64)


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
