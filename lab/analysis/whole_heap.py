"""Which collections of a trial walked the whole heap, whatever collector its runtime has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.store import StoredTrial

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]

GENERATIONAL, CONCURRENT = "generational", "concurrent"
_GENERATION = {GENERATIONAL: 2, "free-threaded": 0, "none": 2}
"""What a stop of the process is numbered that walks the whole heap, by the kind of collector."""


def collector_of(result: Json) -> str:
    """Return the kind of a trial's collector; older runs knew of one only."""
    return str((result.get("runtime") or {}).get("collector", GENERATIONAL))


def whole_heap_generation(result: Json) -> int | None:
    """Return the generation that a trial's runtime reports for a stop to walk the whole heap.

    2 where there are generations, or no collector at all; 0 in a free-threaded build; none where it
    goes in steps (incremental CPython, PyPy) or beside the operations.
    """
    return _GENERATION.get(collector_of(result))


def full_collections(generations: ArrayLike, collector: str) -> NDArray[np.bool_]:
    """Tell which stops of the process may have walked the whole heap.

    Parameters
    ----------
    generations : array of int, shape (n,)
        As in ``gc.csv``.
    collector : str
        As in ``runtime`` of ``trial.json``. Only the generational one numbers its generations: a
        free-threaded build says 0 and an incremental one 1 whatever it does, so there all count.
        One that runs beside the operations stops them for other things only.
    """
    numbers = np.asarray(generations)
    if collector == CONCURRENT:
        return np.zeros(numbers.shape, np.bool_)
    return numbers == 2 if collector == GENERATIONAL else np.ones(numbers.shape, np.bool_)


def whole_heap(trial: StoredTrial) -> pd.DataFrame:
    """Return the rows of ``gc.csv`` that walked, or may have walked, the whole heap.

    Those are its cycles where the collector runs beside the operations, stops of the process
    everywhere else.
    """
    collector = collector_of(trial.result)
    if collector == CONCURRENT:
        return trial.cycles()
    pauses = trial.pauses()
    return pauses[full_collections(pauses["generation"], collector)] if len(pauses) else pauses


def full_count(result: Json) -> float | None:
    """Return how often the whole heap was walked; None where a collector does it in steps."""
    if collector_of(result) == CONCURRENT:
        return float(result["gc"].get("cycles", 0))
    whole = whole_heap_generation(result)
    return None if whole is None else float(result["gc"]["by_generation"].get(str(whole), 0))
