"""Whole records from a stream of binary data, checked not to be text."""

from __future__ import annotations

from collections.abc import Iterator

from lab.workload.traces.interface import (
    CHUNK_ACCESSES,
    NAME_TRUE_FORMAT,
    MalformedError,
    Stream,
    TruncatedError,
)

_TEXT_BYTES = 64 * 1024
_TEXT = bytes([*b"\t\n\r", *range(0x20, 0x7F)])


def record_blocks(stream: Stream, record_bytes: int, record: str) -> Iterator[bytes]:
    """Yield the data in blocks of 1 to `CHUNK_ACCESSES` whole records.

    Parameters
    ----------
    record
        What a record is, for messages: ``a key``.

    Raises
    ------
    MalformedError
        The first 64 KiB hold nothing but printable ASCII.
    TruncatedError
        The data ends within a record, or the stream says so; the whole records were yielded.
    """
    done_bytes = 0
    rest_bytes = 0
    for block in stream.blocks(record_bytes * CHUNK_ACCESSES):
        if done_bytes == 0 and not block[:_TEXT_BYTES].translate(None, _TEXT):
            raise MalformedError(
                f"looks like text, and this format is binary: {NAME_TRUE_FORMAT}, such as lirs "
                "or csv:COLUMN"
            )
        rest_bytes = len(block) % record_bytes
        whole_bytes = len(block) - rest_bytes
        if whole_bytes:
            yield block[:whole_bytes]
        done_bytes += whole_bytes
    if rest_bytes:
        raise TruncatedError(
            f"{rest_bytes} of the {record_bytes} bytes of {record} at byte {done_bytes:,}"
        )
