"""The block file: the boundary of the measured process.

One memory-mapped file of a header and a ring of blocks; a block is columns of up to B records. The
runner writes due times, keys, arguments and operations; the worker writes outcomes, stamps and, on
reads, the message id that it saw. Blocks pass by one-byte tokens on two pipes, so nobody polls and
the system call orders the memory. Every header field is one 64-bit word in native byte order.
The format for workers in other languages is in docs/block-format.md.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

from strategies.buffers import Typed, View, viewer

VERSION = 1
MAGIC = int.from_bytes(b"GCLABBLK", "little")
BYTE_ORDER_MARK = 0x0102030405060708
CLOCK_MONOTONIC = 1
HEADER_WORDS = 64
BLOCK_SIZE_MIN, BLOCK_SIZE_MAX = 64, 16_384


class Phase(IntEnum):
    """The value of a token: what the block is for. An empty block ends its phase."""

    FILL = 1
    AGE = 2
    WARM_UP = 3
    MEASURE = 4
    DUMP = 5
    QUIT = 6


class Operation(IntEnum):
    """Column ``operation``. A commit's argument: 0 seals, n hands out up to n sealed states."""

    READ = 0
    ACK = 1
    MENTION = 2
    COMMIT = 3


MISS, EVICTED = 1, 2
"""Bits of the outcome column; 0 is a hit. In the dump, 1 marks a payload that is not intact."""


class Word(IntEnum):
    """Places of the header's words."""

    MAGIC = 0
    VERSION = 1
    BYTE_ORDER = 2
    CLOCK = 3
    FILE_BYTES = 4
    BLOCKS = 5
    BLOCK_SIZE = 6
    TABLE_OFFSET = 7
    BLOCKS_OFFSET = 8
    BLOCK_STRIDE = 9
    DUE_COLUMN = 10
    KEY_COLUMN = 11
    ARGUMENT_COLUMN = 12
    STARTED_COLUMN = 13
    FINISHED_COLUMN = 14
    OPERATION_COLUMN = 15
    OUTCOME_COLUMN = 16
    GC_OFFSET = 17
    GC_CAPACITY = 18
    GC_RECORD_WORDS = 19
    GC_WRITTEN = 20
    GC_LOST = 21
    EVIDENCE_OFFSET = 22
    EVIDENCE_CAPACITY = 23
    EVIDENCE_RECORD_WORDS = 24
    EVIDENCE_WRITTEN = 25
    EVIDENCE_LOST = 26
    T0_NS = 27
    ERROR = 28


class ErrorCode(IntEnum):
    """Header word ``ERROR``: why the worker gave up."""

    NONE = 0
    BAD_HEADER = 1
    BAD_SPEC = 2
    TRIAL_FAILED = 3
    CONTRACT_BROKEN = 4


GC_RECORD_WORDS = 6
"""A GC event: started_ns, finished_ns, generation, collected, uncollectable, flags."""
GC_FLAGS = 5
"""The place of the flags in a GC event."""
EXPLICIT, CONCURRENT = 1, 2
"""Flags: somebody asked for it; the process ran on meanwhile, so that it is no pause."""

EVIDENCE_RECORD_WORDS = 12
"""What is known inside of an operation that was slow by itself: finished_ns as stamped; since when
and until when the worker looked (CLOCK_MONOTONIC ns); then how far each of these moved meanwhile:
run delay (ns), CPU time of the serving thread (ns), voluntary context switches, the process's time
in the kernel (ns), minor and major faults, re-hashes of the index, time in the database's loads
and saves (ns)."""


class BlockFileError(Exception):
    """The file is not a block file that this version can serve."""


class Block:
    """One block: its columns, typed, over the mapping."""

    __slots__ = (
        "_row",
        "_table",
        "arguments",
        "due",
        "finished",
        "keys",
        "operations",
        "outcomes",
        "started",
    )

    def __init__(self, view: View, words: Typed, number: int) -> None:
        size = words[Word.BLOCK_SIZE]
        base = words[Word.BLOCKS_OFFSET] + number * words[Word.BLOCK_STRIDE]

        def column(word: Word, typecode: str) -> Typed:
            return view(base + words[word], size, typecode)

        self.due = column(Word.DUE_COLUMN, "q")
        self.keys = column(Word.KEY_COLUMN, "q")
        self.arguments = column(Word.ARGUMENT_COLUMN, "Q")
        self.started = column(Word.STARTED_COLUMN, "q")
        self.finished = column(Word.FINISHED_COLUMN, "q")
        self.operations = column(Word.OPERATION_COLUMN, "B")
        self.outcomes = column(Word.OUTCOME_COLUMN, "B")
        table = words[Word.TABLE_OFFSET] // 8
        self._table = words
        self._row = table + 2 * number

    @property
    def count(self) -> int:
        """Records in this block."""
        count: int = self._table[self._row]
        return count

    @count.setter
    def count(self, value: int) -> None:
        self._table[self._row] = value

    @property
    def phase(self) -> int:
        """The phase that this block belongs to."""
        phase: int = self._table[self._row + 1]
        return phase

    @phase.setter
    def phase(self, value: int) -> None:
        self._table[self._row + 1] = value


