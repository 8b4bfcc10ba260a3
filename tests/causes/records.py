"""Operations, collections and evidence written by hand, in microseconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.causes.stalls import Instrument, Served
from lab.trial.block import (
    CONCURRENT,
    EVIDENCE_RECORD_WORDS,
    GC_FLAGS,
    GC_RECORD_WORDS,
    Operation,
)

US = 1_000
READ, ACK, MENTION, COMMIT = Operation
T0 = 7_000_000_000_000
SPINNING = Instrument(slow_ns=250 * US, fault_ns=US, spinning=True)
SLEEPING = Instrument(slow_ns=250 * US, fault_ns=US, spinning=False)
EVIDENCE = (
    "finished",
    "since",
    "until",
    "run_delay",
    "cpu",
    "voluntary",
    "kernel",
    "minor_faults",
    "major_faults",
    "epochs",
    "load",
    "save",
)
COUNTS = ("voluntary", "minor_faults", "major_faults", "epochs")


def operations(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """Columns of (due, started, finished[, operation[, outcome]]) rows in us since T0."""
    full = [(*row, *(ACK, 0)[len(row) - 3 :]) for row in rows]
    due, started, finished, kinds, outcomes = (
        np.array(column) for column in zip(*full, strict=True)
    )
    return {
        "due": due * US + T0,
        "started": started * US + T0,
        "finished": finished * US + T0,
        "operations": kinds.astype(np.uint8),
        "outcomes": outcomes.astype(np.uint8),
    }


def served(*rows: tuple[Any, ...], sent: int = -1_000) -> Served:
    columns = operations(*rows)
    before = np.concatenate([[T0], columns["finished"][:-1]])
    began = np.maximum(columns["due"], before)
    return Served(began=began, ended=columns["finished"], sent_ns=T0 + sent * US, **columns)


def events(*rows: tuple[int, int, int]) -> Any:
    """GC records of (start, end, generation), us since T0."""
    table = np.zeros((len(rows), GC_RECORD_WORDS), np.int64)
    for row, (start, end, generation) in zip(table, rows, strict=True):
        row[:3] = start * US + T0, end * US + T0, generation
    return table


def cycles(*rows: tuple[int, int]) -> Any:
    """GC records of (start, end) of collections of the whole heap that ran beside, us since T0."""
    table = events(*((start, end, 2) for start, end in rows))
    table[:, GC_FLAGS] = CONCURRENT
    return table


def evidence(**figures: int) -> Any:
    """One record; times in us, counts as they are.

    The look was done at ``finished`` (us since T0) unless ``until`` says otherwise, and the one
    before it was ``elapsed`` earlier.
    """
    figures.setdefault("until", figures["finished"])
    figures["since"] = figures["until"] - figures.pop("elapsed")
    assert set(figures) <= set(EVIDENCE)
    record = [figures.get(name, 0) * (1 if name in COUNTS else US) for name in EVIDENCE]
    return np.array([[value + (T0 if place < 3 else 0) for place, value in enumerate(record)]])


def no_evidence() -> Any:
    return np.empty((0, EVIDENCE_RECORD_WORDS), np.int64)
