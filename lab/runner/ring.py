"""The reading end of a ring of records in a worker's block file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.trial.block import EVIDENCE_RECORD_WORDS, GC_RECORD_WORDS, BlockFile, Word

COLLECTION_OVER, OPERATION_OVER = 1, 0
"""The word of a GC event, and of an evidence record, that says when it was over."""


class Ring:
    """Reads what was written since it was last read; the oldest may be overwritten by then."""

    def __init__(self, file: BlockFile, written: Word, records: NDArray[np.int64]) -> None:
        self._file, self._written, self._records = file, written, records
        self._read = 0
        self._held = records[:0]
        self.lost = 0

    @classmethod
    def of_events(cls, file: BlockFile) -> Ring:
        """Read GC events; records of shape (6,)."""
        return cls(file, Word.GC_WRITTEN, np.asarray(file.gc_events).reshape(-1, GC_RECORD_WORDS))

    @classmethod
    def of_evidence(cls, file: BlockFile) -> Ring:
        """Read the evidence on slow operations; records of shape (12,)."""
        records = np.asarray(file.evidence).reshape(-1, EVIDENCE_RECORD_WORDS)
        return cls(file, Word.EVIDENCE_WRITTEN, records)

    def read(self) -> NDArray[np.int64]:
        """Return the records written since the last call; shape (n, words of a record)."""
        written = int(self._file.words[self._written])
        overrun = max(0, written - self._read - len(self._records))
        self.lost += overrun
        numbers = np.arange(self._read + overrun, written)
        self._read = written
        return self._records[numbers % max(len(self._records), 1)]

    def skip(self) -> None:
        """Pass over what was written so far: it is of no interest, and not lost."""
        self._read = int(self._file.words[self._written])
        self._held = self._records[:0]

    def until(self, word: int, end_ns: int) -> NDArray[np.int64]:
        """Return the unread records whose time, in one of their words, is at most ``end_ns``.

        The others are held back: their blocks have not been taken in yet.
        """
        unread = np.concatenate([self._held, self.read()])
        over = int(np.searchsorted(unread[:, word], end_ns, side="right"))
        self._held = unread[over:]
        return unread[:over]