class BlockFile:
    """A mapped block file; `create` outside, `open` in the worker."""

    def __init__(self, mapping: mmap.mmap) -> None:
        self._mapping = mapping
        self._view = viewer(mapping)
        self.words: Typed = self._view(0, len(mapping) // 8, "q")
        numbers = range(self.words[Word.BLOCKS])
        self.blocks = [Block(self._view, self.words, number) for number in numbers]
        self.gc_events = self._ring(Word.GC_OFFSET, Word.GC_CAPACITY, GC_RECORD_WORDS)
        self.evidence = self._ring(
            Word.EVIDENCE_OFFSET, Word.EVIDENCE_CAPACITY, EVIDENCE_RECORD_WORDS
        )
        for page in range(0, len(mapping), mmap.PAGESIZE):  # every page is there before the clock
            mapping[page]

    def _ring(self, offset: Word, capacity: Word, record_words: int) -> Typed:
        begin = self.words[offset] // 8
        return self.words[begin : begin + self.words[capacity] * record_words]

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        blocks: int,
        block_size: int,
        gc_capacity: int,
        evidence_capacity: int = 0,
    ) -> BlockFile:
        """Make the file and map it; without room for evidence the worker takes none down.

        Raises
        ------
        ValueError
            ``block_size`` outside 64 to 16,384 or not a multiple of 8.
        """
        words = header(
            blocks=blocks,
            block_size=block_size,
            gc_capacity=gc_capacity,
            evidence_capacity=evidence_capacity,
        )
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, words[Word.FILE_BYTES])
            mapping = mmap.mmap(descriptor, words[Word.FILE_BYTES])
        finally:
            os.close(descriptor)
        view = memoryview(mapping)[: 8 * HEADER_WORDS].cast("q")
        for place, word in enumerate(words):
            view[place] = word
        return cls(mapping)

    @classmethod
    def open(cls, path: Path) -> BlockFile:
        """Map an existing file, check its header and unlink it: a crash then leaves nothing."""
        descriptor = os.open(path, os.O_RDWR)
        try:
            size = os.fstat(descriptor).st_size
            if size < 8 * HEADER_WORDS:
                raise BlockFileError(f"block file of {size} bytes is shorter than its header")
            mapping = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        os.unlink(path)
        words = memoryview(mapping)[: 8 * HEADER_WORDS].cast("q")
        check_header(words, size)
        return cls(mapping)

    def cycle(self) -> Iterator[Block]:
        """Yield the blocks in the order of the ring, for ever."""
        while True:
            yield from self.blocks


def header(
    *, blocks: int, block_size: int, gc_capacity: int, evidence_capacity: int = 0
) -> list[int]:
    """Lay the file out and return its header words.

    Raises
    ------
    ValueError
        ``block_size`` outside 64 to 16,384 or not a multiple of 8.
    """
    if not BLOCK_SIZE_MIN <= block_size <= BLOCK_SIZE_MAX or block_size % 8:
        raise ValueError(f"block size {block_size}: a multiple of 8 from 64 to 16,384")
    words = [0] * HEADER_WORDS
    words[Word.MAGIC] = MAGIC
    words[Word.VERSION] = VERSION
    words[Word.BYTE_ORDER] = BYTE_ORDER_MARK
    words[Word.CLOCK] = CLOCK_MONOTONIC
    words[Word.BLOCKS] = blocks
    words[Word.BLOCK_SIZE] = block_size
    words[Word.TABLE_OFFSET] = 8 * HEADER_WORDS
    words[Word.GC_OFFSET] = words[Word.TABLE_OFFSET] + 16 * blocks
    words[Word.GC_CAPACITY] = gc_capacity
    words[Word.GC_RECORD_WORDS] = GC_RECORD_WORDS
    words[Word.EVIDENCE_OFFSET] = words[Word.GC_OFFSET] + 8 * GC_RECORD_WORDS * gc_capacity
    words[Word.EVIDENCE_CAPACITY] = evidence_capacity
    words[Word.EVIDENCE_RECORD_WORDS] = EVIDENCE_RECORD_WORDS
    words[Word.BLOCKS_OFFSET] = (
        words[Word.EVIDENCE_OFFSET] + 8 * EVIDENCE_RECORD_WORDS * evidence_capacity
    )
    offset = 0
    for column, item in (
        (Word.DUE_COLUMN, 8),
        (Word.KEY_COLUMN, 8),
        (Word.ARGUMENT_COLUMN, 8),
        (Word.STARTED_COLUMN, 8),
        (Word.FINISHED_COLUMN, 8),
        (Word.OPERATION_COLUMN, 1),
        (Word.OUTCOME_COLUMN, 1),
    ):
        words[column] = offset
        offset += item * block_size
    words[Word.BLOCK_STRIDE] = (offset + 63) // 64 * 64
    words[Word.FILE_BYTES] = words[Word.BLOCKS_OFFSET] + blocks * words[Word.BLOCK_STRIDE]
    return words


def check_header(words: Typed, size: int) -> None:
    """Refuse what is not a block file of this version, clock and byte order, in one line.

    Raises
    ------
    BlockFileError
        With the reason.
    """
    if words[Word.MAGIC] != MAGIC:
        raise BlockFileError("not a block file: wrong magic")
    if words[Word.VERSION] != VERSION:
        raise BlockFileError(
            f"block format version {words[Word.VERSION]}, this worker speaks version {VERSION}"
        )
    if words[Word.BYTE_ORDER] != BYTE_ORDER_MARK:
        raise BlockFileError(f"byte order differs from this machine's ({sys.byteorder})")
    if words[Word.CLOCK] != CLOCK_MONOTONIC:
        raise BlockFileError(f"clock {words[Word.CLOCK]} is unknown; expected CLOCK_MONOTONIC (1)")
    if words[Word.FILE_BYTES] != size:
        raise BlockFileError(
            f"block file is {size} bytes, its header says {words[Word.FILE_BYTES]}"
        )
